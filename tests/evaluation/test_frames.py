"""Evaluations as tables of pandas: the same figures by hand, by objects and by columns."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np
import pytest

import finopt
from finopt.evaluation.bulk import evaluate_table
from finopt.evaluation.evaluate import evaluate_exactly
from finopt.evaluation.frames import What
from finopt.problem.errors import BackendError
from finopt.problem.placement_table import PlacementTable
from tests.command_line import SMALL
from tests.version2_instances import version2_instance

pd = pytest.importorskip("pandas")


@pytest.fixture
def small() -> finopt.Instance:
    return finopt.Instance.model_validate(SMALL)


def test_figures_by_hand(small: finopt.Instance) -> None:
    evaluation = finopt.solve(small, "labels").evaluation
    assert evaluation is not None
    (row,) = evaluation.to_frame().to_dict("records")
    assert (row["application"], row["configuration"], row["accuracy"]) == ("app", 1, 0.85)
    joules = {"energy": 0.0525, "compute_energy": 0.052, "communication_energy": 0.0005, "power": 0.0525}
    seconds = {"latency": 0.012, "compute_latency": 0.011, "communication_latency": 0.001}
    for name, value in (joules | seconds | {"carbon": 0.0, "cost": 0.0}).items():
        assert row[name] == pytest.approx(value, rel=1e-12), name
    nodes = evaluation.to_frame("nodes").set_index("node")
    assert nodes.loc["device", "compute"] == pytest.approx(1e6)
    assert nodes.loc["edge", "compute_utilisation"] == pytest.approx(5e7 / 1e10)
    assert nodes.loc["edge", "memory_capacity"] == math.inf
    links = evaluation.to_frame("links").set_index("link")
    assert links.loc["device->edge"].tolist() == pytest.approx([5e4, 1e8, 5e4 / 1e8])


@pytest.mark.parametrize("what", ["applications", "nodes", "links"])
@pytest.mark.parametrize("seed", range(6))
def test_columns_are_those_of_the_exact_accounts(what: What, seed: int) -> None:
    instance = version2_instance(seed)
    placed = finopt.solve(instance, "fin").placement
    if placed is None:
        pytest.skip("no placement")
    exact = evaluate_exactly(instance, placed.applications).to_frame(what)
    bulk = evaluate_table(instance, PlacementTable.of(placed.applications)).to_frame(what)
    pd.testing.assert_frame_equal(exact, bulk, rtol=1e-12, check_dtype=False)


def test_many_applications_are_not_made_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = finopt.generate_fleet(400, 40, 4, 1, seed=1)
    result = finopt.solve(fleet, "fin")
    assert result.evaluation is not None

    def never(*arguments: Any) -> Any:
        raise AssertionError("an application was made")

    monkeypatch.setattr(type(result.evaluation.applications), "__getitem__", never)
    table = result.to_frame(fleet)
    assert len(table) == 400
    assert table["application"].iloc[399] == "app399"
    assert math.fsum(table["power"]) == pytest.approx(result.objective, rel=1e-12)
    assert np.allclose(table["energy"], table["compute_energy"] + table["communication_energy"])
    assert np.allclose(table["latency"], table["compute_latency"] + table["communication_latency"])


def test_a_result_from_a_file_is_evaluated_anew(small: finopt.Instance, tmp_path: Any) -> None:
    result = finopt.solve(small, "labels")
    result.save(tmp_path / "plan.json")
    loaded = finopt.load(tmp_path / "plan.json")
    assert isinstance(loaded, finopt.Result)
    pd.testing.assert_frame_equal(loaded.to_frame(small, "nodes"), result.to_frame(small, "nodes"))


def test_no_placement_no_table(small: finopt.Instance) -> None:
    late = small.with_application("app", max_latency=0.001)
    with pytest.raises(ValueError, match="holds no placement, its status is INFEASIBLE"):
        finopt.solve(late, "labels").to_frame(late)


def test_an_unknown_table_is_named(small: finopt.Instance) -> None:
    evaluation = finopt.solve(small, "labels").evaluation
    assert evaluation is not None
    with pytest.raises(ValueError, match="must be 'applications' or 'nodes' or 'links', got 'blocks'"):
        evaluation.to_frame("blocks")  # type: ignore[arg-type]


def test_without_pandas_one_line_says_what_to_install(
    small: finopt.Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = finopt.solve(small, "labels").evaluation
    assert evaluation is not None
    usual = builtins.__import__

    def missing(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "pandas":
            raise ImportError("No module named 'pandas'")
        return usual(name, *arguments, **options)

    monkeypatch.setattr("finopt.problem.extras.import_module", missing)
    with pytest.raises(BackendError, match="to_frame needs pandas"):
        evaluation.to_frame()
