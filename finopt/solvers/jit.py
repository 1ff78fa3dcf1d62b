"""Compile a loop once it has had much to do."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from finopt.solvers import background
from finopt.solvers.clock import Clock
from finopt.solvers.memory import COMPILER, LOOP, reserve

PATIENCE = math.inf if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0" else 100_000
"""Steps (about a microsecond each in Python) after which a kernel is compiled or read from the cache.

Never where ``NUMBA_DISABLE_JIT=1`` switches the compiler off: coverage is then measured in kernels too.
"""


class Kernel:
    """A loop that runs as Python at first and as machine code once it has had much to do."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.python = function
        self.steps = 0
        self._compiled: Callable[..., Any] | None = None
        self._ready = False

    @property
    def compiled(self) -> Any:
        """The machine code; compiled, or read from numba's cache, on first use."""
        if self._compiled is None:
            reserve(LOOP if "numba" in sys.modules else COMPILER, "compile a loop")
            import numba

            try:
                self._compiled = numba.njit(cache=True, nogil=True)(self.python)
            except RuntimeError:  # no directory where the cache could be written
                self._compiled = numba.njit(nogil=True)(self.python)
        return self._compiled

    def __call__(self, steps: int, *args: Any) -> Any:
        """Run on inputs that take about this many steps.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C was pressed while the compiler was at work.
        """
        self.steps += steps
        if self.steps < PATIENCE:
            with np.errstate(over="ignore"):  # random numbers wrap around, as they do in machine code
                return self.python(*args)
        if not self._ready:
            self._compile(args)
        try:
            return self.compiled(*args)
        except SystemError as error:  # what a KeyboardInterrupt during the loop becomes
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise KeyboardInterrupt from error
            raise

    def _compile(self, args: tuple[Any, ...]) -> None:
        """Compile for arguments of these types, in the background: nothing else stops a compiler."""
        import numba

        types = tuple(numba.typeof(value) for value in args)
        if not background.run(lambda: self.compiled.compile(types), _cannot_be_stopped, Clock()):
            raise KeyboardInterrupt
        self._ready = True


def _cannot_be_stopped() -> None:
    """A compiler goes on until it is done."""
