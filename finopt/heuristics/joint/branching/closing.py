"""Bound and answer of few applications brought together: reduced cost fixing, enumeration, exact selection.

Every solution costs at least the Lagrangian bound LB, and one that contains a path of reduced cost above t
costs at least LB + t. So the best selection of the paths with reduced costs up to t, or LB + t if that is
less, is a bound, and proves the answer optimal once t reaches its distance from LB. t begins small and grows;
where an application has too many paths of reduced cost up to t, its arcs take their place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopt.graph.extended import extended_graph, network_pattern
from finopt.heuristics.joint.branching.enumeration import enumerate_paths, find_any
from finopt.heuristics.joint.branching.option_graph import (
    OptionGraph,
    PricedGraph,
    numbering_of,
)
from finopt.heuristics.joint.branching.parts import part_bound, private_parts
from finopt.heuristics.joint.branching.selection import Flow, Option, PartBound, Selection
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement
from finopt.problem.status import Termination
from finopt.problem.tolerances import LIMIT_FACTOR, MARGIN, PROVEN, ROUNDING, SOLVER_GAP
from finopt.solvers.clock import Clock
from finopt.solvers.progress import part, report

SMALLEST_PART, WIDER = 1 / 256, 6.0
"""The first threshold as a part of the one that is needed, and the factor from one to the next."""

GLANCE = 10
"""Nodes of a selection's search tree while the threshold proves nothing yet about the answer."""

MOST_COLUMNS, EFFORT = 6_000, 500_000
"""Without a time limit, columns of a selection at most, and its columns times nodes of the search tree."""

