"""Bound and answer of few applications brought together: reduced cost fixing, enumeration, exact selection.

Every solution costs at least the Lagrangian bound LB, and one that contains a path of reduced cost above t
costs at least LB + t. So the best selection of the paths with reduced costs up to t, or LB + t if that is
less, is a bound, and proves the answer optimal once t reaches its distance from LB. t begins small and grows;
where an application has too many paths of reduced cost up to t, its arcs take their place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.graph.extended import extended_graph, network_pattern
from finopt.heuristics.joint.branching.first_answer import one_after_the_other
from finopt.heuristics.joint.branching.option_graph import (
    Numbering,
    Option,
    OptionGraph,
    PricedGraph,
    numbering_of,
)
from finopt.heuristics.joint.branching.parts import part_bound, private_parts
from finopt.heuristics.joint.branching.remaining import Remaining
from finopt.heuristics.joint.branching.selection import Answer, PartBound, Selection
from finopt.problem.array_types import Floats
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement
from finopt.problem.status import Termination
from finopt.problem.tolerances import FULL, LIMIT_FACTOR, PROVEN, ROUNDING, SOLVER_GAP
from finopt.solvers.clock import Clock
from finopt.solvers.progress import part, report

SMALLEST_PART, WIDER = 1 / 256, 6.0
"""The first threshold as a part of the one that is needed, and the factor from one to the next."""

GLANCE = 1
"""Nodes of a selection's search tree while it proves nothing yet about the answer, or answers exceed what is
out of view."""

MOST_COLUMNS, EFFORT = 6_000, 200_000_000
"""Without a time limit, columns of a selection at most, and their square times nodes of the search tree."""

FEW_ARCS = 600
"""Arcs of all graphs up to which no paths are enumerated."""

BLIND, LAST = 1e-2, 1.0
"""Without an answer: the first threshold and the last one but inf, as shares of the least power."""


@dataclass
class Closing:
    """The search: the best answer and the bound so far.

    Attributes
    ----------
    instance : Instance
    network : Network
    price : ndarray, shape (2 V + E,)
    gap : float
        Relative gap aimed at.
    upper : float
        Power of the answer that is known [W]; inf without one.
    bound : float
        Proven [W]; inf: there is no answer.
    known : list of Option
        The best answer, one option per application; empty without one.
    improved : bool
        Whether it is better than the one that was known before.
    viewed : ndarray of int
        The capacities that selections keep, by default all; an answer that exceeds others brings them into
        view. Few paths are left, for most differ in other capacities only, and one beats the rest. Those with
        a price, or a part's, are always in view: their bounds hold for paths that keep them.
    """

    instance: Instance
    network: Network
    price: Floats
    gap: float
    seed: int
    clock: Clock
    upper: float = math.inf
    bound: float = 0.0
    known: list[Option] = field(default_factory=list)
    improved: bool = False
    termination: Termination = Termination.COMPLETED
    stats: dict[str, Any] = field(default_factory=dict)
    viewed: NDArray[np.intp] | None = None

    def __post_init__(self) -> None:
        """Begin without graphs."""
        everything = np.arange(self.price.size)
        self._viewed = (
            everything if self.viewed is None else np.union1d(self.viewed, np.flatnonzero(self.price))
        )
        self.remaining = Remaining([], self.network.capacity, self.clock)

    def run(self, known: Placement | None) -> None:
        """Widen the threshold until the gap is closed; begin with a placement, if one is known."""
        if not self.closed:
            report("closing the gap", bound=self.bound, best=self.upper)
            with part("closing the gap"):
                self._search(known)

    def _search(self, known: Placement | None) -> None:
        self._build()
        if known is not None:
            self._begin_with(known)
        if math.isinf(self.upper):
            self._seek()
        self._price_all()
        if not self.closed:
            if self.remaining.few_arcs(self.least + self._needed(), FEW_ARCS):
                self.remaining.many.update(self.remaining)
            self._lift()
        threshold, last = self._first(), False
        while not (self.closed or last):
            threshold = min(threshold, self._needed())
            last = threshold >= self._needed()
            self._try(threshold, last)
            last |= self.termination is not Termination.COMPLETED
            threshold = self._wider(threshold)

    @property
    def closed(self) -> bool:
        """Whether the gap is reached, or there is proven to be no answer."""
        if math.isinf(self.upper) or math.isinf(self.bound):
            return math.isinf(self.bound)
        return self.upper - self.bound <= max(self.gap, PROVEN) * self.upper

    @property
    def placement(self) -> Placement | None:
        """The answer, if it is better than the one that was known before."""
        if not self.improved:
            return None
        return Placement(tuple(option.options.graph.placement(option.path) for option in self.known))

    @property
    def impossible(self) -> list[int]:
        """The applications that have no place even alone."""
        return np.flatnonzero(np.isinf(self.least)).tolist() if self.remaining.graphs else []

    def _begin_with(self, placement: Placement) -> None:
        named = {(p.options.application, p.graph.configuration): p.options for p in self.remaining}
        for h, placed in enumerate(placement.applications):
            options = named.get((h, placed.configuration))
            path = options.path_of(placed) if options is not None else None
            if options is None or path is None:
                self.known = []
                return
            self.known.append(Option(options, path))

    def _seek(self) -> None:
        """A first answer: applications take what others left."""
        known, scarce = self.remaining, self.remaining.scarce(self.remaining.everything)
        found = one_after_the_other(known.graphs, self.least, known.capacity, scarce, self.clock)
        if found is not None:
            self._offer(found)

    def _first(self) -> float:
        """The first threshold: the last one where few paths are left, or a small part of it."""
        needed = self._needed()
        most = self.least + needed + self.lifted
        if math.isfinite(needed) and self.remaining.few_paths(most, self._viewed, MOST_COLUMNS):
            return needed
        if self.remaining.many:
            self._viewed = np.arange(self.price.size)  # where arcs stand for paths, more rows are no burden
        return self._small()

    def _small(self) -> float:
        """A small threshold."""
        if math.isinf(self.upper):
            return BLIND * self._unit()
        needed = self._needed()
        return max(self.gap * self.upper, SMALLEST_PART * needed) if self.price.any() else needed

    def _wider(self, threshold: float) -> float:
        """The next threshold: once arcs stand for paths it makes little difference to the selection."""
        if self.remaining.many:
            return math.inf
        known = math.isfinite(self.upper) or threshold < LAST * self._unit()
        return threshold * WIDER if known else math.inf

    def _needed(self) -> float:
        """The threshold that proves the answer good enough."""
        return self.upper * (1 - self.gap / 2) - self.lagrangian

    def _build(self) -> None:
        """The graphs of every application."""
        nodes, links = self.instance.nodes, self.instance.directed_links
        numbering = numbering_of([node.id for node in nodes], [link.id for link in links])
        graphs = [self._graphs(h, numbering) for h in range(len(self.instance.applications))]
        self.remaining = Remaining(graphs, self.network.capacity, self.clock)
        self.least = np.zeros(len(graphs))
        least = (min((p.options.least_power for p in own), default=math.inf) for own in graphs)
        self.power = np.fromiter(least, float)

    def _graphs(self, h: int, numbering: Numbering) -> list[PricedGraph]:
        application, graphs = self.instance.applications[h], []
        pattern = network_pattern(self.instance, application)
        for c in self.instance.admissible(application):
            self.clock.check()
            graph = extended_graph(self.instance, application, c, pattern=pattern)
            graphs.append(OptionGraph.of(h, graph, numbering).priced(self.price))
        return graphs

    def _price_all(self) -> None:
        """The cheapest path of every application at the prices, and the Lagrangian bound."""
        for h, own in enumerate(self.remaining.graphs):
            least = math.inf
            for priced in own:
                self.clock.check()
                priced.search(least, self.clock)
                least = min(least, priced.least)
            self.least[h] = least
        self.parts: list[PartBound] = []
        self.lifted = np.zeros(self.least.size)
        self.lagrangian = self._bound()
        self.bound = max(self.bound, self.lagrangian)

    def _lift(self) -> None:
        """Bounds of parts raise the Lagrangian bound, and so thresholds of their applications."""
        source = Demand.of(self.instance).source
        scarce_of_all = self.remaining.scarce(self.remaining.everything, self.known)
        for applications, capacities in private_parts(self.network, source, scarce_of_all):
            price = self.price.copy()
            price[capacities] = 0.0
            scarce = capacities[self.price[capacities] > 0]
            members = sorted(applications)
            least = float(self.least[members].sum() - self.price[scarce] @ self.network.capacity[scarce])
            found = self._part(members, capacities, price, least)
            if found.least > least:
                self.parts.append(found)
                self._viewed = np.union1d(self._viewed, capacities)
                self.lifted[members] = found.least - least
                self.lagrangian += found.least - least
        self.bound = max(self.bound, self.lagrangian)

    def _part(
        self, members: list[int], capacities: NDArray[np.intp], price: Floats, least: float
    ) -> PartBound:
        def kept(threshold: float) -> Selection:
            known = [option for option in self.known if option.options.application in members]
            return self.remaining.selection(
                members, self.least + threshold, capacities, self._unit(), known, price
            )

        def solve(selection: Selection) -> float:
            return selection.solve(self.clock, 0.0, self.seed).bound

        return part_bound(members, price, least, self._small(), kept, solve)

    def _bound(self) -> float:
        if not np.isfinite(self.least).all():
            return math.inf
        scarce = np.flatnonzero(self.price)
        paid = float(self.price[scarce] @ self.network.capacity[scarce]) * LIMIT_FACTOR
        total = float(self.least.sum())
        return total - paid - ROUNDING * (total + paid)

    def _try(self, threshold: float, last: bool) -> None:
        """The best selection of what the threshold leaves; the last one to the end."""
        nodes: int | None = GLANCE
        while True:
            selection = self._kept(threshold)
            if selection.size > MOST_COLUMNS and math.isinf(self.clock.limit):
                self.termination = Termination.LIMIT
                return
            answer = selection.solve(self.clock, self.gap / 2, self.seed, nodes)
            exceeded = self._exceeded(answer.chosen)
            if answer.chosen is not None and not exceeded.size:
                self._offer(answer.chosen)
            self._prove(answer, threshold, complete=not exceeded.size)
            if exceeded.size and not (self.closed or self.clock.expired):
                self._viewed = np.union1d(self._viewed, exceeded)
                continue
            limited = answer.termination is Termination.LIMIT
            if not (last and limited and nodes == GLANCE) or self.closed:
                break
            nodes = None if math.isfinite(self.clock.limit) else max(GLANCE + 1, EFFORT // selection.size**2)
        if exceeded.size and not self.closed:
            self.termination = self.clock.ended
        elif last or not limited:
            self.termination = answer.termination

    def _kept(self, threshold: float) -> Selection:
        most = self.least + threshold + self.lifted
        everyone = range(self.least.size)
        selection = self.remaining.selection(everyone, most, self._viewed, self._unit(), self.known)
        selection.known, selection.bounds = self.known, self.parts
        self._count(selection)
        return selection

    def _exceeded(self, chosen: list[Option] | None) -> NDArray[np.intp]:
        """Capacities out of view that an answer exceeds."""
        used = sum((option.load for option in chosen or ()), np.zeros(self.network.capacity.size))
        return np.setdiff1d(np.flatnonzero(used > self.network.capacity * FULL), self._viewed)

    def _prove(self, answer: Answer, threshold: float, *, complete: bool) -> None:
        """Raise the bound by that of a selection, whose capacities are some of all."""
        proven = answer.bound
        solved = complete and answer.termination is Termination.COMPLETED
        if solved and self.upper - proven <= SOLVER_GAP * self.upper:
            proven = self.upper  # as far as the solver can tell
        self.bound = max(self.bound, min(proven, self.lagrangian + threshold, self.upper))

    def _unit(self) -> float:
        """About the power of an answer [W], above 0."""
        return (self.upper if math.isfinite(self.upper) else float(self.power.sum())) or 1.0

    def _offer(self, chosen: list[Option]) -> None:
        power = sum(option.power for option in chosen)
        if power < self.upper:
            self.upper, self.known, self.improved = power, chosen, True

    def _count(self, selection: Selection) -> None:
        self.stats["selections"] = self.stats.get("selections", 0) + 1
        self.stats["paths"], self.stats["flows"] = len(selection.paths), len(selection.flows)
