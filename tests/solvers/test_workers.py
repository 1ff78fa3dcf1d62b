"""Work in several threads: answers in order, what is raised comes through, the rest is left out."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from finopt.solvers.interruption import current, noted
from finopt.solvers.workers import AHEAD, cores, in_order


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_answers_come_in_the_order_of_the_items(threads: int) -> None:
    assert list(in_order(lambda n: n * n, range(50), threads)) == [n * n for n in range(50)]
    assert list(in_order(abs, [], threads)) == []


def test_two_items_are_worked_on_at_once() -> None:
    both = threading.Barrier(2, timeout=60)
    assert len(list(in_order(lambda _: both.wait(), range(2), threads=2))) == 2


def test_one_thread_is_the_one_that_asks() -> None:
    assert set(in_order(lambda _: threading.get_ident(), range(3), threads=1)) == {threading.get_ident()}


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_raised_comes_through_and_the_rest_is_not_begun(threads: int) -> None:
    begun: list[int] = []

    def work(n: int) -> int:
        begun.append(n)
        if n == 3:
            raise KeyError(n)
        return n

    with pytest.raises(KeyError, match="3"):
        list(in_order(work, range(1000), threads))
    assert len(begun) <= 4 + AHEAD * threads


def test_items_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield n

    answers = in_order(abs, items(), threads=2)
    next(answers)
    assert len(taken) <= AHEAD * 2 + 1
    answers.close()  # type: ignore[attr-defined]


def test_all_threads_hear_of_ctrl_c() -> None:
    with noted() as interrupt:
        assert all(one is interrupt for one in in_order(lambda _: current(), range(6), threads=3))


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1
