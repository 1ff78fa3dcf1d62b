"""What the bounds say of every application of the joint model as if it were alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from finopt.formulations.arcflow import ArcFlow
from finopt.graph import bounds
from finopt.graph.reduction import Reduction
from finopt.problem.array_types import Ints
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.progress import part, report


@dataclass
class Alone:
    """What the bounds say of every application as if it were alone.

    It sets the scale of the objective, and stands in when HiGHS runs out of time with less.

    Attributes
    ----------
    paths : dict of int to (k, path)
        The incumbent of each application, by its arcs.
    upper, lower : dict of int to float
        What it costs, and a bound on what it costs at least [W]; of all that were looked at.
    missing : bool
        Whether some application has no path, or was not looked at.
    """

    paths: dict[int, tuple[int, Ints]] = field(default_factory=dict)
    upper: dict[int, float] = field(default_factory=dict)
    lower: dict[int, float] = field(default_factory=dict)
    missing: bool = True

    @classmethod
    def each(cls, flow: ArcFlow, clock: Clock) -> Alone:
        """As far as time allows."""
        alone = cls()
        try:
            for h, own in flow.own.items():
                clock.check()
                report("bounds of applications", h)
                with part(f"application {h}"):
                    alone._add(h, [(k, bounds.reduce(flow.graphs[k], clock=clock)) for k in own])
            alone.missing = len(alone.paths) < len(flow.own)
        except CUT_SHORT as stop:
            clock.ended_by(stop)
        return alone

    def _add(self, h: int, states: list[tuple[int, Reduction]]) -> None:
        self.lower[h] = min(state.lower for _, state in states)
        for k, state in states:
            if state.path is not None and state.upper < self.upper.get(h, math.inf):
                self.upper[h], self.paths[h] = state.upper, (k, state.path)

    @property
    def power(self) -> float:
        """What they would need together."""
        return sum(self.upper.values())

    @property
    def bound(self) -> float:
        """What they need at least together, as far as it is known; inf: one of them cannot be placed."""
        return sum(self.lower.values())
