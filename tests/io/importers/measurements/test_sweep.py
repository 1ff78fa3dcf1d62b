"""Sweeps of thresholds become configurations; every mistake is named by row and column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt import Configuration, InstanceError
from finopt.io.importers.measurements import read_sweep
from tests.io.importers.measurements.files import BRANCHYNET, NET, SWEEP

ROOT = Path(__file__).parents[4]


def written(folder: Path, text: str) -> Path:
    path = folder / "sweep.csv"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str, exits: Any = NET, **options: Any) -> list[str]:
    with pytest.raises(InstanceError) as error:
        read_sweep(written(folder, text), exits, **options)
    return [str(problem) for problem in error.value.problems]


def test_rows_become_configurations(tmp_path: Path) -> None:
    sweep = read_sweep(written(tmp_path, SWEEP), NET)
    assert sweep.configurations == (
        Configuration(exits=("out",), shares=(1.0,), accuracy=0.8),
        Configuration(exits=("early", "out"), shares=(0.25, 0.75), accuracy=0.79),
        Configuration(exits=("early", "out"), shares=(0.5, 0.5), accuracy=0.76),
    )
    assert [dict(row.thresholds) for row in sweep.rows] == [{}, {"early": 0.9}, {"early": 0.7}]
    assert [row.row for row in sweep.rows] == [1, 2, 3]


def test_columns_may_come_in_any_order_for_exits_come_in_that_of_the_model(tmp_path: Path) -> None:
    text = "share_out,name,accuracy,share_early\n0.75,a,0.79,0.25\n"
    sweep = read_sweep(written(tmp_path, text), NET.exits)
    assert sweep.configurations[0].exits == ("early", "out")
    assert sweep.notes == ("columns that are not read: name",)


def test_final_stands_for_the_last_exit(tmp_path: Path) -> None:
    text = SWEEP.replace("share_out", "share_final")
    assert read_sweep(written(tmp_path, text), NET) == read_sweep(written(tmp_path, SWEEP), NET)
    assert read_sweep(written(tmp_path, text)).configurations[0].exits == ("final",)


def test_a_setting_that_comes_again_is_listed_once(tmp_path: Path) -> None:
    sweep = read_sweep(written(tmp_path, SWEEP + "0.8,,1,\n"), NET)
    assert len(sweep.rows) == 3
    assert sweep.notes == ("1 settings equal an earlier one",)


def test_every_mistake_is_named(tmp_path: Path) -> None:
    text = (
        "accuracy,share_early,share_out,threshold_early\n"
        "79,0.25,0.75,0.9\n"
        ",0.25,0.75,0.9\n"
        "0.79,0.5,0.75,0.9\n"
        "0.79,,,\n"
        "0.79,x,1,inf\n"
        "0.79,0.5\n"
    )
    assert problems(tmp_path, text) == [
        "row 1, column accuracy: must be from 0 to 1; divide percentages by 100, got '79'",
        "row 2, column accuracy: is required",
        "row 3: shares must sum to at most 1, got 1.25",
        "row 4: has no share of any exit",
        "row 5, column share_early: must be a number, got 'x'",
        "row 6: has 2 cells, the header has 4",
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("acuracy,share_out", "column accuracy: is required; did you mean 'acuracy'?"),
        ("accuracy,early,out", "header: needs a column share_<exit> for every exit"),
        (
            "accuracy,share_erly,share_out",
            "column 'share_erly': no such exit, got 'erly'; did you mean 'early'?",
        ),
        ("accuracy,share_out,threshold_early", "column 'threshold_early': has no column of shares beside it"),
    ],
)
def test_what_is_wrong_with_the_header(tmp_path: Path, header: str, expected: str) -> None:
    row = ",".join("1" for _ in header.split(","))
    found = problems(tmp_path, f"{header}\n{row}\n")
    assert any(problem.startswith(expected) for problem in found), found


def test_branchynets_percentages_are_read_by_order_of_the_exits(tmp_path: Path) -> None:
    sweep = read_sweep(written(tmp_path, BRANCHYNET), NET)
    assert sweep.configurations == (
        Configuration(exits=("early", "out"), shares=(0.7157, 0.2843), accuracy=0.992),
        Configuration(exits=("early",), shares=(1.0,), accuracy=0.9862),
    )
    assert sweep.rows[0].thresholds == {"early": 0.0001}


@pytest.mark.parametrize(
    ("name", "instance"),
    [
        ("branchynet_sweep_alex_cifar10", "b-alexnet-cifar10-worst"),
        ("branchynet_sweep_lenet_mnist", "b-lenet-mnist-worst"),
    ],
)
def test_the_shipped_sweeps_give_the_configurations_of_the_shipped_instances(
    name: str, instance: str
) -> None:
    model = finopt.load(ROOT / "instances" / "early_exit" / f"{instance}.json").models[0]
    sweep = read_sweep(ROOT / "instances" / "data" / "early_exit" / f"{name}.csv", model)
    assert sweep.configurations == model.configurations


def test_what_is_wrong_with_branchynets_header(tmp_path: Path) -> None:
    other = BRANCHYNET + "CPU,B-AlexNet,78.94,1,1,0.1,40;30;30\n"
    assert "several networks have shares" in problems(tmp_path, other)[0]
    assert problems(tmp_path, other, network="B-AlexNet") == [
        "row 5, column exit_pct: needs 2 shares, one per exit, got 3"
    ]
    assert "holds no setting" in problems(tmp_path, BRANCHYNET, network="B-VGG")[0]
    wrong = BRANCHYNET.replace("71.57;28.43", "71.57;x", 1).replace("100.0;0.0", "99;9")
    assert problems(tmp_path, wrong) == [
        "row 2, column exit_pct: must be a number, got 'x'",
        "row 3, column exit_pct: shares must sum to at most 100, got 108",
    ]


@pytest.mark.parametrize("row", ["0.7", "0.7,,", "x,0.5,0.5", "0.7,0.5,0.6"])
def test_so_many_wrong_rows_that_they_are_not_kept_are_wrong_all_the_same(tmp_path: Path, row: str) -> None:
    path = written(tmp_path, "accuracy,share_early,share_out\n" + f"{row}\n" * 1500 + "0.8,0.5,0.5\n")
    with pytest.raises(InstanceError) as caught:
        read_sweep(path)
    assert len(caught.value.problems) + caught.value.omitted == 1000
