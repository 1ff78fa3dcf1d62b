"""An early-exit network on scikit-learn's digits, trained here: digits.onnx, sweep.csv and samples.npz.

    python instances/digits/train.py      # writes beside this file; needs pip install 'finopt[train,onnx]'

Four blocks of convolutions whose filters are cluster centres of patches (A. Coates and A. Y. Ng, "Learning
feature representations with k-means", 2012), each learned on what the block before gives. The exits are
logistic regressions on averages of the features. A sample leaves at the first exit whose largest probability
reaches its threshold. All features are computed by onnxruntime from the very graph that is shipped.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime
from numpy.lib.stride_tricks import sliding_window_view
from onnx import NodeProto, TensorProto, helper, numpy_helper
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent

SEED = 0
CLASSES = 10
HELD_OUT = 600
"""Samples that are only tested with."""

PATCHES = 6_000
"""Patches from which the filters of a block are learned."""

LEARNED_ON = 200
"""Samples from which these patches are drawn."""

INPUT = "image"
ENLARGED = 8
"""The first block makes the 8 x 8 pixels so many times as wide and high, so that computing takes time."""


class Block(NamedTuple):
    """A convolution of so many filters of size x size, rectified; the largest of every 2 x 2 if pooled."""

    filters: int
    size: int
    pooled: bool


BLOCKS = (Block(32, 7, True), Block(64, 3, False), Block(64, 3, True), Block(96, 3, True))


class Exit(NamedTuple):
    """Sits behind a block and averages its features over squares of this width."""

    block: int
    width: int


EXITS = (Exit(0, 32), Exit(2, 8), Exit(3, 2))
"""The first knows how strong a feature is in the whole picture, the second in quarters, the last where."""

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def main() -> None:
    """Train, and write the three files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=HERE, help="folder  [beside the script]")
    folder = parser.parse_args().output
    model, images, labels = trained()
    (folder / "digits.onnx").write_bytes(model.SerializeToString())
    (folder / "sweep.csv").write_text(as_csv(sweep(model, images, labels)), encoding="utf-8")
    np.savez_compressed(folder / "samples.npz", **{INPUT: images, "label": labels.astype(np.int64)})


def trained() -> tuple[onnx.ModelProto, np.ndarray, np.ndarray]:
    """The network, and the samples that it has not seen with their labels."""
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    seen, held_out, seen_labels, held_out_labels = train_test_split(
        images, labels, test_size=HELD_OUT, random_state=SEED, stratify=labels
    )
    graph = Graph()
    graph.enlarge()
    for number, block in enumerate(BLOCKS):
        graph.add_block(number, block, seen)
    for number, exit_ in enumerate(EXITS):
        graph.add_exit(number, exit_, seen, seen_labels)
    return graph.model([exit_name(number) for number in range(len(EXITS))]), held_out, held_out_labels


def block_name(number: int) -> str:
    """The tensor that leaves a block."""
    return f"block{number + 1}"


def exit_name(number: int) -> str:
    """The probabilities that an exit gives."""
    return f"exit{number + 1}"


