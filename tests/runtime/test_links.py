"""Links as they would be, with a clock that the test turns."""

from __future__ import annotations

import asyncio

import pytest

from finopt.runtime import links
from finopt.runtime.links import Links, until
from finopt.runtime.manifest import LinkPlan


def link(name: str, bandwidth: float, delay: float) -> LinkPlan:
    source, target = name.split("->")
    return LinkPlan(id=name, source=source, target=target, bandwidth=bandwidth, delay=delay, energy=0)


LINKS = [link("a->b", 1000.0, 0.5), link("b->c", 100.0, 0.25)]


def test_a_transfer_takes_bits_over_bandwidth_and_delay_hop_after_hop() -> None:
    assert Links(LINKS).arrival(["a->b", "b->c"], 200, 10.0) == pytest.approx(10 + 0.2 + 0.5 + 2 + 0.25)


def test_nothing_that_stays_takes_time() -> None:
    assert Links(LINKS).arrival([], 200, 10.0) == 10.0


def test_what_is_sent_while_a_link_is_busy_waits() -> None:
    emulated = Links(LINKS)
    assert emulated.arrival(["b->c"], 100, 0.0) == 1.25
    assert emulated.arrival(["b->c"], 100, 0.5) == 2.25  # starts when the first is sent, at 1
    assert emulated.arrival(["b->c"], 100, 5.0) == 6.25  # free again
    assert emulated.arrival(["a->b"], 1000, 0.0) == 1.5  # another link


def test_waiting_sleeps_to_shortly_before_and_then_looks_at_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time, slept = [100.0], []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        time[0] += seconds

    def clock() -> float:
        time[0] += 1e-4
        return time[0]

    monkeypatch.setattr(links.asyncio, "sleep", sleep)
    asyncio.run(until(100.5, clock))
    assert len(slept) == 1 and slept[0] == pytest.approx(0.5 - links.SPIN, abs=2e-4)
    assert 100.5 <= time[0] < 100.5 + 2e-4


def test_a_moment_that_is_over_is_not_waited_for() -> None:
    asyncio.run(until(1.0, lambda: 2.0))
