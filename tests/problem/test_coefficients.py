"""Coefficients against the oracle, which shares nothing with them: every step of every tiny placement."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from finopt.problem.coefficients import (
    ALL_STAGES,
    ComputeTable,
    LinkFigures,
    NodeFigures,
    StageFactors,
    computing_energy,
    computing_seconds,
    exact_stage_figures,
    link_figures,
    most_energy,
    node_figures,
    sending_energy,
    sending_only,
    sending_seconds,
    stage_factors,
    stage_figures,
)
from finopt.problem.compute_tables import compute_table
from finopt.problem.instance import Instance
from finopt.problem.profile import BlockMeasurement, ExitMeasurement, Profile
from tests.oracle import Choice, Task, every_choice
from tests.random_instances import random_instance
from tests.toy import toy

SEEDS = range(30)
MOST = 200
"""Placements looked at per instance."""


def tasks(seed: int) -> list[Task]:
    """The applications of a small instance, as the oracle has them."""
    instance = random_instance(seed)
    return [Task(instance, application) for application in instance.applications]


def factors(task: Task, configuration: int, rate: float = 1.0) -> StageFactors:
    """The factors of an application's stages."""
    mean = task.application.latency == "mean"
    return stage_factors(task.model, configuration, mean=mean, rate=rate)


class Network:
    """Figures and names of an instance's nodes and links."""

    def __init__(self, instance: Instance) -> None:
        self.nodes, self.links = node_figures(instance.nodes), link_figures(instance.directed_links)
        self.node = {node.id: v for v, node in enumerate(instance.nodes)}
        self.link = {link.id: e for e, link in enumerate(instance.directed_links)}

    def steps(self, choice: Choice) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """(stage, node) of every block and (stage, link) of every hop."""
        blocks = [(i, self.node[name]) for i, name in enumerate(choice.nodes)]
        return blocks, [(i, self.link[e]) for i, route in enumerate(choice.routes) for e in route]


@pytest.mark.parametrize("seed", SEEDS)
def test_steps_add_up_to_what_the_oracle_says_of_a_placement(seed: int) -> None:
    for task in tasks(seed):
        network = Network(task.instance)
        for choice in islice(every_choice(task), MOST):
            own = factors(task, choice.configuration)
            blocks, hops = network.steps(choice)
            energy = sum(computing_energy(own, i, network.nodes, v) for i, v in blocks)
            energy += sum(sending_energy(own, i, network.links, e) for i, e in hops)
            seconds = sum(computing_seconds(own, i, network.nodes, v) for i, v in blocks)
            seconds += sum(sending_seconds(own, i, network.links, e) for i, e in hops)
            assert energy == pytest.approx(float(choice.energy), rel=1e-13)
            assert seconds == pytest.approx(float(choice.latency), rel=1e-13)


@pytest.mark.parametrize("seed", SEEDS)
def test_loads_are_those_of_the_oracle(seed: int) -> None:
    for task in tasks(seed):
        network, rate = Network(task.instance), task.application.rate
        for choice in islice(every_choice(task), MOST):
            loads = factors(task, choice.configuration, rate).loads
            blocks, hops = network.steps(choice)
            for (kind, name), amount in task.loads(choice).items():
                steps = hops if kind == "bandwidth" else blocks
                number = (network.link if kind == "bandwidth" else network.node)[name]
                used = sum(loads[kind][i] for i, where in steps if where == number)
                assert used == pytest.approx(float(amount), rel=1e-13)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_placement_costs_more_than_the_most(seed: int) -> None:
    for task in tasks(seed):
        network = Network(task.instance)
        for choice in islice(every_choice(task), MOST):
            own = factors(task, choice.configuration)
            assert float(choice.energy) <= most_energy(own, network.nodes, network.links) * (1 + 1e-13)


