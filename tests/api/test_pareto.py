"""Fronts: against every placement there is, and against the MILP on both sides of each breakpoint."""

from __future__ import annotations

import math

import pytest

import finopt
from finopt.problem.errors import InstanceError
from finopt.problem.instance import Instance
from finopt.problem.status import Status, Termination
from tests.command_line import run
from tests.oracle import Task, every_choice

PAPER = "instances/paper/b-alexnet-cifar10.json"


def limited(instance: Instance, max_latency: float, min_accuracy: float) -> Instance:
    change = {"max_latency": max_latency, "min_accuracy": min_accuracy}
    return instance.model_copy(update={"applications": (instance.applications[0].model_copy(update=change),)})


def drawn(seed: int, latency: str) -> Instance:
    return finopt.generate(nodes=5, blocks=3, seed=seed, latency=latency)


def envelope(instance: Instance, level: float) -> list[tuple[float, float]]:
    """Latency and energy of every choice that no other one beats, fastest first."""
    instance = limited(instance, 1e9, level)
    points = sorted((c.latency, c.energy) for c in every_choice(Task(instance, instance.applications[0])))
    kept: list[tuple[float, float]] = []
    for latency, energy in points:
        if not kept or energy < kept[-1][1]:
            kept.append((float(latency), float(energy)))
    return kept


@pytest.mark.parametrize("latency", ["worst", "mean"])
@pytest.mark.parametrize("seed", range(8))
def test_the_front_is_that_of_every_placement(seed: int, latency: str) -> None:
    instance = drawn(seed, latency)
    fronts = finopt.pareto(instance)
    assert [front.min_accuracy for front in fronts] == sorted(
        {c.accuracy for c in instance.models[0].configurations}
    )
    for front in fronts:
        assert front.complete
        assert front.termination is Termination.COMPLETED
        found = [(point.latency, point.energy) for point in front.points]
        expected = envelope(instance, front.min_accuracy)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert one == pytest.approx(other, rel=1e-9)


INSTANCES = [
    (PAPER, (0.5637, 0.7805, 0.8595)),
    ("instances/early_exit/b-alexnet-cifar10-mean.json", (0.785, 0.79)),
    ("instances/early_exit/b-lenet-mnist-worst.json", (0.99, 0.992)),
    (drawn(3, "worst"), (0.0,)),
    (drawn(4, "mean"), (0.0, 0.7)),
]


@pytest.mark.parametrize(("given", "levels"), INSTANCES)
def test_the_milp_agrees_on_both_sides_of_each_breakpoint(
    given: str | Instance, levels: tuple[float, ...]
) -> None:
    instance = finopt.load(given) if isinstance(given, str) else given
    rate = instance.applications[0].rate
    for front in finopt.pareto(instance, levels):
        below = math.inf
        for point in front.points:
            at = finopt.solve(limited(instance, point.latency, front.min_accuracy), "milp")
            assert at.status is Status.OPTIMAL
            assert at.objective == pytest.approx(rate * point.energy, rel=1e-9)
            before = finopt.solve(limited(instance, point.latency * (1 - 1e-7), front.min_accuracy), "milp")
            if math.isinf(below):
                assert before.status is Status.INFEASIBLE
            else:
                assert before.objective == pytest.approx(rate * below, rel=1e-9)
            below = point.energy


def test_energies_are_per_inference_and_placements_hold() -> None:
    instance = drawn(2, "worst")
    faster = instance.applications[0].model_copy(update={"rate": 3.0})
    instance = instance.model_copy(update={"applications": (faster,)})
    for front in finopt.pareto(instance):
        for point in front.points:
            limits = limited(instance, point.latency, front.min_accuracy)
            evaluation = finopt.evaluate(limits, point.placement)
            assert evaluation.feasible
            assert evaluation.objective == pytest.approx(3 * point.energy, rel=1e-12)
            assert evaluation.applications[0].accuracy == point.accuracy


