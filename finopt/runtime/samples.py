"""Samples to run: from a file (.npz, .npy or .csv), or random; each in the shape of the model's input."""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from finopt.io.regular_file import read_regular_text
from finopt.problem.array_types import AnyArray
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.runtime.manifest import Tensor
from finopt.runtime.sessions import sizes

MOST_BYTES = 1 << 31
"""Larger files, also once they are unpacked, are refused."""

MOST_EXACT = 2**53
"""Whole numbers below are exact in double precision."""

LARGEST_INTEGER = 10
"""Random whole numbers are below."""

SampleOf = Callable[[int], AnyArray]
"""The sample of a number, counted from 0."""


def random_samples(tensor: Tensor, seed: int) -> SampleOf:
    """Uniform numbers of [0, 1), or whole ones below 10; the same for the same seed."""
    kind, shape = np.dtype(tensor.type), sizes(tensor)

    def sample(number: int) -> AnyArray:
        drawn = np.random.default_rng([seed, number])
        if kind.kind == "f":
            return drawn.random(shape).astype(kind)
        return drawn.integers(0, 2 if kind.kind == "b" else LARGEST_INTEGER, shape).astype(kind)

    return sample


def samples_of(values: AnyArray, tensor: Tensor, source: str) -> SampleOf:
    """Samples that lie in an array one after the other, starting again at its end.

    Raises
    ------
    InstanceError
        The array does not fit the tensor.
    """
    shape, kind = sizes(tensor), np.dtype(tensor.type)
    batched = values.ndim == len(shape) and shape[:1] == (1,)
    single = values.shape[1:]
    flat = values.ndim == 2 and values.shape[1] == np.prod(shape)
    fits = _fit(single, tensor.shape[1:]) if batched else _fit(single, tensor.shape) or flat
    if not fits or not len(values):
        rule = f"needs samples of shape {_text(tensor.shape)} one after the other"
        raise InstanceError([Problem(tensor.name, rule, shown(list(values.shape)))], source)
    if not np.can_cast(values.dtype, kind, "same_kind"):
        raise InstanceError(
            [Problem(tensor.name, f"needs figures of type {kind.name}", values.dtype.name)], source
        )
    whole = (1, *single) if batched else shape if flat and not _fit(single, tensor.shape) else single
    return lambda number: np.array(values[number % len(values)].reshape(whole), kind, order="C")


def _fit(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(w in (None, s) for s, w in zip(shape, wanted, strict=True))


def _text(shape: tuple[int | None, ...]) -> str:
    return " x ".join("?" if size is None else str(size) for size in shape)


def read(path: str | Path, name: str) -> AnyArray:
    """The array of a file: of a .npz the one called like the input, or its only one.

    Raises
    ------
    InstanceError
        The file cannot be read, is too large or holds no such array of numbers.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending == ".csv":
        return _from_csv(str(path))
    if ending not in (".npy", ".npz"):
        raise InstanceError([Problem("", "must end in .npz, .npy or .csv")], str(path))
    try:
        if not path.is_file():
            raise InstanceError([Problem("", "is no file")], str(path))
        if path.stat().st_size > MOST_BYTES:
            raise InstanceError([Problem("", f"is larger than {MOST_BYTES} bytes")], str(path))
        values = _from_npz(path, name) if ending == ".npz" else np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        if isinstance(error, InstanceError):
            raise
        raise InstanceError([Problem("", f"cannot be read: {error}")], str(path)) from None
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf" or values.ndim == 0:
        raise InstanceError([Problem("", "holds no array of numbers")], str(path))
    return values


def _from_npz(path: Path, name: str) -> AnyArray:
    with zipfile.ZipFile(path) as archive:
        sizes_ = {info.filename.removesuffix(".npy"): info.file_size for info in archive.infolist()}
    chosen = name if name in sizes_ else next(iter(sizes_), "") if len(sizes_) == 1 else None
    if chosen is None:
        rule = f"has no array {shown(name)}, which the model's input is called"
        raise InstanceError([Problem("", rule, shown(sorted(sizes_)))], str(path))
    if sizes_[chosen] > MOST_BYTES:
        raise InstanceError([Problem(chosen, f"is larger than {MOST_BYTES} bytes")], str(path))
    with np.load(path, allow_pickle=False) as arrays:
        found: AnyArray = arrays[chosen]
    return found


def _from_csv(path: str) -> AnyArray:
    """A sample per row; a first row that is no numbers is a header."""
    rows = [row for row in csv.reader(io.StringIO(read_regular_text(path, MOST_BYTES), newline="")) if row]
    start = 0 if rows and _numbers(rows[0]) else 1
    figures, problems = [], []
    for number, row in enumerate(rows[start:], start=start + 1):
        values = _numbers(row)
        if values is None or len(row) != len(rows[start]):
            problems.append(Problem(f"row {number}", f"needs {len(rows[start])} numbers", shown(row)))
        figures.append(values)
    if problems or not figures:
        raise InstanceError(problems or [Problem("", "holds no samples")], path)
    found = np.array(figures, np.float64)
    whole = bool((found == np.round(found)).all()) and np.abs(found).max() < MOST_EXACT
    return found.astype(np.int64) if whole else found


def _numbers(row: list[str]) -> list[float] | None:
    try:
        figures = [float(cell) for cell in row]
    except ValueError:
        return None
    return figures if all(map(math.isfinite, figures)) else None
