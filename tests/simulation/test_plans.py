"""Simulations against plans: the same without queues, below the bound with processor sharing."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

pytest.importorskip("simpy")

import finopt
from finopt.evaluation.steps import exit_latencies
from finopt.simulation import simulate
from tests.conformance import seeds
from tests.simulation.plans import at_home, one_server, planned

PAPER = "instances/paper/b-alexnet-cifar10.json"


def test_the_paper_is_reproduced() -> None:
    instance = finopt.load(PAPER)
    assert isinstance(instance, finopt.Instance)
    result = finopt.solve(instance)
    assert result.evaluation is not None
    plan = result.evaluation.applications[0]
    (one,) = simulate(instance, result, arrivals="deterministic", replications=2).applications
    assert one.energy.mean == pytest.approx(plan.energy, rel=1e-9)
    assert one.compared.mean == pytest.approx(plan.latency, rel=1e-9)
    assert one.energy.half_width == one.latency.half_width == 0.0


@seeds(256, 16, quick=32)
@pytest.mark.parametrize("discipline", ["fifo", "processor-sharing"])
def test_one_application_with_deterministic_arrivals_is_the_plan(
    chunk: Iterable[int], discipline: str
) -> None:
    """Energy, latency and every exit, with results returned early and late, delays and relays."""
    for seed in chunk:
        if (plan := planned(seed, waiting=False)) is None:
            continue
        instance, placement = plan
        evaluation = finopt.evaluate(instance, placement).applications[0]
        found = simulate(
            instance,
            placement,
            arrivals="deterministic",
            nodes=discipline,
            links=discipline,
            samples=300,
            replications=1,
        )
        (one,) = found.applications
        assert one.planned_energy == evaluation.energy
        assert one.energy.mean == pytest.approx(evaluation.energy, rel=1e-9)
        exact = exit_latencies(instance, instance.applications[0], placement.applications[0])
        for exit_ in one.exits:
            assert exit_.planned_latency == pytest.approx(float(exact[exit_.exit]), rel=1e-12)
            assert exit_.alone == pytest.approx(exit_.planned_latency, rel=1e-12)
            if exit_.samples:
                assert exit_.latency.mean == pytest.approx(exit_.planned_latency, rel=1e-9)
        if instance.applications[0].latency == "mean" or all(exit_.samples for exit_ in one.exits):
            assert one.compared.mean == pytest.approx(evaluation.latency, rel=1e-9)
        assert one.latency.mean == pytest.approx(one.planned_mean, rel=1e-9)


@seeds(256, 16, quick=32)
def test_with_processor_sharing_means_stay_below_the_bound_of_the_plan(chunk: Iterable[int]) -> None:
    """Nodes are used up to 90 % of what they may be; links do not queue, as in the plan."""
    for seed in chunk:
        if (plan := planned(seed, waiting=True)) is None:
            continue
        if _exceeds(*plan, samples=2000):
            assert not _exceeds(*plan, samples=40_000)  # then it was chance


def _exceeds(instance: finopt.Instance, placement: finopt.Placement, samples: int) -> bool:
    """Whether a mean is above the bound; nothing is so beyond its interval of confidence."""
    found = simulate(instance, placement, links="none", samples=samples, replications=4)
    (one,) = found.applications
    assert not one.late
    assert all(node.utilisation.low <= node.max_utilisation for node in found.nodes)
    assert one.compared.mean is not None
    return one.compared.mean > one.planned_latency * (1 + 1e-9)


def test_enough_random_plans_have_a_placement() -> None:
    assert sum(planned(seed, waiting=True) is not None for seed in range(32)) >= 28


@pytest.mark.parametrize("share", [0.3, 0.6, 0.8])
def test_one_node_is_the_queue_of_the_books(share: float) -> None:
    """M/G/1: mean sojourn s / (1 - rho) with processor sharing; by Pollaczek and Khinchine in order."""
    rate = share / 0.006
    instance = one_server(rate=rate)
    common = {"samples": 20_000, "replications": 8, "exits": "even"}
    together = simulate(instance, at_home(instance), **common)
    for exit_, seconds in zip(together.applications[0].exits, (0.002, 0.010), strict=True):
        assert exit_.latency.mean == pytest.approx(seconds / (1 - share), rel=0.05)
    in_order = simulate(instance, at_home(instance), nodes="fifo", **common)
    wait = rate * (0.5 * 0.002**2 + 0.5 * 0.010**2) / (2 * (1 - share))
    assert in_order.nodes[0].wait.mean == pytest.approx(wait, rel=0.08)
    for found in (together, in_order):
        assert found.nodes[0].utilisation.mean == pytest.approx(share, rel=0.02)
        sojourn = found.applications[0].latency.mean
        assert sojourn is not None
        assert found.nodes[0].backlog.mean == pytest.approx(rate * sojourn, rel=0.02)  # Little's law
