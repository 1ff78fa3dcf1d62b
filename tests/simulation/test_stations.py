"""Queues against what is known of them: recursions, small cases by hand, formulas of queueing theory."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("simpy")

import simpy

from finopt.simulation.stations import SERVERS, Alone, Fifo, ProcessorSharing

Jobs = Sequence[tuple[float, float]]
"""When each arrives, by time, and its seconds of work."""


def left(kind: Any, jobs: Jobs) -> list[float]:
    """When each job is done."""
    environment = simpy.Environment()
    server = kind(environment)
    done = [0.0] * len(jobs)

    def job(number: int, arrives: float, work: float) -> Any:
        yield environment.timeout(arrives)
        yield server.served(work)
        done[number] = environment.now

    for number, (arrives, work) in enumerate(jobs):
        environment.process(job(number, arrives, work))
    environment.run()
    return done


def lindley(jobs: Jobs) -> list[float]:
    """First come, first served, by the recursion."""
    free, done = 0.0, []
    for arrives, work in jobs:
        free = max(free, arrives) + work
        done.append(free)
    return done


def shared(jobs: Jobs) -> list[float]:
    """Processor sharing, from one arrival or departure to the next."""
    now, present, done = 0.0, dict[int, float](), [0.0] * len(jobs)
    coming = list(enumerate(jobs))
    while coming or present:
        arrives = coming[0][1][0] if coming else float("inf")
        first = min(present, key=lambda j: present[j]) if present else None
        ends = now + present[first] * len(present) if first is not None else float("inf")
        step = min(arrives, ends)
        for number in present:
            present[number] -= (step - now) / len(present)
        now = step
        if first is not None and ends <= arrives:
            del present[first]
            done[first] = now
        else:
            number, (_, work) = coming.pop(0)
            present[number] = work
    return done


def drawn(seed: int, count: int, load: float) -> list[tuple[float, float]]:
    rng = random.Random(seed)
    arrivals = sorted(rng.uniform(0, count / load) for _ in range(count))
    return [(time, rng.choice((0.5, 1.0, rng.expovariate(1.0), 1e-6))) for time in arrivals]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("load", [0.3, 0.9, 1.5])
def test_queues_are_those_of_their_recursions(seed: int, load: float) -> None:
    jobs = drawn(seed, 200, load)
    assert left(Fifo, jobs) == pytest.approx(lindley(jobs), rel=1e-9)
    assert left(ProcessorSharing, jobs) == pytest.approx(shared(jobs), rel=1e-9)
    assert left(Alone, jobs) == pytest.approx([time + work for time, work in jobs], rel=1e-12)


def test_two_that_share() -> None:
    """2 s at 0, 1 s at 1: both at half speed from 1 on, the second is done at 3, as is the first."""
    assert left(ProcessorSharing, [(0.0, 2.0), (1.0, 1.0)]) == [3.0, 3.0]
    assert left(ProcessorSharing, [(0.0, 2.0), (1.0, 0.5)]) == [2.5, 2.0]
    assert left(Fifo, [(0.0, 2.0), (1.0, 0.5)]) == [2.0, 2.5]


def test_many_at_once() -> None:
    assert left(ProcessorSharing, [(1.0, 1.0)] * 10) == pytest.approx([11.0] * 10)
    assert left(Fifo, [(1.0, 1.0)] * 10) == [2.0 + i for i in range(10)]


def test_a_busy_period_leaves_no_rounding_to_the_next() -> None:
    """The clock is at 1e6 s; alone, work takes what it takes to its last place."""
    (last,) = left(ProcessorSharing, [(0.0, 1 / 3), (0.1, 1 / 7), (1e6, 1e-3)])[2:]
    assert last == 1e6 + 1e-3


def test_every_discipline_has_a_server() -> None:
    assert set(SERVERS) == {"none", "fifo", "processor-sharing"}
