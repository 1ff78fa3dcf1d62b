"""All replications together: estimates by application, exit, node and link."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import fsum

import numpy as np

from finopt.evaluation.account import Evaluation
from finopt.problem.array_types import Floats
from finopt.problem.instance import Application, Instance
from finopt.simulation.advice import advice
from finopt.simulation.figures import Figures
from finopt.simulation.flows import LINK, NOBODY, NODE, Flows
from finopt.simulation.simulation import ApplicationFigures, Estimate, ExitFigures, StationFigures


class Summary:
    """The figures of all replications that are done."""

    def __init__(
        self, instance: Instance, evaluation: Evaluation, flows: Flows, found: Sequence[Figures]
    ) -> None:
        self.instance, self.evaluation, self.flows, self.found = instance, evaluation, flows, found
        self.first = np.searchsorted(
            [flow.application for flow in flows.flows], np.arange(len(instance.applications) + 1)
        )
        self.stations = [self._station(number) for number in range(len(flows.stations))]

    def applications(self) -> Iterator[ApplicationFigures]:
        """In the order of the instance."""
        planned = {one.application: one for one in self.evaluation.applications}
        for number, application in enumerate(self.instance.applications):
            numbers = range(self.first[number], self.first[number + 1])
            own = planned[application.id]
            yield self._application(number, application, numbers, own.energy, own.latency)

    def _application(
        self, number: int, application: Application, numbers: range, energy: float, latency: float
    ) -> ApplicationFigures:
        exits = self._exits(numbers)
        flows = [self.flows.flows[i] for i in numbers]
        mean = self._estimate("mean", number)
        slowest = max(range(len(exits)), key=lambda i: exits[i].latency.mean or 0.0)
        compared = mean if application.latency == "mean" else exits[slowest].latency
        p50, p95, p99 = (Estimate.of(f.quantiles[k, number] for f in self.found) for k in range(3))
        figures = ApplicationFigures(
            application=application.id,
            samples=sum(one.samples for one in exits),
            energy=self._estimate("energy", number),
            planned_energy=energy,
            latency=mean,
            planned_mean=fsum(flow.share * flow.planned for flow in flows),
            p50=p50,
            p95=p95,
            p99=p99,
            kind=application.latency,
            compared=compared,
            planned_latency=latency,
            max_latency=application.max_latency,
            late_share=self._estimate("late", number),
            exits=exits,
        )
        if not figures.late:
            return figures
        about = list(numbers) if application.latency == "mean" else [numbers[slowest]]
        return replace(figures, advice=self._advice(about, application.max_latency))

    def _exits(self, numbers: range) -> tuple[ExitFigures, ...]:
        counts = [sum(int(f.samples[i]) for f in self.found) for i in numbers]
        return tuple(
            ExitFigures(
                exit=flow.exit,
                samples=count,
                share=count / max(sum(counts), 1),
                planned_share=flow.share,
                latency=self._estimate("latency", i),
                planned_latency=flow.planned,
                alone=flow.alone,
            )
            for i, count, flow in zip(numbers, counts, (self.flows.flows[i] for i in numbers), strict=True)
        )

    def _advice(self, about: Sequence[int], limit: float) -> str:
        """For the flows of an application that its limit is about."""
        flows = [self.flows.flows[i] for i in about]
        weights = [flow.share for flow in flows] if len(flows) > 1 else [1.0]
        waits = [self._estimate("link_wait", i).mean or 0.0 for i in about]
        visited = sorted({leg.station for flow in flows for leg in flow.legs if leg.station != NOBODY})
        stations = [self.stations[number] for number in visited]
        nodes = [one for one in stations if one.kind == NODE]
        links = [one for one in stations if one.kind == LINK]
        waiting = max(links, key=lambda one: one.wait.mean or 0.0, default=None)
        return advice(
            alone=_weighted(weights, [flow.alone for flow in flows]),
            computing=_weighted(weights, [flow.computing for flow in flows]),
            link_wait=_weighted(weights, waits),
            limit=limit,
            used={one.id: one.utilisation.mean or 0.0 for one in nodes},
            slowest=waiting.id if waiting is not None and waiting.wait.mean else "",
        )

    def of_kind(self, kind: str) -> tuple[StationFigures, ...]:
        """The nodes, or the links."""
        return tuple(one for one in self.stations if one.kind == kind)

    def _station(self, number: int) -> StationFigures:
        kind, name = self.flows.stations[number]
        planned, most = _planned(self.instance, self.evaluation, kind, name)
        return StationFigures(
            kind=kind,
            id=name,
            utilisation=self._estimate("utilisation", number),
            planned_utilisation=planned,
            max_utilisation=most,
            wait=self._estimate("wait", number),
            backlog=self._estimate("backlog", number),
            left=self._estimate("left", number),
            most=int(max((f.most[number] for f in self.found), default=0)),
        )

    def _estimate(self, figure: str, number: int) -> Estimate:
        values: list[Floats] = [getattr(found, figure) for found in self.found]
        return Estimate.of(float(value[number]) for value in values)


def _weighted(weights: Sequence[float], figures: Sequence[float]) -> float:
    return fsum(w * f for w, f in zip(weights, figures, strict=True))


def _planned(instance: Instance, evaluation: Evaluation, kind: str, name: str) -> tuple[float, float]:
    """Utilisation by the plan, and what it may be."""
    if kind == LINK:
        return evaluation.bandwidth[name].utilisation, 1.0
    node = instance.node(name)
    return evaluation.compute[name].used / node.compute if node.computes else 0.0, node.max_utilisation
