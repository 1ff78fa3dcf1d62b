"""Blocks, exits and figures of small models, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt.io.importers.onnx import read
from finopt.problem.errors import InstanceError
from finopt.problem.model import Configuration
from tests.io.importers.onnx.small_models import (
    attention,
    branched,
    branching,
    masked,
    model_of,
    recurrent,
    saved,
    value,
    weights,
)


def messages(path: Path, **options: Any) -> str:
    """What is said of a model that is refused."""
    with pytest.raises(InstanceError) as caught:
        read(path, **options)
    return str(caught.value)


def test_blocks_and_exits_are_named_by_tensors_and_counted_by_hand(tmp_path: Path) -> None:
    found = read(saved(branched(), tmp_path), blocks=3)
    model = found.model
    assert model.id == "net"
    assert [block.id for block in model.blocks] == ["relu1", "add", "final"]
    assert [block.ops for block in model.blocks] == [2 * 6912 + 256, 2 * 9216 + 256, 256 + 2 * 2560]
    assert [block.output_bits for block in model.blocks] == [8192, 8192, 320]
    assert [block.memory for block in model.blocks] == [4 * 108, 4 * 144, 4 * 2560]
    assert model.input_bits == 32 * 192
    exits = [(e.id, e.after, e.ops, e.memory, e.output_bits) for e in model.exits]
    assert exits == [
        ("early/one", "relu1", 256 + 80, 160, 320),
        ("early:two", "add", 5120, 10240, 320),
        ("final", "final", 0, 0, 320),
    ]
    assert found.cuts == ("relu1", "add")
    assert found.hangs_on == {"early/one": "relu1", "early:two": "add", "final": "final"}
    assert found.inputs == ("image",)
    assert found.tensors["add"].shape == (1, 4, 8, 8)


def test_names_of_tensors_are_ids_of_an_instance(tmp_path: Path) -> None:
    configurations = [
        Configuration(exits=("early/one", "early:two", "final"), shares=(0.5, 0.3, 0.2), accuracy=0.8)
    ]
    found = read(saved(branched(), tmp_path)).with_configurations(configurations)
    node = finopt.Node(id="phone", tier="mobile", compute=1e9, power=2.0)
    app = finopt.Application(id="a", model="net", source="phone", max_latency=1.0, min_accuracy=0.7)
    instance = finopt.Instance(nodes=(node,), links=(), models=(found.model,), applications=(app,))
    finopt.save(instance, tmp_path / "i.json")
    loaded = finopt.load(tmp_path / "i.json")
    assert loaded.models == instance.models
    assert finopt.solve(loaded).status.value == "OPTIMAL"


def test_configurations_must_name_exits_of_the_model(tmp_path: Path) -> None:
    found = read(saved(branched(), tmp_path))
    assert any("accuracy" in note for note in found.notes)
    final = Configuration(exits=("final",), shares=(1.0,), accuracy=0.5)
    assert not found.with_configurations([final]).notes
    with pytest.raises(InstanceError, match="'late'"):
        found.with_configurations([Configuration(exits=("late",), shares=(1.0,), accuracy=0.5)])


def test_the_final_exit_is_the_deepest_output_and_others_are_left_out_when_not_named(tmp_path: Path) -> None:
    path = saved(branched(), tmp_path)
    assert read(path).exit_tensors == ("early/one", "early:two", "final")
    one = read(path, exits=["two"])  # the name of an operator
    assert one.exit_tensors == ("early:two", "final")
    assert any("'early/one' is no exit" in note for note in one.notes)
    assert read(path, exits=[]).exit_tensors == ("final",)
    inside = read(path, exits=["add", "final"])  # a tensor of the trunk is an exit without a head
    head = inside.model.exits[0]
    assert (head.id, head.after, head.ops) == ("add", "add", 0)


def test_named_cuts_win_and_heads_force_theirs(tmp_path: Path) -> None:
    path = saved(branched(), tmp_path)
    assert read(path, cuts=["first"], blocks=2).cuts == ("conv1", "relu1", "add")
    assert read(path, cuts=["conv1"], exits=[]).cuts == ("conv1",)
    assert read(path, cuts=[], exits=[]).cuts == ()


def test_what_cannot_be_cut_is_said_with_the_reason(tmp_path: Path) -> None:
    text = messages(saved(branched(), tmp_path), cuts=["conv2", "final", "w1", "pooled"])
    assert "4 problems" in text
    assert "'relu1' crosses with it, got 'conv2'" in text
    assert "nothing to cut off, got 'final'" in text
    assert "no tensor that depends on the input, nor the name of one operator, got 'w1'" in text
    assert "not on the way to the final exit, got 'pooled'" in text


def test_a_head_must_hang_on_a_cut(tmp_path: Path) -> None:
    text = messages(saved(branched(), tmp_path), exits=["conv2"])
    assert "exit 'conv2': must hang on one tensor that crosses alone" in text
    assert "got 'nowhere'" in messages(tmp_path / "net.onnx", exits=["nowhere"])


@pytest.mark.parametrize("blocks", [0, 2, 7, True])
def test_an_impossible_number_of_blocks_is_refused(tmp_path: Path, blocks: int) -> None:
    text = messages(saved(branched(), tmp_path), blocks=blocks)
    assert "must be from 3 to 6" in text and "2 exits need one" in text


def test_open_sizes_are_asked_for_by_name(tmp_path: Path) -> None:
    path = saved(branched("batch"), tmp_path)
    assert "input 'image': needs a size for 'batch'; give it, as in shapes={\"batch\": 1}" in messages(path)
    whole = read(saved(branched(), tmp_path, "other.onnx"))
    for shapes in ({"batch": 1}, {"image": [1, 3, 8, 8]}):
        assert read(path, shapes=shapes).model.blocks == whole.model.blocks
    assert any("is a batch" in note for note in read(path, shapes={"batch": 4}).notes)


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ({"batsh": 1}, "neither an open size nor an input of the model, got 'batsh'"),
        ({"batch": 0}, "above 0"),
        ({"batch": "1"}, "whole number"),
        ({"batch": 2**40}, "dimensions are from 0 to 2147483647"),
        ({"image": [1, 3, 8]}, "needs 4 sizes"),
        ({"image": [1, 3, 9, 8]}, "the file says 8, got 9"),
    ],
)
def test_wrong_sizes_are_refused(tmp_path: Path, shapes: Any, said: str) -> None:
    text = messages(saved(branched("batch"), tmp_path), shapes=shapes)
    assert "shapes: " in text
    assert said in text


@pytest.mark.parametrize("precision", [0, 65, 8.0, True])
def test_precision_is_a_number_of_bits(tmp_path: Path, precision: Any) -> None:
    assert "from 1 to 64" in messages(saved(branched(), tmp_path), precision=precision)


def test_precision_scales_numbers_with_a_fraction(tmp_path: Path) -> None:
    half = read(saved(branched(), tmp_path), precision=16)
    whole = read(tmp_path / "net.onnx")
    assert [2 * bits for bits in half.bits] == list(whole.bits)
    assert [2 * size for size in half.weights] == list(whole.weights)
    assert half.ops == whole.ops


def test_recurrent_layers(tmp_path: Path) -> None:
    found = read(saved(recurrent(), tmp_path))
    assert found.macs[0] == 5 * (16 * 3 + 16 * 4)
    assert sum(found.macs) == 5 * (16 * 3 + 16 * 4) + 5 * (18 * 4 + 18 * 6)


def test_products_over_named_indices_and_shapes_that_are_computed(tmp_path: Path) -> None:
    found = read(saved(attention(), tmp_path), shapes={"batch": 2})
    assert sum(found.macs) == 2 * 4 * 16 * 16 + 2 * (2 * 4 * 4 * 2 * 8)
    assert "split" in found.cuts and "q" not in found.cuts  # its shape is on the way, too


def test_tensors_that_branches_read_from_outside_count(tmp_path: Path) -> None:
    found = read(saved(branching(), tmp_path))
    assert found.cuts == ("y",)  # x is read by If
    assert found.weights[0] == 4 * 4 + 4
    assert any("unknown kind" in note and "If (1 time)" in note for note in found.notes)


def test_an_operator_of_another_domain_counts_one_op_per_element_and_is_noted(tmp_path: Path) -> None:
    from onnx import helper

    nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Odd", ["y"], ["z"], domain="own")]
    model = model_of(nodes, [value("x", [1, 7])], [value("z", [1, 3])])
    model.opset_import.append(helper.make_opsetid("own", 1))
    found = read(saved(model, tmp_path))
    assert found.ops == (7, 3)
    assert any("Odd (1 time)" in note for note in found.notes)


def test_what_only_running_shows_counts_nothing_and_is_noted(tmp_path: Path) -> None:
    from onnx import helper

    nodes = [
        helper.make_node("Relu", ["x"], ["y"]),
        helper.make_node("NonZero", ["y"], ["places"]),
        helper.make_node("Cast", ["places"], ["z"], to=1),
        helper.make_node("Sqrt", ["z"], ["root"]),
    ]
    found = read(saved(model_of(nodes, [value("x", [1, 7])], [value("root", None)]), tmp_path))
    assert found.cuts == ("y",)  # the size of the others is not known
    assert any("count 0 op" in note and "Sqrt" in note for note in found.notes)
    assert any("size of 'root'" in note for note in found.notes)


def test_operators_that_lead_nowhere_and_constant_ones_are_left_out(tmp_path: Path) -> None:
    from onnx import helper

    nodes = [
        helper.make_node("Exp", ["w"], ["scaled"]),
        helper.make_node("Relu", ["x"], ["unused"]),
        helper.make_node("MatMul", ["x", "scaled"], ["y"]),
    ]
    model = model_of(nodes, [value("x", [1, 4])], [value("y", [1, 5])], [weights("w", 4, 5)])
    found = read(saved(model, tmp_path))
    assert found.ops == (40,)
    assert found.weights == (80,)


def test_weights_that_are_stored_as_whole_numbers_count_so(tmp_path: Path) -> None:
    import numpy as np
    from onnx import helper, numpy_helper

    nodes = [
        helper.make_node("DequantizeLinear", ["w8", "step"], ["w"]),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    constants = [numpy_helper.from_array(np.ones((4, 5), np.int8), "w8"), weights("step")]
    found = read(saved(model_of(nodes, [value("x", [1, 4])], [value("y", [1, 5])], constants), tmp_path))
    assert found.weights == (20 + 4,)


def test_numbers_that_the_file_keeps_in_fewer_bits_are_noted(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    node = helper.make_node("Relu", ["x"], ["y"])
    ends = [value(name, [1, 4], TensorProto.FLOAT16) for name in ("x", "y")]
    path = saved(model_of([node], ends[:1], ends[1:]), tmp_path)
    assert read(path).bits == (128, 128)
    assert "FLOAT16 tensors count 32 bits per number, the file has 16" in read(path).notes
    assert read(path, precision=16).bits == (64, 64)
    assert len(read(path, precision=16).notes) == 1


def test_operators_that_several_heads_need_count_in_each(tmp_path: Path) -> None:
    model = branched()
    model.graph.output.append(value("flat1", [1, 4]))
    found = read(saved(model, tmp_path))
    assert {e.id: e.ops for e in found.model.exits}["flat1"] == 256
    assert any("share 2 operators" in note for note in found.notes)


@pytest.mark.parametrize(
    ("kind", "bits"),
    [("FLOAT8E5M2", 8), ("BFLOAT16", 16), ("UINT4", 4), ("BOOL", 8), ("INT64", 64), ("COMPLEX64", 64)],
)
def test_stored_bits_of_types(kind: str, bits: int) -> None:
    from finopt.io.importers.onnx import Tensor

    assert Tensor("t", kind, (2, 3)).stored_bits == bits


def test_one_name_is_no_list_of_names(tmp_path: Path) -> None:
    text = messages(saved(branched(), tmp_path), cuts="relu1", exits="final")
    assert "2 problems" in text and "cuts: must be a list of names, got 'relu1'" in text


def test_an_input_that_is_used_late_forbids_cuts_before(tmp_path: Path) -> None:
    found = read(saved(masked(), tmp_path))
    assert found.inputs == ("x", "mask")
    assert found.model.input_bits == 2 * 128
    assert found.cuts == ("c",)
    assert "'mask' crosses with it, got 'b'" in messages(tmp_path / "net.onnx", cuts=["b"])


@pytest.mark.parametrize("stated", [[], [("y", [1, 4])], [("y", ["batch", 4])]])
@pytest.mark.parametrize("result", [[1, 4], ["batch", 4]])
def test_sizes_that_the_file_was_made_with_do_not_outlive_those_given(
    tmp_path: Path, stated: list[Any], result: list[Any]
) -> None:
    from onnx import helper

    nodes = [helper.make_node("Relu", [a], [b]) for a, b in ("xy", "yz", "zw")]
    values = [value(*one) for one in stated]
    model = model_of(nodes, [value("x", ["batch", 4])], [value("w", result)], value_info=values)
    assert read(saved(model, tmp_path), shapes={"batch": 8}).bits == (1024,) * 4


def test_sizes_that_the_file_states_count_where_none_can_be_inferred(tmp_path: Path) -> None:
    from onnx import helper

    nodes = [
        helper.make_node("NonZero", ["x"], ["places"]),
        helper.make_node("Cast", ["places"], ["y"], to=1),
        helper.make_node("Relu", ["y"], ["z"]),
    ]
    values = [value("y", [2, 3])]
    model = model_of(nodes, [value("x", [1, 4])], [value("z", [2, 3])], value_info=values)
    found = read(saved(model, tmp_path))
    assert found.cuts == ("y",) and found.bits == (128, 192, 192)
