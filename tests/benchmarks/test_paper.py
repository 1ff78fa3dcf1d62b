"""benchmarks/paper.py: the scenario, the fixed plans, the orders of choosing, and the report as a whole."""

from __future__ import annotations

import csv
import statistics
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import paper
from paper_study import fixed_plans, grid, published, report, thresholds, users
from paper_study.scenario import NETWORKS, allotted, limited, shared, sliced

import finopt
from finopt.problem.placement import Placement
from finopt.problem.status import Status

ALEXNET, LENET = NETWORKS[0], NETWORKS[-1]


def by_method(limit: float, target: float) -> dict[str, grid.Row]:
    return {row["method"]: row for row in grid.answers(ALEXNET.at(limit, target))}


def test_every_method_answers_at_a_point_of_the_grid() -> None:
    rows = by_method(5e-3, 0.8)
    assert tuple(rows) == grid.METHODS
    for name in ("milp", "cspp", "fin"):
        assert rows[name]["energy_j"] == pytest.approx(0.10014, abs=5e-5)
    assert rows["mcp"]["energy_j"] == pytest.approx(0.16378, abs=5e-5)
    for row in rows.values():
        if row["status"] not in ("INFEASIBLE", "NO_SOLUTION"):
            parts = row["compute_j"] + row["communication_j"]
            assert parts == pytest.approx(row["energy_j"], rel=1e-12)


def test_fixed_plans_are_what_their_names_say() -> None:
    rows = by_method(15e-3, 0.8)
    assert rows["all on device"]["nodes"] == "device " * 4 + "device"
    assert rows["all on edge"]["nodes"] == "device " + "edge " * 3 + "edge"
    assert rows["all in cloud"]["nodes"] == "device " + "cloud " * 3 + "cloud"
    assert by_method(5e-3, 0.8)["all on device"]["status"] == "INFEASIBLE"  # 8.3 ms


def test_the_best_single_split_is_the_best_of_all() -> None:
    """Against all placements of at most two nodes, found by trying every split by hand."""
    instance = ALEXNET.at(5e-3, 0.8)
    application = instance.applications[0]
    found = fixed_plans.best(instance, application, fixed_plans.single_split)
    energies = []
    for placed in fixed_plans.single_split(instance, application):
        evaluation = finopt.evaluate(instance, Placement((placed,)))
        if evaluation.feasible:
            energies.append(evaluation.objective)
    assert found.power == min(energies)
    assert len(energies) > 3


def test_slices_share_what_is_allotted_equally() -> None:
    instance = sliced(4)
    assert len(instance.applications) == 12
    edge = {node.id: node.compute for node in instance.nodes if node.tier == "edge"}
    for kind, share in allotted().items():
        own = [compute for name, compute in edge.items() if name.startswith(f"edge-{kind}")]
        assert own == pytest.approx([153.4e12 * share / 4] * 4)
    evaluation = finopt.evaluate(instance, finopt.solve(instance).placement)
    assert evaluation.feasible


def test_many_users_overload_what_fixed_plans_choose() -> None:
    rows = {row["method"]: row for row in users.answers(shared(40, users.RATE))}
    assert rows["fin"]["status"] in ("OPTIMAL", "FEASIBLE")
    assert rows["fin"]["power_w"] == pytest.approx(rows["milp"]["power_w"], rel=1e-4)
    assert rows["best single split"]["status"] == "OVERLOAD"
    assert rows["best single split"]["largest_load"] > 1
    assert rows["fin"]["largest_load"] <= 1 + 1e-9


def test_choosing_together_is_never_worse() -> None:
    file, _, limits, targets = thresholds.CASES[0]
    instance = finopt.load(f"instances/early_exit/{file}.json")
    for limit in limits[::2]:
        rows = list(thresholds.answers(limited(instance, limit, targets[-1])))
        together = rows[0].get("energy_j")
        others = [row["energy_j"] for row in rows[1:] if row.get("energy_j") is not None]
        assert together is None or all(together <= other * (1 + 1e-9) for other in others)
        assert together is not None or not others


def test_savings_are_means_over_points_that_both_solve() -> None:
    rows = [
        row | {"network": "n", "sweep": "latency", "max_latency_s": limit, "min_accuracy": 0.8}
        for limit in (3e-3, 15e-3)
        for row in grid.answers(ALEXNET.at(limit, 0.8))
    ]
    assert grid.savings(rows, "mcp") == pytest.approx([1 - 117.4 / 163.8, 1 - 49.71 / 163.8], abs=1e-3)
    assert len(grid.savings(rows, "all on device")) == 1


