"""The caller speaks to its partitions, wherever they are, and remembers what it said."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from finopt.heuristics.joint.distributed.commands import Command
from finopt.heuristics.joint.distributed.crew import Crew
from finopt.heuristics.joint.distributed.holder import Reply, Task, carry_out, forget
from finopt.heuristics.joint.distributed.partition import Setting
from finopt.heuristics.joint.distributed.sources import Source
from finopt.solvers.clock import Clock


class Conversation:
    """Commands to partitions, and their answers.

    Parameters
    ----------
    crew : Crew
    sources : sequence of Source
        Of the partitions.
    setting : Setting
    clock : Clock
        Workers get what is left of its time.
    """

    def __init__(self, crew: Crew, sources: Sequence[Source], setting: Setting, clock: Clock) -> None:
        self.crew, self.sources, self.setting = crew, sources, setting
        self.set_clock(clock)
        self._call = uuid.uuid4().hex
        self._said: list[list[Command]] = [[] for _ in sources]
        self.lost = 0

    @property
    def size(self) -> int:
        """Number of partitions."""
        return len(self.sources)

    def set_clock(self, clock: Clock) -> None:
        """The clock of what follows."""
        self.clock = self.crew.clock = clock

    def all(self, command: Command) -> list[Any]:
        """What all partitions say to a command."""
        return self.each(dict.fromkeys(range(self.size), command))

    def each(self, commands: Mapping[int, Command]) -> list[Any]:
        """What some partitions say to commands of their own, in the order of the commands.

        Raises
        ------
        BackendError
            Workers are lost again and again, or one of them says so.
        OutOfTimeError
            Ctrl-C was pressed, or a worker ran out of time.
        """
        tasks = {number: self._task(number, command) for number, command in commands.items()}
        replies = self.crew.results(carry_out, tasks, self._once_more(tasks))
        for number, command in commands.items():
            if command.changes:
                self._said[number].append(command)
        return [replies[number].value for number in commands]

    def end(self) -> None:
        """Let workers forget the partitions."""
        forget(self._call)
        self.crew.tell_all(forget, self._call)

    def _task(self, number: int, command: Command) -> Task:
        said, source = self._said[number], self.sources[number]
        known = source if source.light or not said else None
        left = self.clock.remaining
        return Task(self._call, number, len(said), command, (), known, self.setting, left)

    def _once_more(self, tasks: dict[int, Task]) -> Any:
        def whole(number: int, reply: Reply) -> Task | None:
            if reply.error is not None:
                raise reply.error
            if reply.has is None:
                return None
            self.lost += 1
            missed = tuple(self._said[number][max(reply.has, 0) :])
            return replace(tasks[number], missed=missed, source=self.sources[number])

        return whole
