"""`--objective`, and what reports and result files say of carbon, cost and limits on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt.problem.instance import Instance
from tests.command_line import SMALL, cells, run, tamper

WEIGHTS: dict[str, Any] = {
    **SMALL,
    "version": 2,
    "nodes": [
        {**SMALL["nodes"][0], "carbon": 1e-4, "price": 1.0},
        {**SMALL["nodes"][1], "carbon": 5e-3, "price": 0.01},
    ],
    "links": [{**SMALL["links"][0], "carbon": 1e-3, "price": 1e-9}],
    "applications": [{**SMALL["applications"][0], "max_latency": 1.0, "max_energy": 0.2}],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The small instance with weights."""
    path = tmp_path / "weights.json"
    path.write_text(json.dumps(WEIGHTS), encoding="utf-8")
    return path


@pytest.fixture
def plan(file: Path) -> Path:
    """Its placement of least carbon."""
    path = file.parent / "plan.json"
    assert run("solve", file, "--objective", "carbon", "-o", path).exit_code == 0
    return path


def test_solve_prints_what_is_minimised_and_the_others(file: Path) -> None:
    result = run("solve", file, "--objective", "carbon")
    assert result.exit_code == 0, result.output
    assert "OPTIMAL, carbon 10.2 µg, bound 10.2 µg, gap 0 %" in result.stdout
    assert "  energy    102 mJ per inference of 200 mJ (max_energy): compute 102 mJ" in result.stdout
    assert "  carbon    10.2 µg per inference\n  cost      0.051 per inference\n" in result.stdout
    assert "one more ms nothing" in result.stdout
    assert "OPTIMAL, cost 0.000851, bound" in run("solve", file, "--objective", "cost").stdout
    assert "OPTIMAL, energy 52.5 mJ, bound" in run("solve", file).stdout


def test_compare_has_a_column_of_it(file: Path) -> None:
    result = run("compare", file, "--objective", "cost", "--methods", "labels,milp")
    assert result.exit_code == 0, result.output
    header, *rows = result.stdout.splitlines()[1:]
    assert header.split()[:3] == ["method", "status", "cost"]
    assert [row.split()[2] for row in rows] == ["0.000851", "0.000851"]
    (row,) = json.loads(run("compare", file, "--objective", "carbon", "--methods", "fin", "--json").stdout)
    assert (row["objective"], row["unit"]) == (pytest.approx(1.02e-5), "g")


def test_the_result_file_says_it_and_check_believes_nothing(file: Path, plan: Path) -> None:
    written = json.loads(plan.read_text(encoding="utf-8"))
    assert written["minimised"] == "carbon"
    assert written["totals"] == pytest.approx({"power": 0.102, "carbon": 1.02e-5, "cost": 0.051})
    result = run("check", file, plan, "--independent")
    assert result.exit_code == 0, result.output
    assert "the independent judge says the same" in result.stdout
    row = next(line for line in result.stdout.splitlines() if line.startswith("app "))
    assert row.split()[-4:] == cells("10.2 µg 0.051")[-4:] or row.endswith("10.2 µg  0.051")

    tamper(plan, lambda data: data["totals"].update(cost=0.05))
    result = run("check", file, plan)
    assert result.exit_code == 1
    assert "the file states total cost 0.05 per second, it is 0.051 per second" in result.stdout
    tamper(plan, lambda data: data.pop("minimised"))
    assert "the file states energy 10.2 µJ, it is 102 mJ" in run("check", file, plan).stdout


def test_what_has_no_weights_is_written_as_before(tmp_path: Path) -> None:
    path, plan = tmp_path / "small.json", tmp_path / "plan.json"
    path.write_text(json.dumps(SMALL), encoding="utf-8")
    assert run("solve", path, "-o", plan).exit_code == 0
    assert not {"minimised", "totals"} & json.loads(plan.read_text(encoding="utf-8")).keys()
    result = run("solve", path, "--objective", "cost")
    assert result.exit_code == 2
    assert "objective 'cost' is 0 everywhere: no node or link of the instance has a 'price'" in result.output


