"""Degenerate instances of several applications: no choice, nobody admissible, nothing left, all alike.

Every method against enumeration; whatever it is, an instance is solved, proven infeasible with its reason, or
left without an answer for a reason.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import finopt
from finopt.api.dispatch import solve
from finopt.api.methods import CAPABILITIES, options_of
from finopt.heuristics.joint import column_generation, joint_fin, preparation, price_rounds, primal_heuristic
from finopt.problem.application_table import ApplicationTable
from finopt.problem.errors import InstanceError
from finopt.problem.instance import Instance
from finopt.problem.status import Status, Termination
from tests.conformance import check, expected, keeps_its_word, methods, seeds
from tests.degenerate_instances import TRAITS, degenerate_instance
from tests.joint_oracle import joint_optimum

CASES = Path(__file__).parents[2] / "cases"

QUICK = 240
"""Seeds of the quick tests; there are twelve with every trait."""

SEVERAL_WAYS: dict[str, dict[str, int]] = {
    "tables of groups": {"OWN_GROUPS": 0},
    "annealing": {"EXACT_UP_TO": 0},
    "groups, clusters and annealing": {"OWN_GROUPS": 0, "EXACT_UP_TO": 0, "ROWS_EACH": 1},
    "as for very many": {"OWN_GROUPS": 0, "EXACT_UP_TO": 0, "ROWS_EACH": 1, "COARSE_FROM": 0},
}
"""Sizes from which fin takes another way, lowered so that a few applications take it."""


@cache
def degenerate(seed: int) -> tuple[Instance, float | None]:
    """A degenerate instance and its optimum."""
    instance = degenerate_instance(seed)
    return instance, joint_optimum(instance).objective


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    """Means of nothing and differences of infinities are faults, not warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


# ---------------------------------------------------------------- the instances


def test_the_instances_are_what_they_are_meant_to_be() -> None:
    instances = [degenerate(seed)[0] for seed in range(QUICK)]
    solvable = sum(degenerate(seed)[1] is not None for seed in range(QUICK))
    assert QUICK / 4 < solvable < 3 * QUICK / 4
    assert {len(one.nodes) for one in instances} == {1, 2, 3, 4, 5}
    assert {len(one.applications) for one in instances} == {2, 3, 4}
    assert sum(not one.links for one in instances) > 20
    assert sum(not any(node.shared for node in one.nodes) for one in instances) > 20
    assert sum(not any(map(one.admissible, one.applications)) for one in instances) >= QUICK / len(TRAITS)
    assert sum(all(node.power == 0 for node in one.nodes) for one in instances) >= QUICK / len(TRAITS)
    assert sum(all(b.ops == 0 for m in one.models for b in m.blocks) for one in instances) > 10
    powers = [sorted(node.power / node.compute for node in one.nodes) for one in instances]
    assert sum(p[0] > 0 and p[-1] / p[0] > 1e9 for p in powers) > 5


# ---------------------------------------------------------------- every method


@methods(lambda c: c.several)
@seeds(3200, 40, quick=QUICK)
def test_answers_statuses_and_bounds_agree_with_the_enumeration(method: str, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, best = degenerate(seed)
        keeps_its_word(method, solve(instance, method), best, binds=True)


@methods(lambda c: not c.several)
@seeds(3200, 40, quick=QUICK)
def test_methods_for_one_application_agree_on_each_alone(method: str, chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, _ = degenerate(seed)
        alone = instance.model_copy(update={"applications": instance.applications[:1]})
        keeps_its_word(method, solve(alone, method), joint_optimum(alone).objective, binds=True)


@methods(lambda c: not c.several)
def test_methods_for_one_application_say_which_take_several(method: str) -> None:
    for seed in range(len(TRAITS)):
        with pytest.raises(
            InstanceError, match=r"places one application; use method 'fin', 'cspp' or 'milp'"
        ):
            solve(degenerate(seed)[0], method)


# ---------------------------------------------------------------- every way that fin takes

SEARCH = (joint_fin, column_generation, preparation, price_rounds, primal_heuristic)
"""The modules that the sizes of a way belong to."""


@seeds(480, 20, quick=40)
@pytest.mark.parametrize("way", SEVERAL_WAYS)
def test_fin_is_honest_whatever_way_it_takes(
    way: str, chunk: Iterable[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"MOST_MOVES": 20_000, "MOVES_IN_A_HURRY": 2_000, **SEVERAL_WAYS[way]}
    for name, value in sizes.items():
        using = [module for module in SEARCH if hasattr(module, name)]
        assert using, f"nobody uses {name}"
        for module in using:
            monkeypatch.setattr(module, name, value)
    for seed in chunk:
        instance, best = degenerate(seed)
        table = instance.model_copy(update={"applications": ApplicationTable.of(instance.applications)})
        check(solve(table, "fin"), best)
        check(solve(instance, "fin", gamma=1 + seed % 3), best)
        check(solve(instance, "fin", time_limit=0), best)


@seeds(480, 20, quick=80)
def test_fin_admits_whom_it_can(chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, best = degenerate(seed)
        result = solve(instance, "fin", admit="best")
        unplaced = result.stats.get("unplaced", [])
        if best is not None:
            assert result.placement is not None
        if result.placement is None:
            assert result.reason
        else:
            placed = {one.application for one in result.placement.applications}
            assert placed.isdisjoint(unplaced)
            assert len(placed) + len(unplaced) == len(instance.applications)


# ---------------------------------------------------------------- by hand


@methods(lambda c: c.several)
def test_without_links_everybody_stays_at_home(method: str) -> None:
    result = solve(finopt.load(CASES / "no_links.json"), method)
    assert result.status is Status.OPTIMAL
    assert result.objective == pytest.approx(0.002, rel=1e-12)


@methods(lambda c: c.several)
@pytest.mark.parametrize("admit", ["all", "best"])
def test_when_nobody_is_admissible_each_is_named_with_what_it_lacks(method: str, admit: str) -> None:
    options = {"admit": admit} if "admit" in options_of(method) else {}
    result = solve(finopt.load(CASES / "no_admissible_configuration.json"), method, **options)
    assert result.status is Status.INFEASIBLE
    for name in ("a", "b"):
        assert f"application '{name}': no configuration of model 'm' reaches the accuracy" in result.reason


@methods(lambda c: c.several)
def test_who_finds_no_room_is_named_with_what_is_scarce(method: str) -> None:
    """Three cameras fit one by one, and never together: no method may find a placement."""
    result = solve(finopt.load(CASES / "scarce_40.json"), method)
    assert result.status in expected(CAPABILITIES[method], None, binds=True)
    assert result.termination is Termination.COMPLETED
    if result.status is Status.INFEASIBLE:
        assert "together they exceed the capacities" in result.reason
    else:
        assert "compute of node" in result.reason
    assert result.bound is None or math.isfinite(result.bound)
