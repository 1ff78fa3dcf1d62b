"""What a picture of a placement shows, in words and figures; where it stands is for :mod:`.arrange`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest

from finopt.evaluation.account import ApplicationEvaluation, Evaluation
from finopt.evaluation.evaluate import evaluate
from finopt.plotting.style import short
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.formatting import percent, quantity
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Configuration
from finopt.problem.network import DirectedLink, Node
from finopt.problem.placement import Placement

MOST = 12
"""Applications in one picture; of more those with the most power."""

NAME = 20
"""Characters of an id that are shown."""


@dataclass(frozen=True)
class Run:
    """Blocks of one application on one node, in their order."""

    application: int
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Hop:
    """The data of one application on one link of a route."""

    application: int
    link: DirectedLink
    bits: float


@dataclass(frozen=True)
class Scene:
    """What a picture of a placement shows.

    Attributes
    ----------
    placed, figures : tuple
        The applications that are drawn, and what they cost.
    of : int
        How many there are altogether.
    """

    instance: Instance
    evaluation: Evaluation
    placed: tuple[ApplicationPlacement, ...]
    figures: tuple[ApplicationEvaluation, ...]
    of: int

    @cached_property
    def applications(self) -> tuple[Application, ...]:
        """The applications that are drawn."""
        return tuple(self.instance.application_by_id[item.application] for item in self.placed)

    @cached_property
    def runs(self) -> Mapping[str, Sequence[Run]]:
        """What runs on each node."""
        runs: defaultdict[str, list[Run]] = defaultdict(list)
        for k, placed in enumerate(self.placed):
            blocks = self.instance.model_of(self.applications[k]).blocks
            for node in dict.fromkeys(placed.nodes):
                names = tuple(blocks[i].id for i, where in enumerate(placed.nodes) if where == node)
                runs[node].append(Run(k, names))
        return runs

    @cached_property
    def hops(self) -> Sequence[Hop]:
        """Every link of every route."""
        return [
            Hop(k, self.instance.link_by_id[link], bits)
            for k, placed in enumerate(self.placed)
            for route, bits in zip(
                placed.routes, self.instance.model_of(self.applications[k]).stage_bits, strict=False
            )
            for link in route
        ]

    @cached_property
    def used(self) -> frozenset[str]:
        """Nodes at which data start, that compute, or that relay."""
        ends = {end for hop in self.hops for end in (hop.link.source, hop.link.target)}
        return frozenset({*self.runs, *ends, *(application.source for application in self.applications)})

    def starts(self, node: str) -> list[int]:
        """Applications whose source the node is without running their first block."""
        return [
            k
            for k, application in enumerate(self.applications)
            if application.source == node and self.placed[k].nodes[0] != node
        ]

    def node_figure(self, node: Node) -> str:
        """What the node consumes: per inference, or with several applications per second."""
        if self.of == 1:
            energy = self.figures[0].node_energy.get(node.id)
            return "" if energy is None else quantity(energy, "J")
        used = self.evaluation.compute[node.id].used
        return quantity(used * node.energy_per_op, "W") if used else ""

    def link_figure(self, link: DirectedLink) -> str:
        """What the link consumes: per inference, or with several applications per second."""
        if self.of == 1:
            return quantity(self.figures[0].link_energy.get(link.id, 0.0), "J")
        return quantity(self.evaluation.bandwidth[link.id].used * link.energy, "W")

    def title(self) -> list[str]:
        """What the placement is worth; lines of any length."""
        name = [self.instance.name] if self.instance.name else []
        lines = [*name, *(self._of_one() if self.of == 1 else self._of_several())]
        violations = self.evaluation.violations
        if violations:
            more = f", and {len(violations) - 1} more" if len(violations) > 1 else ""
            lines.append(f"NOT FEASIBLE: {violations[0]}{more}")
        return lines

    def _of_one(self) -> list[str]:
        figures, application = self.figures[0], self.applications[0]
        power = f" ({quantity(figures.power, 'W')})" if application.rate != 1 else ""
        energy = f"energy {quantity(figures.energy, 'J')} per inference{power}"
        return [
            f"{energy}, latency {self._latency(0)}",
            f"accuracy {figures.accuracy:g} (target {application.min_accuracy:g}), {self._exits_left()}",
        ]

    def _of_several(self) -> list[str]:
        power = self.evaluation.objective
        if math.isnan(power):  # of a placement that is not complete
            power = math.fsum(item.power for item in self.evaluation.applications)
        lines = [f"{self.of} applications, power {quantity(power, 'W')}"]
        if len(self.placed) < self.of:
            lines.append(
                f"drawn are the {len(self.placed)} with the most power; figures are of all {self.of}"
            )
        return lines

    def legend(self, k: int) -> str:
        """One application in a line."""
        figures, application = self.figures[k], self.applications[k]
        latency, unit = quantity(figures.latency, "s", 3).split()
        limit, limit_unit = quantity(application.max_latency, "s", 3).split()
        of = (
            f"{latency} of {limit} {unit}"
            if unit == limit_unit
            else f"{latency} {unit} of {limit} {limit_unit}"
        )
        name, energy = short(application.id, NAME), quantity(figures.energy, "J", 3)
        return f"{name}: {energy}, {of}{self._mean(k)}, {' '.join(self._exits(k))}"

    def _latency(self, k: int) -> str:
        limit = quantity(self.applications[k].max_latency, "s")
        return f"{quantity(self.figures[k].latency, 's')} of {limit}{self._mean(k)}"

    def _mean(self, k: int) -> str:
        return " (mean)" if self.applications[k].latency == "mean" else ""

    def _configuration(self, k: int) -> Configuration:
        return self.instance.model_of(self.applications[k]).configurations[self.placed[k].configuration]

    def _exits(self, k: int) -> list[str]:
        return [short(name, NAME) for name in self._configuration(k).exits]

    def _exits_left(self) -> str:
        """Like ``exits exit1 (72.2 % leave), exit3``."""
        *early, final = self._exits(0)
        shares = self._configuration(0).shares
        names = [f"{name} ({percent(share)} leave)" for name, share in zip(early, shares, strict=False)]
        return f"exit{'s' if early else ''} {', '.join([*names, final])}"


def scene(instance: Instance, placement: Placement) -> Scene:
    """What to show of a placement; InstanceError when it names what does not exist."""
    evaluation = evaluate(instance, placement)
    known = {item.application: item for item in _largest(evaluation)}
    count = len(placement.applications)
    if len(evaluation.applications) < count:
        problems = [Problem("placement", str(violation)) for violation in evaluation.violations]
        raise InstanceError(problems, "placement")
    placed = [item for item in placement.applications if item.application in known]
    figures = [known[item.application] for item in placed]
    return Scene(instance, evaluation, tuple(placed), tuple(figures), count)


def _largest(evaluation: Evaluation) -> Sequence[ApplicationEvaluation]:
    if len(evaluation.applications) <= MOST:
        return evaluation.applications
    return nlargest(MOST, evaluation.applications, key=lambda item: item.power)
