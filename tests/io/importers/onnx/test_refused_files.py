"""Files that are refused, and what is said of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from finopt.io.importers.onnx import inference, inference_worker, model_file, read, structure
from finopt.problem.errors import InstanceError
from tests.io.importers.onnx.small_models import branched, model_of, saved, value, weights


def refusal(path: Path) -> str:
    """What is said of a file that is refused."""
    with pytest.raises(InstanceError) as caught:
        read(path)
    return str(caught.value)


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # to open it would wait for ever
    assert "not a regular file" in refusal(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path)
    assert "not a regular file" in refusal(Path("/dev/zero"))
    assert "cannot be read: No such file" in refusal(tmp_path / "none.onnx")


@pytest.mark.parametrize("content", [b"", b"\xff" * 50, b"PK\x03\x04 zip", b'{"format": "finopt-instance"}'])
def test_other_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    assert "no ONNX model" in refusal(tmp_path / "x") or "is empty" in refusal(tmp_path / "x")


def test_too_large_a_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_file, "MOST_BYTES", 100)
    assert "no more than 100 are read" in refusal(saved(branched(), tmp_path))


def external(model: Any) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def external_attribute(model: Any) -> None:
    tensor = TensorProto(name="far", data_type=1, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="elsewhere")
    model.graph.node[0].attribute.append(helper.make_attribute("value", tensor))


def dangling(model: Any) -> None:
    model.graph.node[3].input[0] = "nowhere"


def circular(model: Any) -> None:
    model.graph.node[0].input[0] = "relu2"


def made_twice(model: Any) -> None:
    model.graph.node[3].output[0] = "relu1"


def missing_output(model: Any) -> None:
    model.graph.output.append(value("ghost", [1]))


def negative(model: Any) -> None:
    model.graph.initializer[0].dims[0] = -4


def huge(model: Any) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 2**62


def too_many_elements(model: Any) -> None:
    for dim in model.graph.input[0].type.tensor_type.shape.dim[2:]:
        dim.dim_value = 2**31 - 1


def negative_window(model: Any) -> None:
    node = helper.make_node("LRN", ["conv2"], ["odd"], "odd one", size=-3)
    model.graph.node.insert(6, node)


def endless(model: Any) -> None:
    """A sum over 2^100 products."""
    for number in range(5):
        model.graph.input.append(value(f"i{number}", [2**20]))
    names = [f"i{number}" for number in range(5)]
    model.graph.node.append(helper.make_node("Einsum", names, ["all"], equation="a,b,c,d,e->"))
    model.graph.output.append(value("all", []))


def empty(model: Any) -> None:
    del model.graph.node[:]


def no_graph(model: Any) -> None:
    model.ClearField("graph")


def many_outputs(model: Any) -> None:
    model.graph.output.extend(value(f"o{k}", [1]) for k in range(300))


def wrong_kind(model: Any) -> None:
    model.graph.node[0].op_type = "Konv"


def constant_output(model: Any) -> None:
    del model.graph.output[:]
    model.graph.output.append(value("h1", [4, 10]))


DAMAGE: dict[Callable[[Any], None], str] = {
    external: "tensor 'w1' lies outside the file, and such data is never read, got '../../etc/passwd'",
    external_attribute: "tensor 'far' lies outside the file",
    dangling: "uses a tensor that nothing before it makes",
    circular: "uses a tensor that nothing before it makes: the order is not topological, there is a circle",
    made_twice: "makes a tensor that exists already, got 'relu1'",
    missing_output: "is an output that nothing makes, got 'ghost'",
    negative: "tensor 'w1': dimensions are from 0 to 2147483647, got -4",
    huge: "tensor 'image': dimensions are from 0",
    too_many_elements: "tensor 'image': has more than 1099511627776 elements",
    negative_window: "operator 'odd one' (LRN): has a window of negative size",
    endless: "needs more than 1e+21 op, got 1.0",
    empty: "has no operators",
    no_graph: "has no operators",
    many_outputs: "no more than 256 are read",
    wrong_kind: "is no valid ONNX model: No Op registered for Konv",
    constant_output: "no output depends on an input",
}


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damage_is_named(damage: Callable[[Any], None], tmp_path: Path) -> None:
    model = branched()
    damage(model)
    assert DAMAGE[damage] in refusal(saved(model, tmp_path))


def test_names_that_are_no_text(tmp_path: Path) -> None:
    content = branched().SerializeToString().replace(b"conv2", b"co\xffv2")
    (tmp_path / "x.onnx").write_bytes(content)
    assert "not UTF-8 text" in refusal(tmp_path / "x.onnx")


def test_too_many_operators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "MOST_NODES", 11)
    assert "has 12 operators, no more than 11" in refusal(saved(branched(), tmp_path))


def test_subgraphs_too_deep(tmp_path: Path) -> None:
    relu = node = helper.make_node("Relu", ["x"], ["y"])
    for _ in range(structure.DEEPEST + 1):
        branches = [helper.make_graph([inner], "g", [], [value("y", [1])]) for inner in (node, relu)]
        node = helper.make_node("If", ["c"], ["y"], then_branch=branches[0], else_branch=branches[1])
    model = model_of([node], [value("x", [1]), value("c", [], TensorProto.BOOL)], [value("y", [1])])
    assert "more than 16 subgraphs within one another" in refusal(saved(model, tmp_path))


def functions(count: int, circular: bool) -> Any:
    """Functions that call the next one twice, the last one an operator or the first function."""
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    made = []
    for number in range(count):
        last = number == count - 1
        kind, domain = ("Relu", "") if last and not circular else (f"f{(number + 1) % count}", "own")
        nodes = [helper.make_node(kind, ["a"], ["c"], domain=domain)]
        nodes.append(helper.make_node(kind, ["c"], ["b"], domain=domain))
        made.append(helper.make_function("own", f"f{number}", ["a"], ["b"], nodes, imports))
    call = helper.make_node("f0", ["x"], ["y"], domain="own")
    graph = helper.make_graph([call], "g", [value("x", [1, 4])], [value("y", [1, 4])])
    return helper.make_model(graph, functions=made, opset_imports=imports, ir_version=8)


def test_functions_that_double_or_go_in_circles(tmp_path: Path) -> None:
    assert read(saved(functions(3, circular=False), tmp_path)).ops == (4,)
    assert "stand for" in refusal(saved(functions(40, circular=False), tmp_path))
    assert "in a circle" in refusal(saved(functions(3, circular=True), tmp_path))


def concatenated() -> Any:
    """A shape with a part that says it has 2^31 - 1 elements."""
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Concat", ["shape", "rest"], ["whole"], axis=0),
        helper.make_node("Reshape", ["x", "whole"], ["y"]),
    ]
    rest = helper.make_tensor("rest", TensorProto.INT64, [1], np.array([4]).tobytes(), raw=True)
    rest.dims[0] = 2**31 - 1
    return model_of(nodes, [value("x", [1, 4])], [value("y", None)], [rest])


def sliced() -> Any:
    """Begins and ends of 2^31 - 1 axes."""
    node = helper.make_node("Slice", ["x", "n", "n"], ["y"])
    inputs = [value("x", [1]), value("n", [2**31 - 1], TensorProto.INT64)]
    return model_of([node], inputs, [value("y", None)])


@pytest.mark.parametrize("made", [concatenated, sliced])
def test_shapes_that_would_fill_the_memory_are_refused(made: Callable[[], Any], tmp_path: Path) -> None:
    """onnx makes one object per element of a tensor that serves as a shape."""
    assert "too much memory" in refusal(saved(made(), tmp_path))
    assert read(saved(branched(), tmp_path)).cuts  # the process that infers goes on, or is started again


def test_an_answer_that_has_grown_too_large_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    content = branched().SerializeToString()
    assert inference_worker._answer(content)[0] == inference_worker.MODEL
    monkeypatch.setattr(inference_worker, "MOST_ADDED", 10)
    assert inference_worker._answer(content) == (inference_worker.MESSAGE, inference_worker.TOO_MUCH)


def test_a_crash_of_onnx_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "worker.py"
    script.write_text("import os; os.abort()")
    monkeypatch.setattr(inference, "WORKER", script)
    monkeypatch.setattr(inference, "_worker", inference._Worker())
    assert "onnx crashed on it" in refusal(saved(branched(), tmp_path))


def test_the_process_that_infers_ends_with_the_one_that_asks(tmp_path: Path) -> None:
    code = (
        "import sys; from finopt.io.importers.onnx import read, inference; read(sys.argv[1]);"
        " print(inference._worker.process.pid)"
    )
    path = saved(branched(), tmp_path)
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_large_weights_are_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    ask = inference._worker.ask

    def noting(content: bytes) -> bytes:
        asked.append(content)
        return ask(content)

    monkeypatch.setattr(inference._worker, "ask", noting)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    model = model_of([node], [value("x", [1, 500])], [value("y", [1, 900])], [weights("w", 500, 900)])
    assert read(saved(model, tmp_path)).macs == (450_000,)
    assert [len(content) < 1000 for content in asked] == [True]
