"""Exact answers on what others leave: searches of one application at a time, as further candidates.

Value tables do not see that an application can exceed a capacity with all of its blocks everyone; a search on
its own graph does, with the capacities that bind as resources.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from finopt.graph.drivers.residual import CapacityUse, Residual, loads_of
from finopt.graph.drivers.single import Run
from finopt.graph.extended import Pattern, network_pattern
from finopt.graph.label_setting import find_path
from finopt.heuristics.joint.assignments import NONE, AssignmentFigures, Assignments
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.array_types import Ints
from finopt.problem.instance import Instance
from finopt.solvers.clock import Clock


class Reinsertion:
    """Exact answers of applications, as assignments.

    Parameters
    ----------
    instance : Instance
    figures : AssignmentFigures
        Whose groups and paths the assignments refer to.
    clock : Clock
    """

    def __init__(self, instance: Instance, figures: AssignmentFigures, clock: Clock) -> None:
        self.instance, self.figures, self.clock = instance, figures, clock
        self._patterns: dict[int, Pattern] = {}

    def answers(self, turns: Ints, staying: Sequence[ApplicationPlacement]) -> Assignments:
        """The cheapest paths of applications that take turns on what is left beside those that stay.

        Each is searched for twice: on what those before it left, and as if they were not there.
        """
        staying_only = Residual(self.instance)
        for placed in staying:
            staying_only.add(self._loads(placed))
        everyone = Residual(self.instance)
        everyone.add(staying_only.used)
        found = []
        for h in turns.tolist():
            one = self._search(h, staying_only)
            other = one
            if one is not None and everyone.overloads(self._loads(one)):
                other = self._search(h, everyone)
            if other is not None:
                everyone.add(self._loads(other))
            found += [
                self.assignment(h, placed) for placed in dict.fromkeys((one, other)) if placed is not None
            ]
        return Assignments.joined([assignment for assignment in found if assignment is not None])

    def _loads(self, placed: ApplicationPlacement) -> CapacityUse:
        return loads_of(self.instance, self.instance.application_by_id[placed.application], placed)

    def _search(self, h: int, residual: Residual) -> ApplicationPlacement | None:
        application = self.instance.applications[h]
        full = self._patterns.get(h)
        if full is None:
            full = self._patterns[h] = network_pattern(self.instance, application)
        pattern = residual.pattern(full)
        run = Run(self.instance, application, find_path, self.clock, layered=True, pattern=pattern)
        run.try_configurations()
        return run.best

    def assignment(self, h: int, placed: ApplicationPlacement) -> Assignments | None:
        """A placement as an assignment; None if it is not one: it returns to the device."""
        number = self._group.get((h, placed.configuration))
        if number is None:
            return None
        group, home = self.figures.groups[number], int(self.figures.demand.source[h])
        nodes = np.array([self._node[name] for name in placed.nodes], np.int32)
        hops = [(i, self._link[name]) for i, route in enumerate(placed.routes) for name in route]
        leave, link = 0, NONE
        if group.region.position[home] < 0:
            if not hops:
                return _single(h, number, group.stages, NONE, NONE)
            leave, link = hops.pop(0)
        visited = [*nodes[leave:], *(self.figures.network.head[e] for _, e in hops)]
        if (group.region.position[visited] < 0).any():
            return None
        nodes[:leave] = -1
        route = np.array(hops, np.int32).reshape(-1, 2)
        (path,) = self.figures.region_paths.add(number, nodes[None], route, np.array([len(hops)]))
        return _single(h, number, leave, link, int(path))

    @cached_property
    def _group(self) -> dict[tuple[int, int], int]:
        groups = enumerate(self.figures.groups)
        return {(int(h), g.configuration): number for number, g in groups for h in g.members}

    @cached_property
    def _node(self) -> dict[str, int]:
        return {node.id: v for v, node in enumerate(self.instance.nodes)}

    @cached_property
    def _link(self) -> dict[str, int]:
        return {link.id: e for e, link in enumerate(self.instance.directed_links)}


def _single(*columns: int) -> Assignments:
    return Assignments(*(np.array([column], np.int32) for column in columns))
