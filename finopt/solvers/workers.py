"""Several threads for one call: the work is divided in the same way however many there are."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


AHEAD = 2
"""Items per thread that are begun before the first of their answers is asked for."""


def in_order(work: Callable[[Item], Answer], items: Iterable[Item], threads: int) -> Iterator[Answer]:
    """The answers of ``work`` to all items, in their order.

    Parameters
    ----------
    work : callable
        Must not touch what the work on another item touches. What it raises is raised here, and the items
        that were not begun are left out.
    items : iterable
    threads : int
        With one, everything happens in the thread that asks, item by item.

    Examples
    --------
    >>> list(in_order(abs, [-1, 2, -3], threads=2))
    [1, 2, 3]
    """
    if threads == 1:
        yield from map(work, items)
        return
    rest, begun = iter(items), deque[Future[Answer]]()
    with ThreadPoolExecutor(threads) as pool:
        try:
            while True:
                for item in itertools.islice(rest, AHEAD * threads - len(begun)):
                    begun.append(pool.submit(copy_context().run, work, item))
                if not begun:
                    return
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()
