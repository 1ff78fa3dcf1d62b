"""One clock per call."""

from __future__ import annotations

import math

import pytest

from finopt.solvers import clock as module
from finopt.solvers.clock import Clock, OutOfTimeError
from tests.fake_time import FakeTime


def test_an_earlier_clock_began_with_the_call_and_ends_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    time = FakeTime(monkeypatch, module)
    clock = Clock(100.0)
    time.advance(10.0)
    earlier = clock.earlier(30.0)
    assert (earlier.limit, clock.limit) == (70.0, 100.0)
    assert earlier.elapsed == clock.elapsed == 10.0
    assert (earlier.remaining, clock.remaining) == (60.0, 90.0)
    time.advance(60.0)
    assert earlier.expired
    assert not clock.expired


def test_more_than_there_is_leaves_nothing() -> None:
    earlier = Clock(1.0).earlier(2.0)
    assert earlier.expired
    with pytest.raises(OutOfTimeError):
        earlier.check()


def test_without_a_limit_there_is_none_earlier() -> None:
    assert Clock().earlier(10.0).limit == math.inf
