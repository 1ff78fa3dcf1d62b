"""Bounds of parts: applications that share a private node, together at prices on all other capacities.

The Lagrangian relaxation prices every capacity. Of a private node only the applications that start there make
use, few enough to solve them together within its capacities while the others keep their prices: a
relaxation that is less of one, so a better bound (Guignard and Kim: Lagrangean decomposition, Mathematical
Programming 39, 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from finopt.heuristics.joint.branching.selection import PartBound, Selection
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Network

WIDER, ATTEMPTS = 8.0, 4
"""Factor from one threshold to the next, and how many are tried."""


def private_parts(
    network: Network, source: Ints, scarce: NDArray[np.intp]
) -> Iterator[tuple[frozenset[int], NDArray[np.intp]]]:
    """The applications at each private node with the capacities that bind only them."""
    owner = _owners(network)
    for node in np.unique(owner[scarce][owner[scarce] >= 0]).tolist():
        applications = frozenset(np.flatnonzero(source == node).tolist())
        yield applications, scarce[owner[scarce] == node]


def part_bound(
    applications: Sequence[int],
    price: Floats,
    least: float,
    first: float,
    kept: Callable[[float], Selection],
    solve: Callable[[Selection], float],
) -> PartBound:
    """What the applications of a part cost together, as far as it can be proven.

    Parameters
    ----------
    applications : sequence of int
    price : ndarray, shape (2 V + E,)
        0 of the capacities that bind only them.
    least : float
        Known bound [W].
    first : float
        First threshold [W].
    kept : callable
        The selection of their options with reduced costs up to a threshold.
    solve : callable
        The bound of a selection.
    """
    threshold, proven = first, least
    for _ in range(ATTEMPTS):
        bound = solve(kept(threshold))
        proven = max(proven, min(bound, least + threshold))
        if bound <= least + threshold:
            break
        threshold *= WIDER
    return PartBound(applications, price, proven)


def _owners(network: Network) -> Ints:
    """The private node that alone uses each capacity, -1 if there is none, shape (2 V + E,)."""
    private = np.where(network.shared, -1, np.arange(network.nodes)).astype(np.int32)
    return np.concatenate([private, private, np.maximum(private[network.tail], private[network.head])])