@pytest.mark.parametrize("seed", SEEDS)
def test_exact_figures_are_the_same_as_the_rounded_ones(seed: int) -> None:
    for task in tasks(seed):
        for c in range(len(task.model.configurations)):
            exact, rounded = exact_stage_figures(task.model, c), stage_figures(task.model, c)
            for one, other in zip(exact, rounded, strict=True):
                assert all(isinstance(figure, Fraction) for figure in one)
                np.testing.assert_allclose([float(figure) for figure in one], other, rtol=1e-15)
        for c, stages in task.configurations.items():
            exact = exact_stage_figures(task.model, c)
            assert list(exact.reach) == [stage.reach for stage in stages]
            assert list(exact.ops) == [stage.ops for stage in stages]
            assert list(exact.memory) == [stage.memory for stage in stages]
            assert list(exact.bits) == [stage.bits for stage in stages]


def drawn(seed: int) -> tuple[StageFactors, NodeFigures, LinkFigures]:
    """Factors of five stages, and figures of four nodes and six links."""
    rng = np.random.default_rng(seed)
    return (
        StageFactors(*rng.exponential(size=(7, 5))),
        NodeFigures(*rng.exponential(size=(2, 4))),
        LinkFigures(*rng.exponential(size=(4, 6))),
    )


def test_every_stage_at_once_is_each_stage_alone() -> None:
    own, nodes, links = drawn(0)
    for step, figures in (
        (computing_energy, nodes),
        (computing_seconds, nodes),
        (sending_energy, links),
        (sending_seconds, links),
    ):
        count = figures[0].size
        table = step(own, ALL_STAGES, figures, slice(None))  # type: ignore[operator]
        assert table.shape == (5, count)
        for i in range(5):
            for k in range(count):
                assert table[i, k] == step(own, i, figures, k)  # type: ignore[operator]


def test_what_a_hop_costs_whatever_is_sent_counts_with_the_share_of_samples() -> None:
    own, _, links = drawn(1)
    free = links._replace(energy_per_bit=np.zeros(6), seconds_per_bit=np.zeros(6))
    assert sending_energy(own, 2, free, 3) == own.share[2] * links.energy_per_hop[3]
    assert sending_seconds(own, 2, free, 3) == own.time_share[2] * links.seconds_per_hop[3]


def test_the_latency_limit_of_worst_counts_every_sample_and_that_of_mean_the_reach() -> None:
    task = tasks(0)[0]
    worst, mean = (stage_factors(task.model, 0, mean=kind) for kind in (False, True))
    assert (worst.time_share == 1).all()
    assert (mean.time_share == stage_figures(task.model, 0).reach).all()
    assert (worst.share == mean.share).all()


def measured_toy(without: str = "") -> tuple[ComputeTable, ComputeTable]:
    """Tables of the toy by operations, and with a profile that measured the same but for one block."""
    instance = toy()
    (model,), application = instance.models, instance.applications[0]
    nodes = [node.model_copy(update={"device": f"of {node.id}"}) for node in instance.nodes]
    profiles = [
        Profile(
            model=model.id,
            device=f"of {node.id}",
            blocks=[
                BlockMeasurement(block=b.id, time=b.ops / node.compute)
                for b in model.blocks
                if b.id != without
            ],
            exits=[ExitMeasurement(exit=e.id, time=e.ops / node.compute) for e in model.exits],
        )
        for node in nodes
    ]
    factors = stage_factors(model, 0, mean=True, rate=3.0)
    tables = (
        compute_table(given, application, 0, factors, nodes)
        for given in (instance, instance.model_copy(update={"profiles": tuple(profiles)}))
    )
    by_operations, by_profile = tables
    return by_operations, by_profile


def test_a_profile_of_quotients_is_the_factored_form() -> None:
    factored, measured = measured_toy()
    for name in ("energy", "seconds", "load"):
        one, other = (table.per_node(getattr(table, name)) for table in (factored, measured))
        np.testing.assert_allclose(one, other, rtol=1e-14)
    assert measured.runs.all()
    assert factored.runs.all()


def test_a_stage_runs_only_where_it_was_measured() -> None:
    _, table = measured_toy(without="b2")
    assert np.isfinite(table.energy).all()
    assert np.isfinite(table.seconds).all()
    assert table.runs.all(axis=1).tolist() == [True, False, True]
    assert not table.runs[1].any()


def test_a_network_without_links_has_figures_of_none() -> None:
    assert [figure.shape for figure in link_figures([])] == [(0,)] * 4
    assert most_energy(sending_only(8.0), NodeFigures(np.ones(1), np.ones(1)), link_figures([])) == 0.0
