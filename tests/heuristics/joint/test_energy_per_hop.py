"""What a hop costs whatever is sent, in value tables: against exact searches of each application."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import finopt
from finopt.graph.extended import extended_graph, network_pattern
from finopt.graph.label_setting import find_path
from finopt.heuristics.joint.assignments import AssignmentFigures
from finopt.heuristics.joint.groups import group
from finopt.heuristics.joint.pricing import Pricer, parts_of
from finopt.heuristics.joint.region_paths import RegionPaths
from finopt.heuristics.joint.tuning import MOST_LEVELS
from finopt.problem.arrays import Demand, Network
from finopt.problem.instance import Instance
from finopt.solvers.clock import Clock


def charged(seed: int) -> tuple[Instance, np.ndarray]:
    """An instance with rates, and energies of hops of the size of what a block or an input costs."""
    instance = finopt.generate(
        12, 5, applications=8, devices=6, seed=seed, latency="mean" if seed % 2 else "worst"
    )
    rng = np.random.default_rng(seed)
    given = tuple(a.model_copy(update={"rate": float(rng.integers(1, 5)) / 2}) for a in instance.applications)
    links = instance.directed_links
    scale = max(link.energy for link in links) * instance.models[0].input_bits
    return instance.model_copy(update={"applications": given}), rng.exponential(scale, len(links))


def pricer(instance: Instance, per_hop: np.ndarray, *, own_group: bool) -> Pricer:
    """The pricer of an instance whose hops cost so much."""
    network, demand = Network.of(instance), Demand.of(instance)
    network = replace(network, link_figures=network.link_figures._replace(energy_per_hop=per_hop))
    groups = group(instance, network, demand, np.full(demand.size, own_group))
    figures = AssignmentFigures(network, demand, groups, RegionPaths(network, groups))
    return Pricer(network, demand, parts_of(groups, network, demand), figures, Clock(), MOST_LEVELS)


def least_power(instance: Instance, h: int, per_hop: np.ndarray) -> float:
    """The least power of one application, by labels."""
    application = instance.applications[h]
    pattern = network_pattern(instance, application)
    place = {link.id: e for e, link in enumerate(instance.directed_links)}
    costs = np.append(per_hop[[place[link.id] for link in pattern.links]], 0.0)
    per_arc = np.where(pattern.link >= 0, costs[pattern.link], 0.0)
    pattern = replace(pattern, link_figures=pattern.link_figures._replace(energy_per_hop=per_arc))
    best = np.inf
    for c in instance.admissible(application):
        graph = extended_graph(instance, application, c, pattern=pattern)
        path = find_path(graph).path
        best = min(best, np.inf if path is None else graph.path_cost(path))
    return best


@pytest.mark.parametrize("seed", range(6))
def test_tables_bounds_and_ranking_agree_with_the_labels(seed: int) -> None:
    instance, per_hop = charged(seed)
    best = np.array([least_power(instance, h, per_hop) for h in range(8)])
    for own_group in (True, False):
        one = pricer(instance, per_hop, own_group=own_group)
        free = np.zeros(one.network.capacity.size)
        answer = one.answer(free)
        power = one.figures.power(answer.assignments)
        assert (answer.value >= best * (1 - 1e-6)).all()
        assert (power >= best * (1 - 1e-12)).all()
        assert one.certified(free) <= best.sum() * (1 + 1e-12)
        assert one.least() <= best.sum()
        assert one.most() >= best.sum()
        ranked = one.near(free, power * (1 + 1e-9), 4)
        first = np.full(8, np.inf)
        np.minimum.at(first, ranked.application, one.figures.power(ranked))
        np.testing.assert_allclose(first, power, rtol=1e-9)
        if own_group:
            np.testing.assert_allclose(power, best, rtol=1e-9)


def test_hops_that_cost_something_change_the_answers() -> None:
    changed = 0
    for seed in range(6):
        instance, per_hop = charged(seed)
        answers = [
            one.figures.power(one.answer(np.zeros(one.network.capacity.size)).assignments)
            for one in (pricer(instance, costs, own_group=True) for costs in (per_hop, 0 * per_hop))
        ]
        changed += int((answers[0] > answers[1] * (1 + 1e-6)).sum())
    assert changed > 10
