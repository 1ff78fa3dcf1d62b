"""The nine networks inside the onnx package: known multiply-accumulates, and where they can be cut."""

from __future__ import annotations

import onnx
import pytest

from finopt.io.importers.onnx import read
from tests.io.importers.onnx.small_models import light

GMACS = {
    "bvlc_alexnet": 0.655,
    "resnet50": 4.09,
    "vgg19": 19.6,
    "densenet121": 2.83,
    "inception_v1": 1.43,
    "squeezenet": 0.349,
    "shufflenet": 0.125,
}
"""Published, in 10^9; AlexNet is the one with groups."""

CUTS = {
    "bvlc_alexnet": (23, 24),
    "vgg19": (45, 46),
    "resnet50": (39, 176),
    "densenet121": (87, 910),
    "inception_v1": (25, 144),
}
"""Positions where one tensor crosses alone, and operators that are not made of constants out of nothing."""


@pytest.mark.parametrize("name", GMACS)
def test_multiply_accumulates_are_the_published_ones(name: str) -> None:
    model = read(light(name))
    assert sum(model.macs) == pytest.approx(1e9 * GMACS[name], rel=0.02)
    assert sum(model.ops) == pytest.approx(2e9 * GMACS[name], rel=0.06)
    assert len(model.notes) == 1  # the accuracy; every operator is known


@pytest.mark.parametrize("name", CUTS)
def test_cuts_are_where_one_tensor_crosses(name: str) -> None:
    cuts, operators = CUTS[name]
    nodes = onnx.load(light(name)).graph.node
    assert len(read(light(name)).possible_cuts) == cuts
    assert sum(node.op_type != "ConstantOfShape" for node in nodes) == operators


def test_weights_count_at_the_precision_although_operators_make_them() -> None:
    parameters = {"resnet50": 25.6e6, "vgg19": 143.67e6, "bvlc_alexnet": 60.97e6}
    for name, count in parameters.items():
        assert sum(read(light(name)).weights) == pytest.approx(4 * count, rel=0.01)
        assert sum(read(light(name), precision=8).weights) == pytest.approx(count, rel=0.01)


def test_merged_blocks_do_equal_work_and_send_small_tensors() -> None:
    model = read(light("resnet50"), blocks=8)
    assert len(model.model.blocks) == 8
    mean = sum(model.ops) / 8
    assert all(0.7 * mean < ops < 1.5 * mean for ops in model.ops)
    largest = max(read(light("resnet50")).bits[1:-1])
    assert max(model.bits[1:-1]) <= largest
    assert sum(model.bits[1:-1]) / 7 < largest / 2
