"""One clock per call."""

from __future__ import annotations

import math

import pytest

from finopt.clock import Clock, OutOfTimeError


def test_an_earlier_clock_began_with_the_call_and_ends_before_it() -> None:
    clock = Clock(100.0)
    earlier = clock.earlier(30.0)
    assert earlier.limit == 70.0
    assert clock.limit == 100.0
    assert abs(earlier.elapsed - clock.elapsed) < 1.0
    assert earlier.remaining <= 70.0


def test_more_than_there_is_leaves_nothing() -> None:
    earlier = Clock(1.0).earlier(2.0)
    assert earlier.expired
    with pytest.raises(OutOfTimeError):
        earlier.check()


def test_without_a_limit_there_is_none_earlier() -> None:
    assert Clock().earlier(10.0).limit == math.inf