class Graph:
    """An ONNX graph that grows; what it computes so far is what its next part is learned from."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []
        self.last = INPUT

    def enlarge(self) -> None:
        """Draw lines between the pixels."""
        scales = self._weight("scales", np.array([1, 1, ENLARGED, ENLARGED], np.float32))
        self.last = self._node("Resize", [self.last, "", scales], "enlarged", mode="linear")

    def add_block(self, number: int, block: Block, images: np.ndarray) -> None:
        """Learn the filters of a block and append it."""
        features = self.values(self.last, images[:LEARNED_ON])
        filters, bias = learned_filters(features, block)
        name = block_name(number)
        inputs = [
            self.last,
            self._weight(f"{name}.filters", filters),
            self._weight(f"{name}.bias", bias),
        ]
        padding = [block.size // 2] * 4
        made = self._node("Conv", inputs, f"{name}.conv", kernel_shape=[block.size] * 2, pads=padding)
        if block.pooled:
            made = self._node("Relu", [made], f"{name}.relu")
            self.last = self._node("MaxPool", [made], name, kernel_shape=[2, 2], strides=[2, 2])
        else:
            self.last = self._node("Relu", [made], name)

    def add_exit(self, number: int, exit_: Exit, images: np.ndarray, labels: np.ndarray) -> None:
        """Learn a classifier on the features of a block and append it."""
        name, features = exit_name(number), block_name(exit_.block)
        if exit_.width > 1:
            width = [exit_.width] * 2
            mean = f"{name}.mean"
            features = self._node("AveragePool", [features], mean, kernel_shape=width, strides=width)
        features = self._node("Flatten", [features], f"{name}.flat")
        matrix, bias = learned_classifier(self.values(features, images), labels)
        inputs = [features, self._weight(f"{name}.matrix", matrix), self._weight(f"{name}.bias", bias)]
        self._node("Softmax", [self._node("Gemm", inputs, f"{name}.scores")], name, axis=1)

    def values(self, tensor: str, images: np.ndarray) -> np.ndarray:
        """What the graph gives for each image at a tensor, shape (images, ...)."""
        session = session_of(self.model([tensor]))
        return np.concatenate([session.run([tensor], {INPUT: image[None]})[0] for image in images])

    def model(self, outputs: Sequence[str]) -> onnx.ModelProto:
        """What there is so far, as a file has it."""
        entering = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, 1, 8, 8])
        leaving = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self.nodes, "digits", [entering], leaving, self.weights)
        opset = [helper.make_opsetid("", 13)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="finopt")
        return onnx.shape_inference.infer_shapes(model, strict_mode=True)

    def _node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def _weight(self, name: str, values: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name


def learned_filters(features: np.ndarray, block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Filters and bias: centres of whitened patches, so scaled that about a third of the features stay."""
    windows = sliding_window_view(features, (block.size, block.size), axis=(2, 3))
    patches = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, features.shape[1] * block.size**2)
    drawn = np.random.default_rng(SEED).choice(len(patches), PATCHES, replace=False)
    patches = patches[drawn].astype(np.float64)
    mean, whitening = whitened(patches)
    white = (patches - mean) @ whitening
    centres = KMeans(block.filters, n_init=1, max_iter=30, random_state=SEED).fit(white).cluster_centers_
    directions = (whitening @ (centres / np.linalg.norm(centres, axis=1, keepdims=True)).T).T
    scores = (patches - mean) @ directions.T
    level, spread = np.quantile(scores, 0.6, axis=0), scores.std()
    shape = (block.filters, features.shape[1], block.size, block.size)
    return (directions / spread).reshape(shape), -(directions @ mean + level) / spread


def whitened(patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of patches, and a matrix that makes their directions about equally strong."""
    mean = patches.mean(0)
    values, vectors = np.linalg.eigh(np.cov(patches - mean, rowvar=False))
    floor = 0.1 * values.mean()
    return mean, vectors @ np.diag(1 / np.sqrt(np.maximum(values, 0) + floor)) @ vectors.T


def learned_classifier(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Matrix and bias of a logistic regression on standardised features; the standard is multiplied in."""
    mean, spread = features.mean(0), features.std(0) + 1e-3
    fitted = LogisticRegression(C=0.05, max_iter=300).fit((features - mean) / spread, labels)
    matrix = fitted.coef_.T / spread[:, None]
    return matrix, fitted.intercept_ - mean @ matrix


def session_of(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """The model on one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def sweep(model: onnx.ModelProto, images: np.ndarray, labels: np.ndarray) -> list[dict[str, float | str]]:
    """Thresholds of every exit but the last, shares that leave at each exit, and the accuracy."""
    session = session_of(model)
    names = [exit_name(number) for number in range(len(EXITS))]
    outputs = [session.run(names, {INPUT: image[None]}) for image in images]
    scores = np.array([[output[0] for output in one] for one in outputs])  # (samples, exits, classes)
    return [row for enabled in subsets(names) for row in rows_of(names, enabled, scores, labels)]


def subsets(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The final exit with any of the others."""
    for chosen in product((False, True), repeat=len(names) - 1):
        yield (*(name for name, taken in zip(names, chosen, strict=False) if taken), names[-1])


def rows_of(
    names: Sequence[str], enabled: Sequence[str], scores: np.ndarray, labels: np.ndarray
) -> Iterator[dict[str, float | str]]:
    """A row for every setting of the thresholds of the enabled exits."""
    for values in product(THRESHOLDS, repeat=len(enabled) - 1):
        thresholds = dict(zip(enabled[:-1], values, strict=True))
        taken = exits_taken(names, enabled, thresholds, scores)
        right = scores[np.arange(len(labels)), taken].argmax(1) == labels
        shares = {name: np.mean(taken == names.index(name)) for name in enabled}
        yield {
            **{f"threshold_{name}": thresholds.get(name, "") for name in names[:-1]},
            **{f"share_{name}": f"{shares[name]:.10g}" if name in shares else "" for name in names},
            "accuracy": f"{right.mean():.10g}",
        }


def exits_taken(
    names: Sequence[str], enabled: Sequence[str], thresholds: Mapping[str, float], scores: np.ndarray
) -> np.ndarray:
    """Index of the exit at which each sample leaves."""
    taken = np.full(len(scores), names.index(enabled[-1]))
    for name in reversed(enabled[:-1]):
        sure = scores[:, names.index(name)].max(1) >= thresholds[name]
        taken[sure] = names.index(name)
    return taken


def as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """A header and a line per row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


if __name__ == "__main__":
    main()
