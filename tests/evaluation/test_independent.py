"""The second judge shares nothing with the package and says the same, of every combination of features."""

from __future__ import annotations

import ast
import json
import math
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt import ApplicationPlacement, Instance, Placement
from finopt.evaluation import independent, independent_reading
from finopt.evaluation.account import Evaluation
from finopt.evaluation.evaluate import evaluate_exactly
from finopt.evaluation.independent import Verdict, judge
from finopt.evaluation.result import Result, Runtime
from finopt.evaluation.second_opinion import disagreements
from finopt.io import instance_file, result_file
from finopt.problem.placement_table import PlacementTable
from finopt.problem.status import Status, Termination
from tests.conformance import seeds
from tests.crowded_instances import crowded_instance
from tests.evaluation.test_bulk import placements
from tests.evaluation.test_bulk_version2 import SHARED, combinations, fleet
from tests.oracle import optimum
from tests.random_instances import random_instance
from tests.version2_instances import version2_instance

SOURCE = Path(independent.__file__).read_text(encoding="utf-8")
READING = Path(independent_reading.__file__).read_text(encoding="utf-8")


def imported(source: str) -> set[str | None]:
    return {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def test_it_imports_nothing_of_the_package_and_is_short() -> None:
    """But for what reads for it, which imports nothing of the package at all."""
    names = imported(SOURCE) - {independent_reading.__name__} | imported(READING)
    assert all(name and name.split(".")[0] in sys.stdlib_module_names for name in names)
    assert len(SOURCE.splitlines()) <= 340


def verdict(instance: Instance, placed: Sequence[ApplicationPlacement] | PlacementTable) -> Verdict:
    """What the judge says of the files that the package writes."""
    result = Result(
        status=Status.FEASIBLE,
        termination=Termination.COMPLETED,
        method="drawn",
        solver="",
        placement=Placement(placed),
        path=None,
        objective=None,
        bound=None,
        runtime=Runtime(0.0, 0.0),
    )
    return judge(
        json.loads(instance_file.write(instance)), json.loads(result_file.write(result))["placement"]
    )


def agrees(instance: Instance, placed: Sequence[ApplicationPlacement]) -> Evaluation:
    """Both judges, and the columns, say the same; returns what it is."""
    exact = evaluate_exactly(instance, placed)
    own = verdict(instance, tuple(placed))
    assert list(disagreements(exact, own)) == []
    try:
        table = PlacementTable.of(placed)
    except ValueError:
        return exact
    in_columns = verdict(instance, table)
    assert vars(in_columns) == vars(own)
    return exact


@combinations(range(2 * SHARED))
def test_every_combination_of_features(seed: int) -> None:
    instance = fleet(seed)
    for trouble in (0.0, 0.2, 0.6):
        agrees(instance, placements(instance, seed, trouble))


@seeds(400, 40, quick=40)
def test_many_placements_good_and_bad(chunk: Iterable[int]) -> None:
    seen: set[str] = set()
    for seed in chunk:
        instance = fleet(seed, 3 + seed % 5)
        for i in range(10):
            account = agrees(instance, placements(instance, 10**6 + 10 * seed + i, i % 5 / 5))
            seen |= {violation.rule for violation in account.violations}
    assert {"accuracy", "private", "pin", "allowed", "device", "latency", "placed", "configuration"} <= seen


def test_every_rule_is_among_those_that_the_placements_break() -> None:
    seen = set()
    for features in range(0, 2 * SHARED, 5):
        instance = fleet(features, 4)
        for seed in range(10):
            seen |= {rule for rule, _, _ in verdict(instance, placements(instance, seed, 0.5)).broken}
    assert seen == {
        *("placed", "configuration", "blocks", "node", "link", "accuracy", "route", "private", "pin"),
        *("allowed", "device", "result", "latency", "compute", "memory", "bandwidth"),
        *("energy", "carbon", "cost"),
    }


@pytest.mark.parametrize("seed", range(0, 2 * SHARED, 15))
def test_in_double_precision_too(seed: int) -> None:
    instance = fleet(seed, 350)
    placed = placements(instance, seed, trouble=0.1)
    found = finopt.evaluate(instance, Placement(placed))
    assert not isinstance(found.applications, tuple)
    assert list(disagreements(found, verdict(instance, placed))) == []


@pytest.mark.parametrize("draw", [random_instance, version2_instance])
@pytest.mark.parametrize("start", [0, 40])
def test_it_finds_the_optima_of_the_oracle_feasible(draw: Any, start: int) -> None:
    for seed in range(start, start + 40):
        instance = draw(seed)
        best = optimum(instance)
        if best.placement is not None and best.objective is not None:
            own = verdict(instance, best.placement.applications)
            assert own.broken == set()
            assert own.power is not None and math.isclose(own.power, best.objective, rel_tol=1e-12)


def test_answers_of_several_applications() -> None:
    for seed in range(20):
        instance = crowded_instance(seed)
        result = finopt.solve(instance)
        if result.placement is not None and result.evaluation is not None:
            own = verdict(instance, result.placement.applications)
            assert list(disagreements(result.evaluation, own)) == []


def test_a_wrong_figure_and_a_missing_rule_are_named() -> None:
    instance = fleet(5, 3)
    placed = placements(instance, 1, 0.0)
    right, own = evaluate_exactly(instance, placed), verdict(instance, placed)
    name = random.Random(0).choice(sorted(own.energy))
    own.energy[name] *= 1 + independent.LIMIT / 10**9
    own.broken ^= {("pin", "application", name)}
    first, second = disagreements(right, own)
    assert first.startswith(f"the energy of application {name!r} is ")
    assert second == f"application {name!r} breaks rule 'pin'"
