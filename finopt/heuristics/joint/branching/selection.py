"""One path per application within the capacities, at least power: a mixed-integer programme.

    minimise    sum_j power_j x_j + sum_a power_a z_a
    (1)         sum_{j of h} x_j + sum_{k of h} y_k = 1         for every application h
    (2)         sum_j load_jq x_j + sum_a load_aq z_a <= 1      for every capacity q that can bind
    (3)         z is a unit flow times y_k                      in every graph k
    (4)         sum_{a of k} resource_ar z_a <= y_k             for every budget r of a graph k
    (5)         priced power of the applications of a part >= its bound
    (6)         sum of x_j, z_a in a cover <= its size - 1      for every cover that was found
                x, y, z binary

An application has columns x_j where its paths could be enumerated, and else arcs z_a. Loads and resources are
shares of limits. A part is some applications whose bound at prices is known, see
`finopt.heuristics.joint.branching.parts`. A cover is what an answer used of a capacity that it exceeds, by
less than the solver can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array, csr_array, vstack

from finopt.graph.path import path_among
from finopt.heuristics.joint.branching.option_graph import Option, OptionGraph
from finopt.heuristics.joint.branching.undominated import incidence
from finopt.problem.array_types import Floats, Ints
from finopt.problem.status import Termination
from finopt.problem.tolerances import FULL, MARGIN, PROVEN
from finopt.solvers import highs
from finopt.solvers.clock import Clock

SCALE = 1e4
"""What every limit and the total power become, so that HiGHS' absolute tolerances are fine enough."""

COVERS = 20
"""Answers at most that are cut off because they exceed a capacity."""


class Flow(NamedTuple):
    """The arcs of an option graph that stand for its paths."""

    options: OptionGraph
    arcs: Ints


class PartBound(NamedTuple):
    """What some applications cost together at prices, shape (2 V + E,), at least [W]."""

    applications: Sequence[int]
    price: Floats
    least: float


class Answer(NamedTuple):
    """One option per application (None: there is none), the proven bound [W], and how it ended."""

    chosen: list[Option] | None
    bound: float
    termination: Termination


