"""Tensors of a model: name, type, shape and size at a precision."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.extras import extra_module

_BITS = {"": 0, "STRING": 0, "BOOL": 8, "FLOAT": 32, "DOUBLE": 64, "COMPLEX64": 64, "COMPLEX128": 128}
"""Bits of an element of the types whose names do not say it; the length of texts is unknown."""


@dataclass(frozen=True)
class Tensor:
    """One tensor of a model.

    Attributes
    ----------
    name : str
        Unique in the file.
    type : str
        As ONNX names it: ``"FLOAT"``, ``"INT64"``; empty when unknown.
    shape : tuple of int or None
        None when it is not known before the model runs.
    """

    name: str
    type: str = ""
    shape: tuple[int, ...] | None = None

    @property
    def elements(self) -> int:
        """How many there are; 0 when the shape is unknown."""
        return 0 if self.shape is None else math.prod(self.shape)

    @property
    def stored_bits(self) -> int:
        """Bits of an element in the file: FLOAT8E5M2 has 8."""
        digits = re.search(r"\d+", self.type)
        return _BITS[self.type] if self.type in _BITS else int(digits[0]) if digits else 0

    @property
    def is_known(self) -> bool:
        """Whether type and shape are known before the model runs."""
        return self.shape is not None and self.type not in ("", "STRING")

    def bits(self, precision: int) -> int:
        """Its size [bit] when numbers with a fraction have `precision` bits; others keep theirs.

        0 when it is not known.
        """
        each = precision if self.is_float else self.stored_bits
        return self.elements * each if self.is_known else 0

    @property
    def is_float(self) -> bool:
        """Whether precision has a meaning for it."""
        return "FLOAT" in self.type or self.type == "DOUBLE"


@cache
def type_names() -> Mapping[int, str]:
    """ONNX's names of its types by their numbers."""
    onnx = extra_module("onnx", "onnx", "an ONNX model")
    return {number: name for name, number in onnx.TensorProto.DataType.items() if number}


def from_value_info(value: Any) -> Tensor:
    """A tensor as ONNX describes it; dimensions that are symbols make the shape unknown."""
    kind = value.type.tensor_type
    shape = None
    if kind.HasField("shape") and all(dim.HasField("dim_value") for dim in kind.shape.dim):
        shape = tuple(dim.dim_value for dim in kind.shape.dim)
    return Tensor(value.name, type_names().get(kind.elem_type, ""), shape)


def check_precision(precision: object) -> None:
    """Refuse what is no number of bits.

    Raises
    ------
    InstanceError
        It is not a whole number from 1 to 64.
    """
    if not isinstance(precision, int) or isinstance(precision, bool) or not 1 <= precision <= 64:
        rule = "must be a whole number of bits from 1 to 64"
        raise InstanceError([Problem("precision", rule, shown(precision))], "model")