def test_check_names_a_broken_limit(file: Path, plan: Path) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    data["applications"][0]["max_energy"] = 0.1
    file.write_text(json.dumps(data), encoding="utf-8")
    result = run("check", file, plan, "--independent")
    assert result.exit_code == 1
    assert "energy 0.102 J per inference exceeds the limit 0.1 J (max_energy) by 0.02 of it" in result.stdout
    assert "the independent judge says the same" in result.stdout
    assert "energy at most 100 mJ" in run("check", file).stdout


@pytest.fixture
def heavy(tmp_path: Path) -> Path:
    """The small instance with weights to move, at home before."""
    data = json.loads(json.dumps(SMALL))
    data["models"][0]["blocks"][1]["memory"] = 1e6
    data["applications"][0]["max_latency"] = 1.0
    path = tmp_path / "heavy.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    data["applications"][0]["pinned"] = {"b2": "device"}
    home = tmp_path / "home.json"
    home.write_text(json.dumps(data), encoding="utf-8")
    assert run("solve", home, "-o", tmp_path / "before.json").exit_code == 0
    return path


def test_moving_on_the_command_line(heavy: Path) -> None:
    before, plan = heavy.parent / "before.json", heavy.parent / "plan.json"
    options = ("--previous", before, "--moving-horizon", "2")
    result = run("solve", heavy, *options, "-o", plan)
    assert result.exit_code == 0, result.output
    assert "OPTIMAL, energy 92.5 mJ" in result.stdout
    assert "\n1 block moved, charged 40 mW\n" in result.stdout
    assert json.loads(plan.read_text(encoding="utf-8"))["moving"] == pytest.approx(0.04)
    assert "0 blocks moved\n" in run("solve", heavy, "--previous", before, "--moving-horizon", "1").stdout
    assert "1 block moved\n" in run("solve", heavy, "--previous", before).stdout

    result = run("check", heavy, plan)
    assert result.exit_code == 0, result.output
    assert "states what moving costs, which --previous tells; it is taken as stated" in result.stdout
    assert run("check", heavy, plan, *options, "--independent").exit_code == 0
    tamper(plan, lambda data: data.update(moving=0.03, objective=0.0825, bound=0.0825))
    assert run("check", heavy, plan).exit_code == 0
    result = run("check", heavy, plan, *options)
    assert result.exit_code == 1
    assert "the file states energy 82.5 mJ, it is 92.5 mJ" in result.stdout


def test_wrong_ways_to_say_what_runs_now(heavy: Path) -> None:
    before = heavy.parent / "before.json"
    result = run("solve", heavy, "--moving-horizon", "5")
    assert result.exit_code == 2
    assert "--moving-horizon needs --previous." in result.output
    result = run("solve", heavy, "--previous", before, "--moving-horizon", "0")
    assert result.exit_code == 2
    tamper(before, lambda data: data.update(placement=None, objective=None, status="NO_SOLUTION"))
    result = run("solve", heavy, "--previous", before)
    assert result.exit_code == 2
    assert "placement: holds no placement that anything could be moved from" in result.output
    result = run("solve", "instances/orlib/rcsp1.txt", "--previous", before)
    assert "--previous is for an instance; nothing is moved in a path problem." in result.output


def test_compare_names_the_file_that_has_no_prices(tmp_path: Path) -> None:
    priced, plain = tmp_path / "priced.json", tmp_path / "plain.json"
    instance = Instance.model_validate(SMALL)
    finopt.save(instance, plain)
    finopt.save(instance.replace(nodes=[node.replace(price=1.0) for node in instance.nodes]), priced)
    done = run("compare", priced, plain, "--methods", "fin", "--objective", "cost")
    assert done.exit_code == 2
    assert (
        f"{plain}: objective 'cost' is 0 everywhere: no node or link of the instance has a 'price' above 0"
        in done.output
    )
