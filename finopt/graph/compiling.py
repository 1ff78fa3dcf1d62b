"""numba's compiler, where Ctrl-C cannot hit it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finopt.clock import Clock
from finopt.solvers import background


def machine_code(function: Callable[..., Any]) -> Any:
    """A function that numba compiles, or reads from its cache, for the types of its arguments."""
    import numba

    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no directory where the cache could be written
        return numba.njit(nogil=True)(function)


def compile_for(code: Any, args: tuple[Any, ...]) -> None:
    """Compile for arguments of these types, in the background: nothing else stops a compiler.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C was pressed; the compiler is left alone and its work will be there another time.
    """
    import numba

    types = tuple(numba.typeof(value) for value in args)
    if not background.run(lambda: code.compile(types), _cannot_be_stopped, Clock()):
        raise KeyboardInterrupt


def _cannot_be_stopped() -> None:
    """A compiler goes on until it is done."""
