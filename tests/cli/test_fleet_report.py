"""What is printed of many applications: totals and the largest, and the same for tuples and columns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import finopt
from finopt import ApplicationTable, Instance, Placement, PlacementTable, Result, Status, Termination
from finopt.cli import report
from finopt.cli.fleet_report import figures, prices, totals
from finopt.evaluation.bulk import evaluate_table
from finopt.evaluation.evaluate import evaluate_exactly
from finopt.io import result_file
from tests.command_line import cells, run
from tests.evaluation.test_bulk import crowd, placements

COUNT = 40
LOOSE, TIGHT = 6, 4
"""Seeds of instances in which nothing binds, and in which much does."""


def solved(seed: int) -> tuple[Instance, Result]:
    """An instance with its applications in a table, and a result for it."""
    plain = crowd(seed, COUNT)
    placed = placements(plain, seed, trouble=0.0)
    instance = plain.model_copy(update={"applications": ApplicationTable.of(plain.applications)})
    table = PlacementTable.of(placed)
    evaluation = evaluate_table(instance, table)
    result = Result(
        Status.FEASIBLE,
        Termination.COMPLETED,
        "fin",
        placement=Placement(table),
        objective=evaluation.objective,
        evaluation=evaluation,
    )
    return instance, result


@pytest.mark.parametrize("seed", range(6))
def test_columns_of_tuples_and_tables_are_the_same(seed: int) -> None:
    instance, result = solved(seed)
    assert result.placement is not None
    exact = evaluate_exactly(instance, tuple(result.placement.applications))
    assert result.evaluation is not None
    one, other = figures(instance, result.evaluation.applications), figures(instance, exact.applications)
    for name in one._fields:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)
    assert totals(instance, result.evaluation) == totals(instance, exact)


def test_totals_add_up() -> None:
    instance, result = solved(LOOSE)
    assert result.evaluation is not None
    text = totals(instance, result.evaluation)
    lines = text.splitlines()
    assert lines[0] == f"{COUNT} applications"
    power = next(line for line in lines if line.strip().startswith("power"))
    assert power.endswith(report.quantity(result.objective, "W", 5))
    start = next(i for i, line in enumerate(lines) if line.startswith("model"))
    counted = [int(line.split()[-1]) for line in lines[start + 1 : lines.index("", start)]]
    assert sum(counted) == COUNT
    assert len(re.findall(r"\d+ of \d+ ", text)) == len({node.tier for node in instance.nodes})


def test_a_plan_of_many_applications_is_short_and_names_the_largest() -> None:
    instance, result = solved(LOOSE)
    text = report.plan(instance, result)
    assert len(text.splitlines()) < 80
    assert result.evaluation is not None
    largest = max(result.evaluation.applications, key=lambda item: item.power)
    assert f"\n{largest.application} " in text[text.index("most power:") :]
    assert "utilisation" in text
    assert "scarce" not in text
    assert "% of limit" in report.comparison(instance, {"fin": result}).replace("  ", " ")


def test_violations_are_counted_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    instance, result = solved(TIGHT)
    assert result.evaluation is not None
    count = len(result.evaluation.violations)
    assert count > 3
    monkeypatch.setattr(report, "LISTED", 3)
    text = report.account(instance, result.evaluation)
    assert f"violations: {count}" in text
    assert text.endswith(f"... and {count - 3} more violations")


def test_prices_are_listed_by_what_a_hundredth_more_saves() -> None:
    instance, result = solved(LOOSE)
    node = instance.nodes[0]
    link = instance.directed_links[0]
    rows: list[dict[str, Any]] = [
        {"kind": "bandwidth", "id": link.id, "price": 1.0 / link.bandwidth, "unit": "bit/s"},
        {"kind": "compute", "id": node.id, "price": 200.0 / node.compute, "unit": "op/s"},
        {"kind": "memory", "id": node.id, "price": 1e-9, "unit": "byte"},  # without a limit: worth nothing
    ]
    text = prices(instance, rows, shown=2)
    assert [cells(line)[:2] for line in text.splitlines()[1:3]] == [
        [node.id, "compute"],
        [link.id, "bandwidth"],
    ]
    assert text.splitlines()[1].endswith("  2 W")
    assert text.endswith("... and 1 more scarce resources")
    priced = Result(
        result.status, result.termination, "fin", placement=result.placement, stats={"prices": rows}
    )
    assert "W per op/s" in report.plan(instance, priced)


def test_nothing_that_can_be_evaluated() -> None:
    instance, _ = solved(LOOSE)
    strangers = tuple(finopt.ApplicationPlacement(f"x{i}", 0, ("nowhere",), ((),)) for i in range(COUNT))
    evaluation = evaluate_table(instance, PlacementTable.of(strangers))
    assert totals(instance, evaluation) == "no application could be evaluated"


# ---------------------------------------------------------------- the command line


def test_check_evaluates_a_table_of_placements_of_a_table_of_applications(tmp_path: Path) -> None:
    instance, result = solved(LOOSE)
    finopt.save(instance, tmp_path / "many.json")
    (tmp_path / "plan.json").write_text(result_file.write(result, instance), encoding="utf-8")
    held = run("check", tmp_path / "many.json")
    assert held.exit_code == 0
    assert f"... and {COUNT - report.SHOWN} more applications" in held.output
    checked = run("check", tmp_path / "many.json", tmp_path / "plan.json")
    assert checked.exit_code == 0
    assert checked.output.startswith(f"{COUNT} applications\n")
    assert checked.output.endswith("\nfeasible\n")


def test_solve_and_compare_take_a_table(tmp_path: Path) -> None:
    plain = finopt.load("instances/paper/b-alexnet-cifar10.json")
    assert isinstance(plain, Instance)
    table = ApplicationTable.of(plain.applications)
    finopt.save(plain.model_copy(update={"applications": table}), tmp_path / "one.json")
    answer = run("solve", tmp_path / "one.json", "--method", "labels")
    assert answer.exit_code == 0
    assert "energy 100.14 mJ" in answer.output
    assert run("compare", tmp_path / "one.json", "--methods", "labels,mcp").exit_code == 0


def test_a_broken_table_ends_with_its_rows_and_exit_code_2(tmp_path: Path) -> None:
    instance, _ = solved(LOOSE)
    finopt.save(instance, tmp_path / "many.json")
    lines = (tmp_path / "many.csv").read_text().splitlines()
    lines[7] = lines[7].replace("device", "devise")
    (tmp_path / "many.csv").write_text("\n".join(lines))
    answer = run("check", tmp_path / "many.json")
    assert answer.exit_code == 2
    assert "many.csv row 7, column source: application 'h6': no such node, got 'devise'" in answer.output
