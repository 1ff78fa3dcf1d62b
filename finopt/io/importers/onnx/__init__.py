"""Models in ONNX files as blocks and exits of finopt (extra ``onnx``; the package onnx alone is enough).

Blocks are named by the tensor that leaves them and exits by their own tensor: such names are unique in a
file, so that an instance alone says where the file is to be cut.
"""

from __future__ import annotations

from finopt.io.importers.onnx.imported import OnnxModel
from finopt.io.importers.onnx.model_file import load
from finopt.io.importers.onnx.pieces import extract_piece
from finopt.io.importers.onnx.reader import read
from finopt.io.importers.onnx.tensors import Tensor

__all__ = ["OnnxModel", "Tensor", "extract_piece", "load", "read"]
