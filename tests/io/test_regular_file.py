"""Bytes are read up to a limit, and memory for the limit is not asked for."""

from __future__ import annotations

import io

import pytest

from finopt.io.regular_file import PIECE, read_at_most


class Counting(io.BytesIO):
    """Notes how much is asked for at once."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.largest = max(self.largest, size or 0)
        return super().read(size)


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 12, 50])
@pytest.mark.parametrize("expected", [0, 1, 9, 10, 11, 100])
def test_one_byte_beyond_the_limit_is_read_and_no_more(size: int, expected: int) -> None:
    content = bytes(range(size))
    assert read_at_most(io.BytesIO(content), 10, expected) == content[:11]


@pytest.mark.parametrize("expected", [0, 5])
def test_no_more_is_asked_for_than_a_piece_or_what_is_expected(expected: int) -> None:
    file = Counting(b"x" * 5)
    assert read_at_most(file, 2**40, expected) == b"x" * 5
    assert file.largest <= PIECE


def test_long_content_comes_whole_without_being_expected() -> None:
    content = bytes(3 * PIECE + 7)
    assert read_at_most(Counting(content), 2**40) == content
