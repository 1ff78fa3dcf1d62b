"""What the options of methods may be: one table, for Python and the command line alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral, Real
from reprlib import repr as short
from typing import Any, Literal, get_args

from finopt.problem.objective import FIGURES

LARGEST_GAMMA = 10**8
"""Beyond, the tolerance would exceed a level and rounding down would no longer be a relaxation."""

LARGEST_SEED = 2**63 - 1

MOST_THREADS = 1024
"""Solvers start as many threads as they are told to; far more than there are cores end the process."""

LamRule = Literal["bound", "levels"]
"""What FIN's lambda measures."""

OnInterrupt = Literal["raise", "return"]
"""What Ctrl-C makes of a call: `finopt.Interrupted`, or its answer so far."""

Admit = Literal["all", "best"]
"""Whether all of several applications must be placed, or as many as can be."""

WHOLE, NUMBER, FLAG = "a whole number", "a number", "True or False"
"""Kinds of options."""


class OptionError(ValueError):
    """An option has a value that it cannot take."""


@dataclass(frozen=True)
class Rule:
    """The values that an option takes: of one kind, in a range; None where it is optional.

    The ends belong to the range, unless it is ``inner``: then they do not.
    """

    kind: str
    low: float = 0
    high: float = math.inf
    optional: bool = False
    inner: bool = False

    def checked(self, name: str, value: Any) -> Any:
        """The value as a plain number; numbers of numpy, for example, are no hindrance.

        Raises
        ------
        TypeError
            It is of another kind.
        OptionError
            It is out of the range.
        """
        if value is None and self.optional:
            return None
        if not _is_of(self.kind, value):
            raise TypeError(f"{name} must be {self.kind}{self._or_none()}, got {short(value)}")
        if self.kind == FLAG:
            return bool(value)
        inside = self.low < value < self.high if self.inner else self.low <= value <= self.high
        if not inside:
            raise OptionError(f"{name} must be {self._range()}, got {short(value)}")
        return int(value) if self.kind == WHOLE else _float(value)

    def _range(self) -> str:
        if self.inner:
            return f"above {self.low} and finite"
        if math.isinf(self.high):
            return f"at least {self.low}"
        return f"between {self.low} and {self.high}"

    def _or_none(self) -> str:
        return " or None" if self.optional else ""


@dataclass(frozen=True)
class Choice:
    """The words of which an option is one."""

    words: tuple[str, ...]

    def checked(self, name: str, value: Any) -> str:
        """The word.

        Raises
        ------
        OptionError
            It is none of them.
        """
        if not isinstance(value, str) or value not in self.words:
            raise OptionError(f"{name} must be {' or '.join(map(repr, self.words))}, got {short(value)}")
        return str(value)


@dataclass(frozen=True)
class FlagOrCallable:
    """True or False, or what is called with something."""

    def checked(self, name: str, value: Any) -> Any:
        """The flag or the callable.

        Raises
        ------
        TypeError
            It is neither.
        """
        if callable(value):
            return value
        if not _is_of(FLAG, value):
            raise TypeError(f"{name} must be {FLAG} or a callable, got {short(value)}")
        return bool(value)


@dataclass(frozen=True)
class Submitter:
    """None, or what takes calls like a `concurrent.futures.Executor`."""

    def checked(self, name: str, value: Any) -> Any:
        """What takes calls.

        Raises
        ------
        TypeError
            It takes none.
        """
        if value is not None and not callable(getattr(value, "submit", None)):
            what = "a concurrent.futures.Executor or None"
            raise TypeError(f"{name} must be {what}, got {short(value)}")
        return value


ABOVE_ZERO = Rule(NUMBER, inner=True)
GAMMA = Rule(WHOLE, 1, LARGEST_GAMMA)

AnyRule = Rule | Choice | FlagOrCallable | Submitter

RULES: dict[str, AnyRule] = {
    "time_limit": Rule(NUMBER, optional=True),
    "memory_limit": Rule(NUMBER, optional=True),
    "seed": Rule(WHOLE, high=LARGEST_SEED),
    "threads": Rule(WHOLE, 0, MOST_THREADS),
    "progress": FlagOrCallable(),
    "on_interrupt": Choice(get_args(OnInterrupt)),
    "objective": Choice(FIGURES),
    "gap": Rule(NUMBER, high=1),
    "gamma": replace(GAMMA, optional=True),
    "lam": Rule(NUMBER, optional=True),
    "lam_rule": Choice(get_args(LamRule)),
    "admit": Choice(get_args(Admit)),
    "max_gamma": GAMMA,
    "max_labels": Rule(WHOLE, 1),
    "reduce": Rule(FLAG),
    "certify": Rule(FLAG),
    "max_latency": Rule(NUMBER, optional=True, inner=True),
    "workers": Rule(WHOLE, 1, optional=True),
    "ahead": Rule(WHOLE, 1, optional=True),
    "executor": Submitter(),
}
"""Options by name; ``weights`` have rules of their own and are checked by their method."""


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with plain numbers as values; see the rules' ``checked`` for what it raises.

    Examples
    --------
    >>> checked({"time_limit": 5, "admit": "all"})
    {'time_limit': 5.0, 'admit': 'all'}
    >>> checked({"threads": -1})
    Traceback (most recent call last):
    finopt.problem.options.OptionError: threads must be between 0 and 1024, got -1
    """
    return {
        name: RULES[name].checked(name, value) if name in RULES else value for name, value in options.items()
    }


def _is_of(kind: str, value: Any) -> bool:
    is_flag = isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")  # numpy's have both names
    if kind == FLAG:
        return is_flag
    return not is_flag and isinstance(value, Integral if kind == WHOLE else Real)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number beyond all floats
        return math.inf
