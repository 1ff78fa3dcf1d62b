"""What `finopt compare` writes for programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from finopt.cli.comparison import COLUMNS
from tests.command_line import Write, run

ORLIB = "instances/orlib/rcsp5.txt"


def test_json_is_a_row_per_file_and_method_and_nothing_else(write: Write) -> None:
    first, second = write("first.json"), write("second.json", rate=2.0)
    result = run("compare", first, second, "--methods", "labels,fin", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    rows = json.loads(result.stdout)
    assert [(row["file"], row["method"]) for row in rows] == [
        *((first, "labels"), (first, "fin"), (second, "labels"), (second, "fin"))
    ]
    assert all(tuple(row) == COLUMNS for row in rows)
    row = rows[0]
    assert (row["instance"], row["status"], row["termination"]) == ("small", "OPTIMAL", "COMPLETED")
    assert (row["objective"], row["unit"]) == (pytest.approx(0.0525), "J")
    assert (row["latency_s"], row["latency_share"]) == (pytest.approx(0.012), pytest.approx(0.24))
    assert row["accuracy"] == 0.85
    assert (rows[2]["objective"], rows[2]["unit"]) == (pytest.approx(0.105), "W")


def test_csv_has_the_same_rows(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    result = run("compare", write(), "--methods", "labels,mcp", "--output", path, "--json")
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert tuple(rows[0]) == COLUMNS
    told = [{key: "" if v is None else str(v) for key, v in row.items()} for row in json.loads(result.stdout)]
    assert rows == told


def test_with_output_the_tables_are_printed_as_well(write: Write, tmp_path: Path) -> None:
    result = run("compare", write(), "--methods", "labels", "--output", tmp_path / "rows.json")
    assert "labels  OPTIMAL" in result.stdout
    assert len(json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))) == 1


def test_a_method_that_gives_no_result_has_a_row_with_the_reason() -> None:
    result = run("compare", ORLIB, "--methods", "fin,labels", "--output", "-")
    refused, solved = json.loads(result.stdout)
    assert (refused["method"], refused["status"]) == ("fin", None)
    assert "levels for one or two resources" in refused["reason"]
    assert (solved["status"], solved["unit"], solved["accuracy"]) == ("OPTIMAL", None, None)


def test_infeasible_has_no_objective_and_ends_with_1(write: Write) -> None:
    result = run("compare", write(max_latency=0.011), "--methods", "labels", "--json")
    assert result.exit_code == 1
    (row,) = json.loads(result.stdout)
    assert (row["status"], row["objective"], row["bound"], row["latency_s"]) == (
        "INFEASIBLE",
        None,
        None,
        None,
    )


def test_the_name_of_the_file_says_its_kind(write: Write) -> None:
    result = run("compare", write(), "--output", "rows.txt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'rows.txt' must end in .json or .csv." in result.stderr
