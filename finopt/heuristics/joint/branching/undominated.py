"""Of the paths of an application in all its configurations, those that no other one beats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from finopt.heuristics.joint.branching.option_graph import Option, PricedGraph
from finopt.problem.array_types import Floats, Ints
from finopt.problem.tolerances import ROUNDING


def undominated(
    found: Sequence[tuple[PricedGraph, list[Ints]]], scarce: NDArray[np.intp], price: Floats | None = None
) -> list[Option]:
    """The options of one application of which no other one takes less power and less of what is scarce.

    Parameters
    ----------
    found : sequence of (PricedGraph, list of ndarray)
        Paths by graph.
    scarce : ndarray of int
        The capacities that count.
    price : ndarray, shape (2 V + E,), optional
        Prices of others, which count as power.

    Notes
    -----
    O(paths * options kept * capacities).
    """
    options = [Option(priced.options, path) for priced, paths in found for path in paths]
    if not options:
        return []
    parts = [_figures(priced, paths, scarce, price) for priced, paths in found if paths]
    return [options[i] for i in _unbeaten(np.vstack(parts))]


def incidence(paths: Sequence[Ints], arcs: int) -> csr_array:
    """Which arcs each path uses, shape (paths, arcs)."""
    start = np.concatenate([[0], np.cumsum([path.size for path in paths])])
    column = np.concatenate(paths)
    return csr_array((np.ones(column.size), column, start), (len(paths), arcs))


def _figures(
    priced: PricedGraph, paths: list[Ints], scarce: NDArray[np.intp], price: Floats | None
) -> Floats:
    """What every path takes, shape (paths, 1 + scarce)."""
    graph, every = priced.options.graph, priced.options.loads
    power = graph.cost if price is None else graph.cost + every @ price
    arcs = incidence(paths, graph.arcs)
    return np.column_stack([arcs @ power, (arcs @ every[:, scarce]).toarray()])


def _unbeaten(figures: Floats) -> list[int]:
    """Rows of which no other one is at most as large everywhere; of equal ones the first."""
    order = np.lexsort((figures[:, 1:].sum(axis=1), figures[:, 0]))
    kept, rows = np.empty_like(figures), list[int]()
    for i in order.tolist():
        if not (kept[: len(rows)] <= figures[i] * (1 + ROUNDING)).all(axis=1).any():
            kept[len(rows)] = figures[i]
            rows.append(i)
    return sorted(rows)
