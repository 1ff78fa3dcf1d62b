"""Operations of an operator: twice its multiply-accumulates, and one by one those that come besides.

| operators | counted |
|---|---|
| Conv, ConvTranspose, Gemm, MatMul, Einsum, their integer kin, LSTM, GRU, RNN | multiply-accumulates |
| pooling, reduction | one operation per element that is looked at |
| BatchNormalization 2, other normalisation 5, Softmax 3, LRN 2 x size | operations per element |
| reshaping, copying, picking | 0 |
| element by element, and every kind that is unknown | one operation per element of the outputs |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from finopt.io.importers.onnx.flow import Operator
from finopt.io.importers.onnx.tensors import Tensor

_MOVING = """
    Cast CastLike Concat Constant ConstantOfShape DepthToSpace Dropout Expand EyeLike Flatten Gather
    GatherElements GatherND Identity OneHot Optional Pad Range Reshape SequenceAt SequenceConstruct Shape Size
    Slice SpaceToDepth Split Squeeze Tile Transpose Unsqueeze
"""
MOVING = frozenset(_MOVING.split())
"""Kinds that only move or make data."""

_SINGLE = """
    Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Ceil Celu
    Clip Cos Cosh DequantizeLinear Div DynamicQuantizeLinear Elu Equal Erf Exp Floor Gelu Greater
    GreaterOrEqual HardSigmoid HardSwish IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul
    Neg Not Or PRelu Pow QuantizeLinear Reciprocal Relu Resize Round Selu Shrink Sigmoid Sign Sin Sinh
    Softplus Softsign Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu Upsample Where Xor
"""
SINGLE = frozenset(_SINGLE.split())
"""Kinds of one operation per element of the result."""

PER_ELEMENT = {
    "BatchNormalization": 2,
    "Softmax": 3,
    "LogSoftmax": 3,
    **dict.fromkeys(
        (
            "LayerNormalization",
            "InstanceNormalization",
            "GroupNormalization",
            "RMSNormalization",
            "LpNormalization",
            "MeanVarianceNormalization",
        ),
        5,
    ),
}
"""Operations per element of the first result."""


@dataclass(frozen=True)
class Work:
    """What an operator does: multiply-accumulates, other operations, and whether its kind is known."""

    macs: int = 0
    others: int = 0
    known: bool = True

    @property
    def ops(self) -> int:
        """Operations [op]: a multiply-accumulate is two."""
        return 2 * self.macs + self.others


class UnknownShapeError(ValueError):
    """A shape that is needed is not known before the model runs."""


def work_of(operator: Operator, tensors: Mapping[str, Tensor]) -> Work:
    """Operations of one operator.

    Raises
    ------
    UnknownShapeError
        A shape that they depend on is not known.
    """
    kind = operator.kind if operator.node.domain in ("", "ai.onnx") else ""
    inside = _View(operator.node, tensors)
    if kind in MOVING:
        return Work()
    if kind in _MACS:
        return Work(macs=_MACS[kind](inside))
    if kind in PER_ELEMENT:
        return Work(others=PER_ELEMENT[kind] * inside.made(0))
    if kind in ("MaxPool", "AveragePool", "LpPool"):
        return Work(others=inside.made(0) * math.prod(inside.attribute("kernel_shape", [])))
    if kind.startswith(("Reduce", "Global", "Arg")) or kind in ("CumSum", "TopK"):
        return Work(others=math.prod(inside.shape(0)))
    if kind == "LRN":
        return Work(others=2 * inside.attribute("size", 1) * inside.made(0))
    everything = sum(inside.made(number) for number, name in enumerate(operator.node.output) if name)
    return Work(others=everything, known=kind in SINGLE)


class _View:
    """An operator with the shapes around it."""

    def __init__(self, node: Any, tensors: Mapping[str, Tensor]) -> None:
        self.node = node
        self.tensors = tensors

    def shape(self, number: int) -> tuple[int, ...]:
        """Shape of an input."""
        names = self.node.input
        return self._known(names[number] if number < len(names) else "")

    def made(self, number: int) -> int:
        """Elements of an output."""
        names = self.node.output
        return math.prod(self._known(names[number] if number < len(names) else ""))

    def attribute(self, name: str, default: Any) -> Any:
        """Value of an attribute: a whole number, a list of them or text, as the default is."""
        for one in self.node.attribute:
            if one.name == name:
                value = {list: one.ints, int: one.i, bytes: one.s}[type(default)]
                return list(value) if isinstance(default, list) else value
        return default

    def _known(self, name: str) -> tuple[int, ...]:
        tensor = self.tensors.get(name)
        if tensor is None or tensor.shape is None:
            raise UnknownShapeError(name)
        return tensor.shape


def _convolution(weights: int) -> Callable[[_View], int]:
    """Every element of the output is a sum over the filter, which has one channel in front."""
    return lambda view: view.made(0) * math.prod(view.shape(weights)[1:])


def _transposed(view: _View) -> int:
    """Every element of the input is spread over the filter."""
    return math.prod(view.shape(0)) * math.prod(view.shape(1)[1:])


def _gemm(view: _View) -> int:
    rows = view.shape(0)
    return view.made(0) * (rows[0 if view.attribute("transA", 0) else -1] if rows else 0)


def _product(view: _View) -> int:
    return view.made(0) * (view.shape(0) or (1,))[-1]


def _einsum(view: _View) -> int:
    """All indices run through all their values, once for each factor but the first."""
    text = view.attribute("equation", b"").decode("utf-8", "replace").replace(" ", "")
    terms = text.partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for number, term in enumerate(terms):
        head, _, tail = term.partition("...")
        shape = view.shape(number)
        sizes |= dict(zip(head, shape, strict=False))
        sizes |= dict(zip(tail[::-1], shape[::-1], strict=False))
        middle = shape[len(head) : len(shape) - len(tail)] if "..." in term else ()
        sizes |= {f".{place}": size for place, size in enumerate(middle[::-1]) if size != 1}
    return math.prod(sizes.values()) * max(len(terms) - 1, 1)


def _recurrent(view: _View) -> int:
    """Per step, sample and gate of each direction: the input and the state times their weights."""
    steps, batch = (*view.shape(0), 1, 1)[:2]
    return steps * batch * (math.prod(view.shape(1)) + math.prod(view.shape(2)))


_MACS: dict[str, Callable[[_View], int]] = {
    "Conv": _convolution(1),
    "ConvInteger": _convolution(1),
    "QLinearConv": _convolution(3),
    "DeformConv": _convolution(1),
    "ConvTranspose": _transposed,
    "Gemm": _gemm,
    "MatMul": _product,
    "MatMulInteger": _product,
    "QLinearMatMul": _product,
    "Einsum": _einsum,
    **dict.fromkeys(("LSTM", "GRU", "RNN"), _recurrent),
}
