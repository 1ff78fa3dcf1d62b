"""What every method is told beside what to solve and its own options.

A method is a function ``solve(instance, call, *, options)``: an `Instance` or `ResourceGraph` within its
capabilities, the `Call`, and the options that only it has, by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from finopt.solvers.clock import Clock


@dataclass(frozen=True)
class Call:
    """One call of a method, as :func:`finopt.solve` makes it; the options are checked.

    Attributes
    ----------
    clock : Clock
        Of building, solving and checking together; its limit is ``time_limit``.
    seed : int
        Of methods that draw random numbers, and of the solvers behind others.
    threads : int
        For methods and solvers that can use several.
    """

    clock: Clock = field(default_factory=Clock)
    seed: int = 0
    threads: int = 1
