"""Blocks and exits measured with a clock and a counter of energy that are made up."""

from __future__ import annotations

import csv
import io
import os
import signal
from collections.abc import Callable
from itertools import accumulate, chain, count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

import finopt
from finopt.io.importers.onnx import OnnxModel, read
from finopt.problem.errors import BackendError, InstanceError
from finopt.runtime import measure as measuring
from finopt.runtime.energy import rapl
from finopt.runtime.measure import measure
from tests.io.importers.onnx.small_models import (
    attention,
    branched,
    masked,
    model_of,
    recurrent,
    saved,
    value,
)

PARTS = ["early/one", "relu1", "early:two", "add", "final", "net"]
"""In the order in which they take turns: heads before the block that they hang on."""


@pytest.fixture(autouse=True)
def _no_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that runs the tests may have some."""
    monkeypatch.setattr(measuring, "rapl", lambda: None)


@pytest.fixture
def model(tmp_path: Path) -> OnnxModel:
    return read(saved(branched("batch"), tmp_path), blocks=3, shapes={"batch": 1})


def clock_of(durations: list[float]) -> Callable[[], float]:
    """A clock by which runs take so long, one after the other."""
    times = chain.from_iterable((0.0, duration) for duration in durations)
    return accumulate(times).__next__


def pressing(run: int) -> Callable[[], float]:
    """A clock by which every run takes a second, and during one of them Ctrl-C is pressed."""
    ticks = count()

    def clock() -> float:
        tick = next(ticks)
        if tick == 2 * run:
            os.kill(os.getpid(), signal.SIGINT)
        return float(tick)

    return clock


class Joules:
    """A counter that counts one joule more at every look."""

    def __init__(self) -> None:
        self.looks = count()

    def joules(self) -> float:
        return float(next(self.looks))


def test_parts_take_turns_and_medians_and_quartiles_are_of_their_own_runs(model: OnnxModel) -> None:
    durations = [part + 10.0 * turn for turn in range(5) for part in range(1, 7)]
    measured = measure(model, runs=5, clock=clock_of(durations))
    assert [one.name for one in measured.timings] == PARTS
    for part, timing in enumerate(measured.timings, 1):
        assert timing.seconds == pytest.approx([part + 10.0 * turn for turn in range(5)])
        assert timing.quartiles == pytest.approx((part + 10, part + 20, part + 30))
    assert measured.whole is not None and measured.whole.median == 26
    assert measured.parts_time == sum(range(21, 26))
    assert "median of 5 runs" in measured.source


def test_every_part_gets_the_tensor_that_the_parts_before_give(model: OnnxModel) -> None:
    parts = {part.name: part for part in measuring._parts(model, seed=3)}
    whole = dict(zip(model.outputs, parts["net"].give(), strict=True))
    for name in model.outputs:
        assert np.allclose(parts[name].give()[0], whole[name], rtol=1e-4)
    other = {part.name: part for part in measuring._parts(model, seed=4)}
    assert not np.allclose(other["final"].give()[0], whole["final"])


def test_energy_is_counted_or_stated_power_times_time_or_left_to_the_node(model: OnnxModel) -> None:
    durations = [2.0] * 12
    counted = measure(model, runs=2, clock=clock_of(durations), counter=Joules(), power=7.0)
    assert "counters" in counted.source and "RAPL" in counted.source
    assert [block.energy for block in counted.profile().blocks] == [1.0, 1.0, 1.0]
    stated = measure(model, runs=2, clock=clock_of(durations), power=7.0)
    assert "stated power 7 W x time" in stated.source
    assert [block.energy for block in stated.profile().blocks] == [14.0, 14.0, 14.0]
    neither = measure(model, runs=2, clock=clock_of(durations))
    assert "energy not measured" in neither.source
    assert [block.energy for block in neither.profile().blocks] == [None, None, None]


def test_the_profile_and_the_model_make_an_instance(model: OnnxModel) -> None:
    measured = measure(model, device="soc", runs=1, clock=clock_of([1e-3] * 6))
    profile = measured.profile()
    assert [entry.exit for entry in profile.exits] == ["early/one", "early:two", "final"]
    assert [entry.time for entry in profile.exits] == [1e-3, 1e-3, 1e-9]
    node = finopt.Node(id="phone", tier="mobile", compute=1e9, power=2.0, device="soc")
    app = finopt.Application(id="a", model="net", source="phone", max_latency=1.0, min_accuracy=0.7)
    instance = finopt.Instance(
        version=2,
        nodes=(node,),
        links=(),
        models=(model.model,),
        applications=(app,),
        profiles=(profile,),
    )
    result = finopt.solve(instance)
    assert result.objective == pytest.approx(2.0 * 3e-3, rel=1e-4)


def test_the_table_has_a_row_per_block_and_exit(model: OnnxModel) -> None:
    measured = measure(model, device="soc", runs=1, power=2.0, clock=clock_of([0.5] * 6))
    rows = list(csv.DictReader(io.StringIO(measured.csv())))
    assert [row["block"] for row in rows] == ["relu1", "add", "final", "", "", ""]
    assert [row["exit"] for row in rows] == ["", "", "", "early/one", "early:two", "final"]
    first = {**rows[0], "source": ""}
    assert first == {
        "model": "net",
        "device": "soc",
        "block": "relu1",
        "exit": "",
        "time_s": "0.5",
        "energy_j": "1.0",
        "q1_s": "0.5",
        "q3_s": "0.5",
        "source": "",
    }
    assert (rows[-1]["time_s"], rows[-1]["energy_j"], rows[-1]["q1_s"]) == ("1e-09", "", "")


def test_ctrl_c_ends_with_what_was_measured(model: OnnxModel) -> None:
    measured = measure(model, runs=5, clock=pressing(run=8))
    assert measured.interrupted
    assert [len(one.seconds) for one in measured.timings] == [2, 2, 2, 1, 1, 1]
    assert "median of 1 of 5 runs" in measured.source
    assert not measured.missing


def test_ctrl_c_in_the_first_round_leaves_out_what_was_not_measured(model: OnnxModel) -> None:
    measured = measure(model, runs=5, clock=pressing(run=2))
    assert measured.interrupted and measured.whole is None
    assert measured.missing == ["add", "final"]
    profile = measured.profile()
    assert [entry.block for entry in profile.blocks] == ["relu1"]
    assert [entry.exit for entry in profile.exits] == ["early/one"]  # without it the profile would be refused


def test_ctrl_c_before_any_block_was_measured(model: OnnxModel) -> None:
    with pytest.raises(KeyboardInterrupt):
        measure(model, clock=pressing(run=0))


def test_ctrl_c_while_it_warms_up(model: OnnxModel, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[Any] = []
    give = measuring._Part.give

    def noting(part: Any) -> list[Any]:
        turns.append(part)
        if len(turns) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return give(part)

    monkeypatch.setattr(measuring._Part, "give", noting)
    with pytest.raises(KeyboardInterrupt):
        measure(model)
    assert len(turns) == 5


@pytest.mark.parametrize("wrong", [{"runs": 0}, {"runs": True}, {"power": 0.0}, {"power": float("nan")}])
def test_arguments_out_of_range(model: OnnxModel, wrong: dict[str, Any]) -> None:
    with pytest.raises(InstanceError, match=next(iter(wrong))):
        measure(model, **wrong)


def test_what_onnxruntime_cannot_run_is_told(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Odd", ["y"], ["z"], domain="own")]
    odd = model_of(nodes, [value("x", [1, 7])], [value("z", [1, 3])])
    odd.opset_import.append(helper.make_opsetid("own", 1))
    with pytest.raises(InstanceError, match="cannot be run by onnxruntime"):
        measure(read(saved(odd, tmp_path)))


def test_an_input_without_random_values_is_told(tmp_path: Path) -> None:
    from onnx import TensorProto

    node = helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)
    texts = model_of([node], [value("x", [2], TensorProto.STRING)], [value("y", [2])])
    with pytest.raises(InstanceError, match="input 'x': cannot be drawn at random"):
        measure(read(saved(texts, tmp_path)))


def test_without_onnxruntime_the_extra_is_named(model: OnnxModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(BackendError, match=r"finopt\[onnx\]"):
        measure(model)


@pytest.mark.parametrize("made", [recurrent, masked, attention])
def test_other_models_are_measured(made: Callable[[], Any], tmp_path: Path) -> None:
    shapes = {"batch": 2} if made is attention else None
    found = read(saved(made(), tmp_path), shapes=shapes)
    assert measure(found, runs=1).missing == []


def zone(folder: Path, name: str, energy: int) -> Path:
    """A zone of counters."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "energy_uj").write_text(f"{energy}\n")
    (folder / "max_energy_range_uj").write_text("1000000\n")
    return folder


def test_counters_of_packages_are_added_and_may_begin_again(tmp_path: Path) -> None:
    first = zone(tmp_path / "intel-rapl:0", "package-0", 900_000)
    second = zone(tmp_path / "intel-rapl:1", "package-1", 0)
    core = zone(tmp_path / "intel-rapl:0:0", "core", 0)  # part of the package
    counter = rapl(tmp_path)
    assert counter is not None
    (first / "energy_uj").write_text("100000")
    (second / "energy_uj").write_text("50000")
    (core / "energy_uj").write_text("77777")
    assert counter.joules() == pytest.approx(0.2 + 0.05)
    assert counter.joules() == pytest.approx(0.2 + 0.05)
    (second / "energy_uj").write_text("60000")
    assert counter.joules() == pytest.approx(0.2 + 0.06)


def test_counters_that_are_missing_or_closed_are_none(tmp_path: Path) -> None:
    assert rapl(tmp_path) is None
    package = zone(tmp_path / "intel-rapl:0", "package-0", 5)
    (package / "energy_uj").unlink()
    (package / "energy_uj").mkdir()  # cannot be read, also by root
    assert rapl(tmp_path) is None