@dataclass
class Selection:
    """The programme over some paths and graphs.

    Attributes
    ----------
    applications : sequence of int
        Ascending.
    capacity : ndarray, shape (2 V + E,)
    scarce : ndarray of int
        The capacities that can bind.
    unit : float
        About the power of the answer [W].
    paths : list of Option
    flows : list of Flow
    known : list of Option
        An answer to begin with, one option per application, or nothing.
    price : ndarray, shape (2 V + E,), optional
        Prices of capacities that are part of the power minimised.
    bounds : list of PartBound
    """

    applications: Sequence[int]
    capacity: Floats
    scarce: NDArray[np.intp]
    unit: float
    paths: list[Option] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    known: list[Option] = field(default_factory=list)
    price: Floats | None = None
    bounds: list[PartBound] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Number of columns, at least 1."""
        return max(1, len(self.paths) + sum(1 + flow.arcs.size for flow in self.flows))

    def solve(self, clock: Clock, gap: float, seed: int, nodes: int | None = None) -> Answer:
        """The best selection, and a bound on all of them; at most so many nodes of the search tree."""
        flowing = {id(flow.options): k for k, flow in enumerate(self.flows)}
        others = [option for option in self.known if id(option.options) not in flowing]
        self.paths = [*others, *self.paths]
        self._build()
        bound, covers = -np.inf, list[NDArray[np.intp]]()
        start = self._start(flowing, len(others)) if self.known else None
        for _ in range(COVERS):
            answer = highs.minimise(
                self._model(covers),
                clock,
                gap=gap,
                threads=1,
                seed=seed,
                start=start,
                presolve=True,
                nodes=nodes,
            )
            bound = max(bound, answer.bound * self.unit / SCALE)
            if answer.values is None:
                return Answer(None, bound, answer.termination)
            chosen = self._chosen(answer.values)
            over = self._overloaded(chosen)
            if not over.size:
                return Answer(chosen, bound, answer.termination)
            covers += [self._cover(answer.values, q) for q in over]
        return Answer(None, bound, Termination.LIMIT)

    def _start(self, flowing: Mapping[int, int], others: int) -> Floats:
        """The known answer as values of the columns: the first paths, and arcs of flows."""
        start = np.zeros(self.columns)
        start[:others] = 1.0
        for option in self.known:
            k = flowing.get(id(option.options))
            if k is not None:
                y = int(self._first[k])
                start[y] = 1.0
                start[y + 1 + np.flatnonzero(np.isin(self.flows[k].arcs, option.path))] = 1.0
        return start

    # ------------------------------------------------------------ the rows

    def _build(self) -> None:
        """Columns: the paths, then of every graph its y and its arcs."""
        sizes = [1 + flow.arcs.size for flow in self.flows]
        self._first = len(self.paths) + np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        self.columns = int(self._first[-1])
        costs, stacked = [np.zeros(0)], [csr_array((0, self.capacity.size))]
        for options, same in groupby(self.paths, attrgetter("options")):
            arcs = incidence([option.path for option in same], options.graph.arcs)
            costs.append(arcs @ options.graph.cost)
            stacked.append(arcs @ options.loads)
        for flow in self.flows:
            stacked += [csr_array((1, self.capacity.size)), flow.options.loads[flow.arcs]]
            costs += [np.zeros(1), flow.options.graph.cost[flow.arcs]]
        self.loads, self.power = csr_array(vstack(stacked, "csr")), np.concatenate(costs)
        self.cost = self.power if self.price is None else self.power + self.loads @ self.price
        owners = [np.array([option.options.application for option in self.paths], int)]
        owners += [np.full(1 + flow.arcs.size, flow.options.application) for flow in self.flows]
        self.owner = np.concatenate(owners)
        rows = [self._choice(), self._capacities(), *(self._part(bound) for bound in self.bounds)]
        for k, flow in enumerate(self.flows):
            rows += [self._flow(k, flow), self._budgets(k, flow)]
        self._rows = rows

    def _choice(self) -> Any:
        """(1)."""
        column = np.array([*range(len(self.paths)), *self._first[:-1].tolist()], int)
        row = np.searchsorted(self.applications, self.owner[column])
        count = len(self.applications)
        matrix = coo_array((np.ones(column.size), (row, column)), (count, self.columns))
        return matrix, np.ones(count), np.ones(count)

    def _capacities(self) -> Any:
        """(2)."""
        shares = SCALE / (MARGIN * np.maximum(self.capacity[self.scarce], np.finfo(float).tiny))
        matrix = (self.loads[:, self.scarce] * np.minimum(shares, 1e300)).T
        return matrix, np.full(self.scarce.size, -np.inf), np.full(self.scarce.size, SCALE)

    def _flow(self, k: int, flow: Flow) -> Any:
        """(3): what leaves a vertex less what enters it; all targets are one."""
        graph, y = flow.options.graph.keep(flow.arcs), int(self._first[k])
        number = np.arange(graph.vertices)
        number[graph.targets] = graph.vertices
        used = np.unique(number[np.concatenate([graph.tail, graph.head, [graph.source, graph.targets[0]]])])
        place = np.searchsorted(used, number)
        arcs = y + 1 + np.arange(graph.arcs)
        source, target = place[graph.source], place[graph.targets[0]]
        rows = np.concatenate([place[graph.tail], place[graph.head], [source, target]])
        columns = np.concatenate([arcs, arcs, [y, y]])
        values = np.concatenate([np.ones(graph.arcs), -np.ones(graph.arcs), [-1.0, 1.0]])
        matrix = coo_array((values, (rows, columns)), (used.size, self.columns))
        return matrix, np.zeros(used.size), np.zeros(used.size)

    def _budgets(self, k: int, flow: Flow) -> Any:
        """(4)."""
        graph, y = flow.options.graph.keep(flow.arcs), int(self._first[k])
        shares = SCALE * graph.resource / graph.limit
        arc, r = np.nonzero(shares)
        every = np.arange(graph.resources)
        values = np.concatenate([shares[arc, r], np.full(every.size, -SCALE)])
        rows, columns = np.concatenate([r, every]), np.concatenate([y + 1 + arc, np.full(every.size, y)])
        matrix = coo_array((values, (rows, columns)), (every.size, self.columns))
        return matrix, np.full(every.size, -np.inf), np.zeros(every.size)

    def _part(self, bound: PartBound) -> Any:
        """(5)."""
        mine = np.flatnonzero(np.isin(self.owner, list(bound.applications)))
        cost = (self.power + self.loads @ bound.price)[mine] * (SCALE / self.unit)
        matrix = coo_array((cost, (np.zeros(mine.size, int), mine)), (1, self.columns))
        return matrix, np.array([bound.least * (1 - PROVEN) * (SCALE / self.unit)]), np.array([np.inf])

    def _model(self, covers: Sequence[NDArray[np.intp]]) -> highs.LinearModel:
        rows = [*self._rows, *(self._cover_row(cover) for cover in covers)]
        return highs.LinearModel(
            cost=self.cost * (SCALE / self.unit),
            matrix=csc_array(vstack([matrix for matrix, _, _ in rows], "csc")),
            row_lower=np.concatenate([lower for _, lower, _ in rows]),
            row_upper=np.concatenate([upper for _, _, upper in rows]),
            lower=np.zeros(self.columns),
            upper=np.ones(self.columns),
            integer=np.ones(self.columns, bool),
        )

    def _cover_row(self, cover: NDArray[np.intp]) -> Any:
        """(6)."""
        matrix = coo_array((np.ones(cover.size), (np.zeros(cover.size, int), cover)), (1, self.columns))
        return matrix, np.array([-np.inf]), np.array([cover.size - 1.0])

    # ------------------------------------------------------------ the answer

    def _chosen(self, values: Floats) -> list[Option]:
        """The option of each application."""
        taken = [self.paths[j] for j in self._used(values, 0, len(self.paths))]
        found = {option.options.application: option for option in taken}
        for k, flow in enumerate(self.flows):
            y = int(self._first[k])
            if values[y] > 0.5:
                used = flow.arcs[self._used(values, y + 1, int(self._first[k + 1]))]
                found[flow.options.application] = Option(flow.options, path_among(flow.options.graph, used))
        return [found[h] for h in sorted(found)]

    def _used(self, values: Floats, begin: int, end: int) -> NDArray[np.intp]:
        return np.flatnonzero(values[begin:end] > 0.5)

    def _overloaded(self, chosen: list[Option]) -> NDArray[np.intp]:
        used = np.zeros(self.capacity.size)
        for option in chosen:
            used += option.options.loads[option.path].sum(axis=0)
        return self.scarce[used[self.scarce] > self.capacity[self.scarce] * FULL]

    def _cover(self, values: Floats, q: int) -> NDArray[np.intp]:
        """The columns of an answer that use a capacity."""
        return np.flatnonzero((values > 0.5) & (self.loads[:, [q]].toarray().ravel() > 0))
