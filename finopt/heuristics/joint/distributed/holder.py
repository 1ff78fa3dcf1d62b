"""What a worker does: it holds partitions, and carries out commands on them.

A worker may lose its partitions at any time, with its process, and another one may be asked in its place.
Then it is short of commands: it says how many it has carried out, and gets the rest.
"""

from __future__ import annotations

import math
import pickle
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

from finopt.heuristics.joint.distributed.commands import Command
from finopt.heuristics.joint.distributed.partition import Partition, Setting
from finopt.heuristics.joint.distributed.sources import Source
from finopt.problem.errors import BackendError
from finopt.solvers.clock import Clock

CALLS = 2
"""Calls of which partitions are held at a time: what a caller that died left behind makes room in the end."""


@dataclass(frozen=True, eq=False)
class Task:
    """A command to a partition.

    Attributes
    ----------
    call : str
        Names the joint solve.
    number : int
        Of the partition.
    done : int
        How many commands that change the partition were carried out before.
    command : Command
    missed : tuple of Command
        The last of those before, for a worker that has not carried them out.
    source : Source or None
        None: the worker has it.
    setting : Setting
    seconds : float
        How long it may take.
    """

    call: str
    number: int
    done: int
    command: Command
    missed: tuple[Command, ...]
    source: Source | None
    setting: Setting
    seconds: float


class Reply(NamedTuple):
    """What a worker says: a value, an exception, or that it has carried out too few commands: so many.

    ``has`` is -1 where it does not hold the partition at all.
    """

    value: Any = None
    error: BaseException | None = None
    has: int | None = None


@dataclass
class _Held:
    """A partition, how many commands it has carried out, and what it said to the last.

    ``lock``: a caller that was interrupted may ask again while a command is still carried out.
    """

    partition: Partition | None = None
    done: int = 0
    last: Any = None
    lock: Any = field(default_factory=Lock)


_held: OrderedDict[str, defaultdict[int, _Held]] = OrderedDict()
_lock = Lock()


def carry_out(task: Task) -> Reply:
    """Carry out a command, or say what is missing for it."""
    try:
        clock = Clock(None if math.isinf(task.seconds) else task.seconds)
        return _carried_out(task, clock)
    except BaseException as error:
        return Reply(error=_that_travels(error))


def forget(call: str) -> None:
    """Let go of the partitions of a call."""
    with _lock:
        _held.pop(call, None)


def _carried_out(task: Task, clock: Clock) -> Reply:
    held = _of_call(task.call)[task.number]
    with held.lock:
        if held.done > task.done + task.command.changes:
            held.partition = None  # it went on without the caller, who was interrupted
        if held.partition is None:
            if task.source is None or len(task.missed) < task.done:
                return Reply(has=-1)
            held.partition = Partition(task.number, task.source, task.setting, clock)
            held.done = 0
        if held.done > task.done:
            return Reply(value=held.last)  # it was carried out, and the answer got lost
        behind = task.done - held.done
        if behind > len(task.missed):
            return Reply(has=held.done)
        for command in task.missed[len(task.missed) - behind :]:
            _apply(held, command, clock)
        return Reply(value=_apply(held, task.command, clock))


def _apply(held: _Held, command: Command, clock: Clock) -> Any:
    assert held.partition is not None
    held.partition.set_clock(clock)
    answer = command.carry_out(held.partition)
    if command.changes:
        held.done += 1
        held.last = answer
    return answer


def _of_call(call: str) -> defaultdict[int, _Held]:
    with _lock:
        mine = _held.setdefault(call, defaultdict(_Held))
        _held.move_to_end(call)
        while len(_held) > CALLS:
            _held.popitem(last=False)
    return mine


def _that_travels(error: BaseException) -> BaseException:
    """The exception, or what it says: not every exception can be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return BackendError(f"{type(error).__name__}: {error}")
    return error
