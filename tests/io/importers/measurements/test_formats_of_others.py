"""PORTEND, PipeEdge and trtexec: the figures that come out, and what is said of files that are wrong."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from finopt import InstanceError
from finopt.io.importers import measurements
from finopt.problem.profile import Profile
from tests.io.importers.measurements.files import (
    DEVICE_TYPES,
    MODELS,
    NET,
    PARTITIONS,
    PORTEND,
    TRTEXEC,
)

KNOWN = {"net": NET}
PORTEND_NAME = "g5.xlarge/profiling_partition_net_CIFAR10.txt"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def times(profile: Profile) -> dict[str, float]:
    return {one.block: round(one.time, 9) for one in profile.blocks} | {
        one.exit: round(one.time, 9) for one in profile.exits
    }


def problems(path: Path, **options: Any) -> list[str]:
    with pytest.raises(InstanceError) as error:
        measurements.read(path, **{"models": KNOWN, **options})
    return [str(problem) for problem in error.value.problems]


# ---------------------------------------------------------------- PORTEND


@pytest.mark.parametrize("text", [PORTEND, json.dumps(PARTITIONS)], ids=["string of JSON", "JSON"])
def test_blocks_of_portend_are_differences_of_partitions(tmp_path: Path, text: str) -> None:
    measured = measurements.read(written(tmp_path, PORTEND_NAME, text), models=KNOWN)
    (profile,) = measured.profiles
    assert (profile.model, profile.device) == ("net", "g5.xlarge")
    # block 2 alone: T(2,3) - T(3,3) = 4 ms; the last block keeps its exit
    assert times(profile) == {"conv": 0.003, "early": 0.001, "mid": 0.004, "dense": 0.002, "out": 1e-9}
    assert any("dense: the exit cannot be told from its block" in note for note in measured.notes)


def test_portend_without_a_model_numbers_its_layers(tmp_path: Path) -> None:
    profile = measurements.read(written(tmp_path, PORTEND_NAME, PORTEND)).profiles[0]
    assert times(profile) == {"layer1": 0.003, "layer2": 0.004, "layer3": 0.002}


def test_a_difference_below_zero_counts_the_whole_partition(tmp_path: Path) -> None:
    table = copy.deepcopy(PARTITIONS)
    table["latency_partition"]["1"] = table["latency_partition"]["2"] = [3.0]
    profile = measurements.read(written(tmp_path, PORTEND_NAME, json.dumps(table)), models=KNOWN).profiles[0]
    assert times(profile)["conv"] == 0.004


@pytest.mark.parametrize(
    ("column", "row", "value", "expected"),
    [
        ("partition_start", "0", 0, "partition_start['0']: must be a whole number from 1 to 500, got 0"),
        ("partition_end", "3", 1, "partition_end['3']: must be at least 2, got 1"),
        ("partition_end", "3", "2", "partition_end['3']: must be a whole number from 1 to 500, got '2'"),
        ("latency_partition", "0", [4.0, -1.0], "latency_partition['0'][1]: must be above 0, got -1.0"),
        ("latency_partition", "0", 4.0, "latency_partition['0']: must be a list of times in ms, got 4.0"),
        ("partition_end", "0", 2, "partition_start['1']: partition 1 to 2 comes twice"),
        ("partition_start", "5", 2, "partition_start['5']: partition 2 to 3 comes twice"),
    ],
)
def test_what_is_wrong_with_a_table_of_portend(
    tmp_path: Path, column: str, row: str, value: Any, expected: str
) -> None:
    table: Any = copy.deepcopy(PARTITIONS)
    table[column][row] = value
    assert expected in problems(written(tmp_path, PORTEND_NAME, json.dumps(table)))


def test_another_number_of_blocks_is_refused(tmp_path: Path) -> None:
    table = copy.deepcopy(PARTITIONS)
    for column in table.values():
        for row in ("2", "4", "5"):
            del column[row]
    (found,) = problems(written(tmp_path, PORTEND_NAME, json.dumps(table)))
    assert (
        found
        == "partition_end: has 2 layers, the model 'net' has 3 blocks; cut the model into the same pieces"
    )


# ---------------------------------------------------------------- PipeEdge


def test_pipeedge_takes_the_smallest_microbatch_and_its_part_of_it(tmp_path: Path) -> None:
    measured = measurements.read(written(tmp_path, "device_types.yml", DEVICE_TYPES), models=KNOWN)
    (profile,) = measured.profiles
    assert profile.device == "Minnowboard-E3845"
    assert profile.source == "PipeEdge: device_types.yml, torch.float32, microbatch of 2"
    assert times(profile) == {"conv": 0.06, "mid": 0.01, "dense": 5e-6, "early": 1e-9, "out": 1e-9}


def test_models_of_pipeedge_have_sizes_and_no_operations(tmp_path: Path) -> None:
    (model,) = measurements.read_models(written(tmp_path, "models.yml", MODELS))
    assert (model.id, model.input_bits) == ("vit", 150528 * 32)
    assert [block.memory for block in model.blocks] == [26857472.0, 18500000.0, 0.0]
    assert [block.output_bits for block in model.blocks] == [302592 * 32, 756480 * 32, 32000]
    assert not any(block.ops for block in model.blocks)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "batch_size: 2",
            "batch_size: 0",
            ".net[1].batch_size: must be a whole number from 1 to 1000000, got 0",
        ),
        ("[0.12, 0.02, 1.0e-05]", "[0.12, x, 0]", ".net[1].time_s[1]: must be a number, got 'x'"),
        ("[0.12, 0.02, 1.0e-05]", "[0.12, x, 0]", ".net[1].time_s[2]: must be above 0, got 0"),
        ("[0.12, 0.02, 1.0e-05]", "[0.12]", "has 1 layers, the model 'net' has 3 blocks"),
        ("[0.12, 0.02, 1.0e-05]", "{}", ".net[1].time_s: must be a list of times in s, got an object"),
        ("    net:\n", "    net:\n    net:\n", "model_profiles.net: duplicate key in line 10"),
        ("    net:\n", "    other:\n", "holds no profile"),
        ("[0.12, 0.02, 1.0e-05]", "[0.12, 0.02", "is not valid YAML"),
        ("DummyDeviceType:", "DummyDeviceType: &a [*a]\nx:", "no complete value is called &a before"),
        ("mem_MB: 0", "mem_MB: !!python/object/apply:os.getcwd []", "plain data only"),
    ],
)
def test_what_is_wrong_with_a_file_of_pipeedge(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in DEVICE_TYPES
    found = problems(written(tmp_path, "device_types.yml", DEVICE_TYPES.replace(old, new, 1)))
    assert any(expected in problem for problem in found), found


def test_what_is_wrong_with_models_of_pipeedge(tmp_path: Path) -> None:
    text = MODELS.replace("756480, 1000", "-1").replace("parameters_in: 150528", "parameters_in: many")
    with pytest.raises(InstanceError) as error:
        measurements.read_models(written(tmp_path, "models.yml", text))
    assert [str(problem) for problem in error.value.problems] == [
        "vit.parameters_in: must be a number, got 'many'",
        "vit.parameters_out: must be a list of layers = 3 figures, got [302592, -1]",
    ]


# ---------------------------------------------------------------- trtexec


def test_a_file_of_a_piece_is_the_sum_of_its_layers(tmp_path: Path) -> None:
    path = written(tmp_path, "conv.json", TRTEXEC)
    profile = measurements.read(path, models=KNOWN, model="net", device="orin", block="conv").profiles[0]
    assert times(profile) == {"conv": 0.0025, "early": 1e-9}


def test_pieces_make_one_profile(tmp_path: Path) -> None:
    path = written(tmp_path, "any.json", TRTEXEC)
    common: dict[str, Any] = {"models": KNOWN, "model": "net", "device": "orin"}
    readings = [
        measurements.read_parts(path, **common, block="conv"),
        measurements.read_parts(path, **common, exit="early"),
    ]
    (profile,) = measurements.together(readings, KNOWN, "here").profiles
    assert times(profile) == {"conv": 0.0025, "early": 0.0025}
    with pytest.raises(InstanceError, match="block of 'net' on 'orin' measured twice, first in"):
        measurements.together([readings[0], readings[0]], KNOWN, "here")
    with pytest.raises(InstanceError, match="exits but no block of 'net' on 'orin' are measured"):
        measurements.together(readings[1:], KNOWN, "here")


def test_layers_of_the_whole_model_are_summed_up_to_the_last_of_each_block(tmp_path: Path) -> None:
    path = written(tmp_path, "whole.json", TRTEXEC)
    last = {"conv": "conv1 + relu1", "mid": "Reformatting CopyNode", "dense": "fc"}
    profile = measurements.read(path, models=KNOWN, model="net", device="orin", last_layers=last).profiles[0]
    assert times(profile) == {"conv": 0.0015, "mid": 0.0007, "dense": 0.0003, "early": 1e-9, "out": 1e-9}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "layers: has 4 layers, the model 'net' has 3 blocks; cut the model into the same pieces"),
        ({"model": None}, "model: is required; a file of trtexec does not say it"),
        ({"model": "nett"}, "model: no such model, got 'nett'; did you mean 'net'?"),
        ({"block": "cnv"}, "block: no such block of model 'net', got 'cnv'; did you mean 'conv'?"),
        ({"block": "conv", "exit": "early"}, "$: give one of block, exit and last_layers"),
        ({"last_layers": {"conv": "f"}}, "last_layers['conv']: no such layer, got 'f'; did you mean 'fc'?"),
        (
            {"last_layers": {"conv": "conv1 + relu1"}},
            "last_layers: the last one must be that of the file, 'fc'",
        ),
        (
            {"last_layers": {"conv": "fc", "mid": "conv1 + relu1"}},
            "last_layers['mid']: must stand behind the last layer of the block before, got 'conv1 + relu1'",
        ),
    ],
)
def test_what_is_wrong_with_a_request_to_trtexec(tmp_path: Path, options: Any, expected: str) -> None:
    found = problems(written(tmp_path, "a.json", TRTEXEC), **{"model": "net", "device": "orin", **options})
    assert any(problem.startswith(expected) for problem in found), found


def test_what_is_wrong_with_a_file_of_trtexec(tmp_path: Path) -> None:
    text = '[{"count": 1}, 3, {"name": 1, "averageMs": "x"}, {"name": "a", "averageMs": -1}]'
    assert problems(written(tmp_path, "a.json", text), model="net", device="orin") == [
        "[1]: must be an object, got 3",
        "[2].name: must be text, got 1",
        "[2].averageMs: must be a number, got 'x'",
        "[3].averageMs: must be at least 0, got -1",
    ]


def test_options_of_trtexec_are_refused_for_other_files(tmp_path: Path) -> None:
    path = written(tmp_path, "device_types.yml", DEVICE_TYPES)
    assert problems(path, block="conv") == [
        "$: block, exit and last_layers are for files of trtexec, which are a JSON list"
    ]


# ---------------------------------------------------------------- what no profile can have


def test_times_are_checked_once_more_when_they_are_seconds(tmp_path: Path) -> None:
    table = json.dumps(PARTITIONS).replace("[2.0, 2.0, 2.1]", "[1e-20]")
    found = problems(written(tmp_path, PORTEND_NAME, table))
    assert any("'dense': the time of a sample must be from 1e-21 to 1e+21, got 1e-23" in one for one in found)


def test_names_of_layers_may_be_anything_where_they_are_summed_up(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", '[{"name": "\\ud800", "averageMs": 1}]')
    assert measurements.read(path, model="net", device="d", block="b").profiles
    with pytest.raises(InstanceError, match="no such layer"):
        measurements.read(path, model="net", device="d", last_layers={"b": "x"})


def test_numbers_beyond_all_bounds_are_refused(tmp_path: Path) -> None:
    for old, new in (("batch_size: 2", "batch_size: 1" + "0" * 200), ("1.0e-05", "1e-21")):
        text = DEVICE_TYPES.replace(old, new)
        assert problems(written(tmp_path, "device_types.yml", text))
    text = MODELS.replace("150528", "1" + "0" * 200).replace("26.857472", "1" + "0" * 250)
    with pytest.raises(InstanceError):
        measurements.read_models(written(tmp_path, "models.yml", text))
    text = MODELS.replace("756480", "1e21")
    with pytest.raises(InstanceError, match=r"vit: blocks\[1\].output_bits: block 'layer2': must be"):
        measurements.read_models(written(tmp_path, "models.yml", text))


def test_names_are_text(tmp_path: Path) -> None:
    table = json.dumps(PARTITIONS)
    for name in ("", "\ud800"):
        with pytest.raises(InstanceError):
            measurements.read(written(tmp_path, "device_types.yml", DEVICE_TYPES), model=name or "other")
        if name:
            with pytest.raises(InstanceError, match="half a surrogate pair"):
                measurements.read(written(tmp_path, "p.txt", table), model=name)
