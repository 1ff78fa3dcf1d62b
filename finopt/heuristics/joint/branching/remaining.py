"""What of the applications' graphs is left when every path has to cost little enough at prices."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from finopt.heuristics.joint.branching.enumeration import enumerate_paths
from finopt.heuristics.joint.branching.option_graph import Option, PricedGraph
from finopt.heuristics.joint.branching.selection import Flow, Selection
from finopt.heuristics.joint.branching.undominated import undominated
from finopt.problem.array_types import Floats, Ints
from finopt.problem.tolerances import MARGIN
from finopt.solvers.clock import Clock

Kept = tuple[PricedGraph, Ints]
"""A graph, and those of its arcs that are left."""


@dataclass
class Remaining:
    """The graphs of all applications, and which of them have too many paths.

    Attributes
    ----------
    graphs : list of list of PricedGraph
        Per application, by configuration.
    capacity : ndarray, shape (2 V + E,)
    clock : Clock
    many : set of PricedGraph
        Those whose paths are too many: arcs take their place.
    """

    graphs: list[list[PricedGraph]]
    capacity: Floats
    clock: Clock
    many: set[PricedGraph] = field(default_factory=set)

    def __iter__(self) -> Iterator[PricedGraph]:
        return itertools.chain.from_iterable(self.graphs)

    @property
    def everything(self) -> list[Kept]:
        """All graphs with all their arcs."""
        return [(priced, np.arange(priced.graph.arcs, dtype=np.int32)) for priced in self]

    def few_arcs(self, most: Floats, number: int) -> bool:
        """Whether so many arcs are left at most, of paths that cost at most so much, shape (N,)."""
        count = itertools.accumulate(arcs.size for _, arcs in self._kept(range(most.size), most))
        return all(arcs <= number for arcs in count)

    def few_paths(self, most: Floats, rows: NDArray[np.intp], number: int) -> bool:
        """Whether so many paths are left at most, none of them of a graph that has too many."""
        count = 0
        for own in _by_application(self._kept(range(most.size), most)):
            found = [(priced, self._paths(priced, arcs, most, rows, None)) for priced, arcs in own]
            known = [(priced, paths) for priced, paths in found if paths is not None]
            count += len(undominated(known, rows))
            if len(known) < len(found) or count > number:
                return False
        return True

    def selection(
        self,
        applications: Sequence[int],
        most: Floats,
        rows: NDArray[np.intp],
        unit: float,
        known: Sequence[Option] = (),
        price: Floats | None = None,
    ) -> Selection:
        """Paths and arcs of some applications that cost at most so much, as a programme.

        Parameters
        ----------
        applications : sequence of int
            Ascending.
        most : ndarray, shape (N,)
            Priced power of their paths at most [W].
        rows : ndarray of int
            The capacities that are kept, those of them that can be exceeded.
        unit : float
            About the power of an answer [W].
        known : sequence of Option
            May be part of the answer, whatever they cost.
        price : ndarray, shape (2 V + E,), optional
            Prices of other capacities that count as power.
        """
        kept = list(self._kept(applications, most))
        scarce = np.intersect1d(self.scarce(kept, known), rows)
        selection = Selection(applications, self.capacity, scarce, unit, price=price)
        for own in _by_application(kept):
            found = []
            for priced, arcs in own:
                paths = self._paths(priced, arcs, most, scarce, price)
                if paths is None:
                    selection.flows.append(Flow(priced.options, arcs))
                else:
                    found.append((priced, paths))
            selection.paths += undominated(found, scarce, price)
        return selection

    def scarce(self, kept: Iterable[Kept], known: Sequence[Option] = ()) -> NDArray[np.intp]:
        """The capacities that the arcs which are left could exceed, with paths of a known answer."""
        most = np.zeros((len(self.graphs), self.capacity.size))
        for priced, arcs in kept:
            h = priced.options.application
            most[h] = np.maximum(most[h], priced.options.loads[arcs].sum(axis=0))
        for option in known:
            h = option.options.application
            most[h] = np.maximum(most[h], option.load)
        return np.flatnonzero(most.sum(axis=0) > MARGIN * self.capacity)

    def _kept(self, applications: Iterable[int], most: Floats) -> Iterator[Kept]:
        for h in applications:
            for priced in self.graphs[h]:
                self.clock.check()
                arcs = priced.within(float(most[h]))
                if arcs.size:
                    yield priced, arcs

    def _paths(
        self, priced: PricedGraph, arcs: Ints, most: Floats, rows: NDArray[np.intp], price: Floats | None
    ) -> list[Ints] | None:
        """None: there are too many."""
        if priced in self.many:
            return None
        self.clock.check()
        dearest = float(most[priced.options.application])
        paths = enumerate_paths(priced, arcs, dearest, self.capacity, rows, price)
        if paths is None:
            self.many.add(priced)
        return paths


def _by_application(kept: Iterable[Kept]) -> Iterator[Iterator[Kept]]:
    return (own for _, own in itertools.groupby(kept, lambda one: one[0].options.application))
