"""Measured classes of devices, and what a hop costs whatever is sent: both graphs against all placements."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

import finopt
from finopt.graph.extended import ExtendedGraph, extended_graph
from finopt.graph.label_setting import find_path
from finopt.graph.layered import LayeredGraph, layered_graph
from finopt.graph.layered_bounds import reduce_layers
from finopt.graph.pattern import Pattern, network_pattern
from finopt.problem.coefficients import ComputeTable, stage_factors, stage_figures
from finopt.problem.instance import Instance

SEEDS = range(40)


@dataclass(frozen=True)
class Measured:
    """An instance whose devices were measured: [J] and [s] per stage and class, and [J] per link and hop."""

    instance: Instance
    joules: np.ndarray
    seconds: np.ndarray
    device_class: np.ndarray
    per_hop: np.ndarray

    @classmethod
    def draw(cls, seed: int) -> Measured:
        """Four nodes and up to three classes; a fifth of the stages cannot run on a class."""
        rng = np.random.default_rng(seed)
        topology = "mesh" if seed % 2 else "sparse"
        latency = "mean" if seed % 3 == 0 else "worst"
        instance = finopt.generate(
            4, 3, configurations=2, topology=topology, latency=latency, pins=seed % 5 // 4, seed=seed
        )
        given = instance.applications[0].model_copy(update={"rate": float(rng.integers(1, 4)) / 2})
        instance = instance.model_copy(update={"applications": (given,)})
        links, classes = instance.directed_links, int(rng.integers(1, 4))
        stages = stage_figures(instance.models[0], cls.configuration(instance)).reach.size
        scale = max(link.energy for link in links) * instance.models[0].input_bits
        seconds = rng.exponential(1e-3, (stages, classes))
        seconds[rng.random(seconds.shape) < 0.2] = np.inf
        return cls(
            instance,
            rng.exponential(scale, (stages, classes)),
            seconds,
            rng.integers(classes, size=len(instance.nodes)).astype(np.int32),
            rng.exponential(scale, len(links)),
        )

    @staticmethod
    def configuration(instance: Instance) -> int:
        """The last one: it has the most stages."""
        return len(instance.models[0].configurations) - 1

    def table(self, pattern: Pattern) -> ComputeTable:
        """The table of the nodes of a pattern."""
        application, model = self.instance.applications[0], self.instance.models[0]
        mean = application.latency == "mean"
        c = self.configuration(self.instance)
        factors = stage_factors(model, c, mean=mean, rate=application.rate)
        place = {node.id: v for v, node in enumerate(self.instance.nodes)}
        own = self.device_class[[place[node.id] for node in pattern.nodes]]
        runs = np.isfinite(self.seconds)
        return ComputeTable(
            own,
            factors.share[:, None] * self.joules,
            factors.time_share[:, None] * np.where(runs, self.seconds, 0.0),
            runs,
            np.zeros(runs.shape),
        )

    def pattern(self) -> Pattern:
        """The pattern of the application, with what a hop costs."""
        pattern = network_pattern(self.instance, self.instance.applications[0])
        place = {link.id: e for e, link in enumerate(self.instance.directed_links)}
        costs = self.per_hop[[place[link.id] for link in pattern.links]]
        per_arc = np.where(pattern.link >= 0, np.append(costs, 0.0)[pattern.link], 0.0)
        return replace(pattern, link_figures=pattern.link_figures._replace(energy_per_hop=per_arc))

    def graphs(self, limit: float | None = None) -> tuple[LayeredGraph, ExtendedGraph]:
        """The two forms of the graph."""
        instance, c = self.instance, self.configuration(self.instance)
        if limit is not None:
            late = instance.applications[0].model_copy(update={"max_latency": limit})
            instance = instance.model_copy(update={"applications": (late,)})
        pattern, application = self.pattern(), instance.applications[0]
        table = self.table(pattern)
        return (
            layered_graph(instance, application, c, pattern, table),
            extended_graph(instance, application, c, pattern=pattern, computing=table),
        )

    def placements(self) -> Iterator[tuple[float, float]]:
        """Power and latency of every placement, all nodes and simple routes, by the formulas of the model."""
        instance, application = self.instance, self.instance.applications[0]
        model, c = instance.models[0], self.configuration(instance)
        reach = [float(share) for share in stage_figures(model, c).reach]
        numbers = {node.id: v for v, node in enumerate(instance.nodes)}
        usable = [node.id for node in instance.nodes if instance.may_use(application, node)]

        def routes(
            here: str, seen: tuple[str, ...], used: tuple[int, ...]
        ) -> Iterator[tuple[str, tuple[int, ...]]]:
            yield here, used
            for e, link in enumerate(instance.directed_links):
                if link.source == here and link.target in usable and link.target not in seen:
                    yield from routes(link.target, (*seen, link.target), (*used, e))

        def extend(i: int, here: str, power: float, latency: float) -> Iterator[tuple[float, float]]:
            if i == len(reach):
                yield power, latency
                return
            passing = application.rate * reach[i]
            weight = reach[i] if application.latency == "mean" else 1.0
            bits, block = model.stage_bits[i], model.blocks[i]
            for there, used in routes(here, (here,), ()):
                kind = self.device_class[numbers[there]]
                if application.pinned.get(block.id, there) != there or math.isinf(self.seconds[i, kind]):
                    continue
                links = [instance.directed_links[e] for e in used]
                joules = sum(
                    bits * link.energy + self.per_hop[e] for e, link in zip(used, links, strict=True)
                )
                seconds = sum(bits / link.bandwidth + link.delay for link in links)
                yield from extend(
                    i + 1,
                    there,
                    power + passing * (joules + self.joules[i, kind]),
                    latency + weight * (seconds + self.seconds[i, kind]),
                )

        yield from extend(0, application.source, 0.0, 0.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_shortest_paths_are_the_best_placements(seed: int) -> None:
    measured = Measured.draw(seed)
    layered, extended = measured.graphs()
    placements = np.array([*measured.placements()]).reshape(-1, 2)
    assert layered.arcs == extended.arcs
    for unit, multiplier in ((1.0, 0.0), (0.0, 1.0), (1.0, 0.5)):
        best = (placements @ [unit, multiplier]).min(initial=np.inf)
        for found in (
            layered.forward(unit, multiplier).distance[-1].min(),
            layered.backward(unit, multiplier).distance[0, layered.source],
            extended.forward(unit, np.array([multiplier])).distance[extended.targets].min(),
        ):
            assert found == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_arcs_cost_the_same_in_both_graphs(seed: int) -> None:
    layered, extended = Measured.draw(seed).graphs()
    arcs = extended.stage * layered.pattern.tail.size + extended.arc
    cost, latency = layered.figures_of(arcs)
    assert (cost == extended.cost).all()
    assert (latency == extended.resource[:, 0]).all()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("tightness", [0.1, 0.5, 0.9])
def test_the_best_placement_within_a_limit_is_found(seed: int, tightness: float) -> None:
    measured = Measured.draw(seed)
    placements = np.array([*measured.placements()]).reshape(-1, 2)
    if not placements.size:
        assert all(find_path(graph).path is None for graph in measured.graphs())
        return
    power, latency = placements.T
    cheapest = latency[power <= power.min() * (1 + 1e-12)].min()
    limit = float(latency.min() + tightness * (cheapest - latency.min()))
    best = power[latency <= limit * (1 + 1e-10)].min()
    for graph in measured.graphs(limit):
        answer = find_path(graph)
        assert graph.path_cost(answer.path) == pytest.approx(best, rel=1e-9)
    state = reduce_layers(measured.graphs(limit)[0])
    assert state.lower <= best * (1 + 1e-11)
    assert state.upper >= best * (1 - 1e-11)


def test_some_stages_cannot_run_and_some_classes_have_several_nodes() -> None:
    drawn = [Measured.draw(seed) for seed in SEEDS]
    assert sum(not np.isfinite(one.seconds).all() for one in drawn) > len(drawn) // 2
    assert any(len(set(one.device_class.tolist())) < one.device_class.size for one in drawn)
    assert sum(bool([*one.placements()]) for one in drawn) > len(drawn) // 2