def test_a_wrong_answer_of_fin_is_found() -> None:
    at = {"network": "n", "sweep": "latency", "max_latency_s": 1.0, "min_accuracy": 0.5}
    right = [at | {"method": m, "energy_j": 1.0} for m in ("milp", "fin")]
    assert paper._verdict(right) == 0
    assert paper._verdict([right[0], right[1] | {"energy_j": 1.1}]) == 1
    assert paper._verdict([right[0], right[1] | {"energy_j": None}]) == 1


@pytest.mark.slow
def test_the_whole_run(tmp_path, capsys) -> None:
    """All tables and pictures; the claims hold and FIN equals the optimum everywhere."""
    assert paper.main(["--output", str(tmp_path)]) == 0
    text = (tmp_path / "paper.md").read_text(encoding="utf-8")
    assert "| FIN matches the optimum | largest difference 0 % at 135 points" in text
    with (tmp_path / "grid.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(grid.METHODS) * sum(len(list(network.points())) for network in NETWORKS)
    for network in NETWORKS:
        own = [row | {"energy_j": float(row["energy_j"]) if row["energy_j"] else None} for row in rows]
        saved = grid.savings(grid.where(own, network=network.name), "mcp")
        assert statistics.mean(saved) >= report.CLAIMED
    names = {path.name for path in tmp_path.iterdir()}
    assert "slices.csv" in names
    drawn = [*(network.key for network in NETWORKS), "users", "thresholds", "placement", "front"]
    assert names >= {f"{name}.{ending}" for name in drawn for ending in ("png", "svg")}


def test_statuses_are_those_of_the_package() -> None:
    assert {row["status"] for row in by_method(1e-3, 0.8).values()} == {str(Status.INFEASIBLE)}


# --- FIN as published ---


def found_rows(published: dict[float, float | None], method: str = "published, gamma 3") -> list[grid.Row]:
    """The optimum is 1 J at every limit; the answers of FIN as published at each."""
    at = {"network": ALEXNET.name, "sweep": "latency", "min_accuracy": 0.8}
    optimum = {"method": grid.OPTIMUM, "energy_j": 1.0}
    return [
        at | {"max_latency_s": limit} | row
        for limit, energy in published.items()
        for row in (optimum, {"method": method, "energy_j": energy})
    ]


def test_fin_as_published_is_on_the_grid_with_the_gammas_of_the_authors() -> None:
    rows = by_method(5e-3, 0.8)
    assert list(grid.PUBLISHED) == [f"published, gamma {gamma}" for gamma in (3, 10, 20)]
    for name in grid.PUBLISHED:
        assert rows[name]["status"] in (str(Status.FEASIBLE), str(Status.NO_SOLUTION))
        energy = rows[name].get("energy_j")
        assert energy is None or energy >= rows["milp"]["energy_j"] * (1 - 1e-9)
    assert rows["published, gamma 3"]["status"] == str(Status.NO_SOLUTION)
    assert rows["published, gamma 20"]["energy_j"] == pytest.approx(0.10718, abs=5e-5)


def test_what_published_fin_finds_is_counted_where_the_optimum_has_a_plan() -> None:
    rows = found_rows({1.0: 1.0, 2.0: 1.5, 3.0: None, 4.0: 1 + 1e-12})
    rows += [rows[0] | {"max_latency_s": 5.0, "energy_j": None}, rows[1] | {"max_latency_s": 5.0}]
    own = published.found(rows, "published, gamma 3")
    assert (own.points, own.matched, own.lost, own.worst) == (4, 2, 1, "50 %")
    assert own.gaps == [0.0, 0.5, 0.0]


def test_the_report_says_whether_published_fin_matches_the_optimum() -> None:
    matching = [row for name in grid.PUBLISHED for row in found_rows({1.0: 1.0, 2.0: 1.0}, name)]
    assert "It matches the optimum at every point" in published.section(matching)
    assert [line[2] for line in published.claims(matching)] == ["yes"] * 3
    short = matching[:2] + found_rows({2.0: None}) + matching[4:]
    text = published.section(short)
    assert "these three stages alone do so at 50 % of the points with gamma 3 (mean distance 0 %)" in text
    assert "1 of 2 [1 lost] | 0 % | 2 of 2 | 0 % | 2 of 2 | 0 %" in text
    claims = [line[1:] for line in published.claims(short)]
    assert claims[0] == ["at 1 of 2 points; at most 0 % above it, 1 lost", "no, see below"]
    assert claims[1][1] == "yes"
