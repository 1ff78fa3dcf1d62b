"""Executors that do what they are told at once, and misbehave when they are asked to."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from typing import Any

from finopt.heuristics.joint.distributed import holder


class AtOnce(Executor):
    """Carries out every call when it is submitted; what travels is pickled as between processes.

    ``before`` is called with the number of every call, counted from 1: what it raises is the outcome.
    """

    def __init__(self, before: Callable[[int], None] = lambda number: None) -> None:
        self.calls = 0
        self.before = before
        self.sent: list[Any] = []

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls += 1
        future: Future[Any] = Future()
        try:
            self.before(self.calls)
            travelled = pickle.loads(pickle.dumps(args))
            self.sent.append(travelled)
            future.set_result(pickle.loads(pickle.dumps(function(*travelled, **kwargs))))
        except Exception as error:
            future.set_exception(error)
        return future


def forgetful(every: int) -> AtOnce:
    """Loses all that it holds before every so many calls."""

    def lose(number: int) -> None:
        if number % every == 0:
            holder._held.clear()

    return AtOnce(lose)


def dying(*numbers: int) -> AtOnce:
    """Dies in these calls, and loses all that it holds."""

    def die(number: int) -> None:
        if number in numbers:
            holder._held.clear()
            raise CancelledError("the worker died")

    return AtOnce(die)


def losing_answers(*numbers: int) -> AtOnce:
    """Carries these calls out, and then nobody hears the answer."""
    executor = AtOnce()
    submit = executor.submit

    def deaf(function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = submit(function, *args, **kwargs)
        if executor.calls in numbers:
            lost: Future[Any] = Future()
            lost.set_exception(CancelledError("the answer got lost"))
            return lost
        return future

    executor.submit = deaf  # type: ignore[method-assign]
    return executor