def test_between_two_breakpoints_the_faster_one_counts() -> None:
    (front,) = finopt.pareto(finopt.load(PAPER), [0.8])
    first, second, *_ = front.points
    assert front.energy_within(first.latency) == first.energy
    assert front.energy_within((first.latency + second.latency) / 2) == first.energy
    assert front.energy_within(1.0) == front.points[-1].energy
    assert front.energy_within(0.999 * first.latency) == math.inf


def test_nothing_slower_than_asked_for() -> None:
    whole, cut = (finopt.pareto(finopt.load(PAPER), [0.8], max_latency=m)[0] for m in (None, 0.005))
    assert cut.points == tuple(point for point in whole.points if point.latency <= 0.005)
    assert cut.complete


def test_capacities_count() -> None:
    """With half the bandwidth that block 1's output takes, whatever runs after it stays on the device."""
    instance = finopt.load(PAPER)
    narrow = tuple(link.model_copy(update={"bandwidth": 7e5}) for link in instance.links)
    (front,) = finopt.pareto(instance.model_copy(update={"links": narrow}), [0.8])
    assert {point.placement.applications[0].nodes[1] for point in front.points} == {"device"}


def test_blocks_that_take_no_time_end_the_front_at_zero() -> None:
    instance = drawn(0, "worst")
    blocks = tuple(block.model_copy(update={"ops": 0.0}) for block in instance.models[0].blocks)
    exits = tuple(each.model_copy(update={"ops": 0.0}) for each in instance.models[0].exits)
    model = instance.models[0].model_copy(update={"blocks": blocks, "exits": exits})
    for front in finopt.pareto(instance.model_copy(update={"models": (model,)})):
        assert front.complete
        assert [(point.latency, point.energy) for point in front.points] == [(0.0, 0.0)]


def test_no_configuration_is_as_accurate() -> None:
    (front,) = finopt.pareto(finopt.load(PAPER), [0.9])
    assert front.points == ()
    assert front.complete


def test_out_of_time_says_that_points_may_be_missing() -> None:
    fronts = finopt.pareto(finopt.load(PAPER), time_limit=0.0)
    assert not any(front.complete for front in fronts)
    assert {front.termination for front in fronts} == {Termination.TIME_LIMIT}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accuracies": [1.5]}, "between 0 and 1, got 1.5"),
        ({"accuracies": [math.nan]}, "between 0 and 1, got nan"),
        ({"max_latency": 0.0}, "max_latency must be above 0 and finite, got 0.0"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        finopt.pareto(finopt.load(PAPER), **options)


def test_several_applications_have_no_front() -> None:
    with pytest.raises(InstanceError, match="a front is of one application"):
        finopt.pareto(finopt.generate_fleet(3, 2, 2, 1))


# ---------------------------------------------------------------- the command


def test_the_command_prints_a_table_per_level() -> None:
    shown = run("pareto", PAPER, "--accuracy", "0.8").stdout
    assert "accuracy >= 0.8: 8 points" in shown
    assert "8.285 ms  49.71 mJ    0.8595  device 5 (exit3)" in shown


def test_levels_with_the_same_points_share_a_table() -> None:
    shown = run("pareto", PAPER, "--accuracy", "0.1", "--accuracy", "0.2").stdout
    assert "accuracy >= 0.1 to 0.2: 1 point\n" in shown


def test_the_command_writes_a_row_per_point(tmp_path) -> None:
    path = tmp_path / "front.csv"
    assert run("pareto", PAPER, "--output", path).exit_code == 0
    lines = path.read_text().splitlines()
    assert lines[0] == "min_accuracy,latency_s,energy_j,accuracy,configuration,nodes,complete"
    assert len(lines) == 1 + 1 + 3 + 8
    assert lines[-1].endswith(",2,device device device device device,True")


def test_the_command_says_when_there_is_nothing() -> None:
    result = run("pareto", PAPER, "--accuracy", "0.99")
    assert result.exit_code == 1
    assert "no placement" in result.stdout
    assert "cut short" in run("pareto", PAPER, "--time-limit", "0").stdout


def test_the_command_refuses_path_problems() -> None:
    result = run("pareto", "instances/orlib/rcsp1.txt")
    assert result.exit_code == 2
    assert "a front is of an instance" in result.stderr
