"""Samples from files and random ones, in the shape of the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from finopt.problem.errors import InstanceError
from finopt.runtime import samples
from finopt.runtime.manifest import Tensor
from finopt.runtime.samples import random_samples, read, samples_of

IMAGE = Tensor(name="image", type="float32", shape=(1, 1, 2, 2))
ROW = Tensor(name="row", type="float32", shape=(None, 4))
WORDS = Tensor(name="words", type="int64", shape=(1, 3))


@pytest.mark.parametrize("tensor", [IMAGE, ROW, WORDS])
def test_random_samples_repeat_with_their_seed(tensor: Tensor) -> None:
    first, second, other = (random_samples(tensor, seed) for seed in (1, 1, 2))
    assert np.array_equal(first(3), second(3))
    assert not np.array_equal(first(3), other(3)) and not np.array_equal(first(3), first(4))
    assert first(0).dtype == tensor.type and first(0).shape == tuple(size or 1 for size in tensor.shape)


@pytest.mark.parametrize("shape", [(5, 1, 2, 2), (5, 1, 1, 2, 2), (5, 4)])
def test_samples_lie_one_after_the_other_and_start_again(shape: tuple[int, ...]) -> None:
    values = np.arange(20.0).reshape(shape)
    sample = samples_of(values, IMAGE, "file")
    assert sample(2).shape == (1, 1, 2, 2) and sample(2).dtype == np.float32
    assert sample(2).ravel().tolist() == [8, 9, 10, 11]
    assert np.array_equal(sample(7), sample(2))


def test_sizes_that_may_be_any_are_those_of_the_file() -> None:
    tensor = Tensor(name="wave", type="float32", shape=(1, None))
    assert samples_of(np.zeros((3, 7)), tensor, "file")(0).shape == (1, 7)
    assert samples_of(np.zeros((3, 4)), ROW, "file")(0).shape == (1, 4)


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 1, 2, 3), (5, 2, 2), (0, 1, 2, 2)])
def test_samples_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InstanceError, match="image: needs samples of shape 1 x 1 x 2 x 2"):
        samples_of(np.zeros(shape), IMAGE, "file")


def test_fractions_are_no_words() -> None:
    with pytest.raises(InstanceError, match="needs figures of type int64"):
        samples_of(np.zeros((2, 3)), WORDS, "file")


def test_arrays_are_read_from_numpy_files(tmp_path: Path) -> None:
    values = np.arange(8.0).reshape(2, 4)
    np.save(tmp_path / "x.npy", values)
    np.savez(tmp_path / "one.npz", anything=values)
    np.savez(tmp_path / "two.npz", label=np.zeros(2), row=values)
    for name in ("x.npy", "one.npz", "two.npz"):
        assert np.array_equal(read(tmp_path / name, "row"), values)


def test_csv_has_a_sample_per_row_with_or_without_header(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("p,q\n1,2\n3,4\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("1,2\n3,4.5\n", encoding="utf-8")
    whole, fractions = read(tmp_path / "a.csv", "x"), read(tmp_path / "b.csv", "x")
    assert whole.dtype == np.int64 and whole.tolist() == [[1, 2], [3, 4]]
    assert fractions.tolist() == [[1, 2], [3, 4.5]]


def test_rows_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2\n3\n4,x\n5,nan\n", encoding="utf-8")
    with pytest.raises(InstanceError) as caught:
        read(tmp_path / "a.csv", "x")
    assert [problem.path for problem in caught.value.problems] == ["row 2", "row 3", "row 4"]


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.csv"])
@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x93NUMPY", b"PK\x03\x04", b"\xff\xfe"])
def test_broken_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InstanceError):
        read(tmp_path / name, "x")


@pytest.mark.parametrize("name", ["missing.npy", "missing.csv", "x.pkl", "."])
def test_what_is_no_file_of_samples_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InstanceError):
        read(tmp_path / name, "x")


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "sprung",)

    np.save(tmp_path / "x.npy", np.array([Trap()], dtype=object))
    np.savez(tmp_path / "x.npz", x=np.array([Trap()], dtype=object))
    for name in ("x.npy", "x.npz"):
        with pytest.raises(InstanceError):
            read(tmp_path / name, "x")
    assert not (tmp_path / "sprung").exists()


def test_packed_arrays_that_are_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "x.npz", x=np.zeros(100_000))
    monkeypatch.setattr(samples, "MOST_BYTES", 10_000)
    with pytest.raises(InstanceError, match="is larger than 10000 bytes"):
        read(tmp_path / "x.npz", "x")