TURNS = 4
"""Orders in which applications look for a first place one after the other."""

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
    graphs: list[list[PricedGraph]] = field(default_factory=list)
    many: set[PricedGraph] = field(default_factory=set)

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
        return np.flatnonzero(np.isinf(self.least)).tolist() if self.graphs else []

    def _begin_with(self, placement: Placement) -> None:
        every = [priced for own in self.graphs for priced in own]
        named = {(p.options.application, p.graph.configuration): p.options for p in every}
        for h, placed in enumerate(placement.applications):
            options = named.get((h, placed.configuration))
            path = options.path_of(placed) if options is not None else None
            if options is None or path is None:
                self.known = []
                return
            self.known.append(Option(options, path))

    def _seek(self) -> None:
        """A first answer: applications take what others left, those that found nothing first."""
        order = np.argsort(-self.least, kind="stable").tolist()
        for _ in range(TURNS):
            found, failed = self._in_turn(order)
            if failed is None:
                self._offer([found[h] for h in range(self.least.size)])
                return
            order.insert(0, order.pop(order.index(failed)))

    def _in_turn(self, order: list[int]) -> tuple[dict[int, Option], int | None]:
        """What applications find one after the other, and the first that finds nothing."""
        room, found = self.network.capacity.copy(), dict[int, Option]()
        everyone = [(p, np.arange(p.graph.arcs, dtype=np.int32)) for own in self.graphs for p in own]
        scarce = self._scarce(everyone)
        for h in order:
            for priced in sorted(self.graphs[h], key=lambda priced: priced.least):
                self.clock.check()
                path = find_any(priced, room, scarce)
                if path is not None:
                    found[h] = Option(priced.options, path)
                    room = np.maximum(room - priced.options.loads[path].sum(axis=0), 0.0)
                    break
            else:
                return found, h
        return found, None

    def _first(self) -> float:
        """The first threshold: the gap asked for, or a small part of the one that there is."""
        if math.isinf(self.upper):
            return BLIND * self._unit()
        if not self.price.any():
            return self._needed()
        return max(self.gap * self.upper, SMALLEST_PART * self._needed())

    def _wider(self, threshold: float) -> float:
        """The next threshold: once arcs stand for paths it makes little difference to the selection."""
        if self.many:
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
        self.least = np.zeros(len(self.instance.applications))
        self.power = np.full(self.least.size, np.inf)
        for h, application in enumerate(self.instance.applications):
            self.graphs.append([])
            pattern = network_pattern(self.instance, application)
            for c in self.instance.admissible(application):
                self.clock.check()
                graph = extended_graph(self.instance, application, c, pattern=pattern)
                priced = OptionGraph.of(h, graph, numbering).priced(self.price)
                self.power[h] = min(self.power[h], priced.options.least_power)
                self.graphs[h].append(priced)

    def _price_all(self) -> None:
        """The cheapest path of every application at the prices, and the Lagrangian bound."""
        for h, own in enumerate(self.graphs):
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
        everyone = [
            (priced, np.arange(priced.graph.arcs, dtype=np.int32)) for own in self.graphs for priced in own
        ]
        source = Demand.of(self.instance).source
        for applications, capacities in private_parts(self.network, source, self._scarce(everyone)):
            price = self.price.copy()
            price[capacities] = 0.0
            scarce = capacities[self.price[capacities] > 0]
            members = sorted(applications)
            least = float(self.least[members].sum() - self.price[scarce] @ self.network.capacity[scarce])
            found = self._part(members, capacities, price, least)
            if found.least > least:
                self.parts.append(found)
                self.lifted[members] = found.least - least
                self.lagrangian += found.least - least
        self.bound = max(self.bound, self.lagrangian)

    def _part(
        self, members: list[int], capacities: NDArray[np.intp], price: Floats, least: float
    ) -> PartBound:
        def kept(threshold: float) -> Selection:
            return self._selection(members, np.full(self.least.size, threshold), capacities, price)

        def solve(selection: Selection) -> float:
            return selection.solve(self.clock, 0.0, self.seed).bound

        return part_bound(members, price, least, self._first(), kept, solve)

    def _bound(self) -> float:
        if not np.isfinite(self.least).all():
            return math.inf
        scarce = np.flatnonzero(self.price)
        paid = float(self.price[scarce] @ self.network.capacity[scarce]) * LIMIT_FACTOR
        total = float(self.least.sum())
        return total - paid - ROUNDING * (total + paid)

    def _try(self, threshold: float, last: bool) -> None:
        """The best selection of what the threshold leaves; the last one to the end."""
        selection = self._selection(range(self.least.size), threshold + self.lifted)
        selection.known, selection.bounds = self.known, self.parts
        self._count(selection)
        size = selection.size
        if size > MOST_COLUMNS and math.isinf(self.clock.limit):
            self.termination = Termination.LIMIT
            return
        effort = None if math.isfinite(self.clock.limit) else max(1, EFFORT // size)
        answer = selection.solve(self.clock, self.gap / 2, self.seed, effort if last else GLANCE)
        if last or answer.termination is not Termination.LIMIT:
            self.termination = answer.termination
        if answer.chosen is not None:
            self._offer(answer.chosen)
        proven = answer.bound
        if answer.termination is Termination.COMPLETED and self.upper - proven <= SOLVER_GAP * self.upper:
            proven = self.upper  # as far as the solver can tell
        self.bound = max(self.bound, min(proven, self.lagrangian + threshold, self.upper))

    def _selection(
        self,
        applications: Sequence[int],
        threshold: Floats,
        only: NDArray[np.intp] | None = None,
        price: Floats | None = None,
    ) -> Selection:
        """Paths and arcs of some applications with reduced costs up to their thresholds.

        Within all capacities that they could exceed; or only within some of these, at prices on the others.
        """
        mine = [priced for h in applications for priced in self.graphs[h]]
        most = self.least + threshold
        kept = [(priced, priced.within(float(most[priced.options.application]))) for priced in mine]
        kept = [(priced, arcs) for priced, arcs in kept if arcs.size]
        scarce = self._scarce(kept)
        scarce = scarce if only is None else np.intersect1d(scarce, only)
        selection = Selection(applications, self.network.capacity, scarce, self._unit(), price=price)
        for priced, arcs in kept:
            self.clock.check()
            paths = None
            if priced not in self.many:
                dearest = float(most[priced.options.application])
                paths = enumerate_paths(priced, arcs, dearest, self.network.capacity, scarce, price)
            if paths is None:
                self.many.add(priced)
                selection.flows.append(Flow(priced.options, arcs))
            else:
                selection.paths += [Option(priced.options, path) for path in paths]
        return selection

    def _unit(self) -> float:
        """About the power of an answer [W], above 0."""
        return (self.upper if math.isfinite(self.upper) else float(self.power.sum())) or 1.0

    def _scarce(self, kept: list[tuple[PricedGraph, Ints]]) -> NDArray[np.intp]:
        """The capacities that the arcs which are left could exceed, with paths of the known answer."""
        most = np.zeros((self.least.size, self.network.capacity.size))
        for priced, arcs in kept:
            h = priced.options.application
            most[h] = np.maximum(most[h], priced.options.loads[arcs].sum(axis=0))
        for option in self.known:  # which may be part of the answer, whatever the threshold
            h = option.options.application
            most[h] = np.maximum(most[h], option.options.loads[option.path].sum(axis=0))
        return np.flatnonzero(most.sum(axis=0) > MARGIN * self.network.capacity)

    def _offer(self, chosen: list[Option]) -> None:
        power = sum(option.options.graph.path_cost(option.path) for option in chosen)
        if power < self.upper:
            self.upper, self.known, self.improved = power, chosen, True

    def _count(self, selection: Selection) -> None:
        self.stats["selections"] = self.stats.get("selections", 0) + 1
        self.stats["paths"], self.stats["flows"] = len(selection.paths), len(selection.flows)
