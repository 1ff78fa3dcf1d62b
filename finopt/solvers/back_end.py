"""Load the package of a solver when it is first needed."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from finopt.problem.errors import BackendError
from finopt.solvers.memory import SOLVER, reserve


def load(module: str, name: str, hint: str) -> Any:
    """A solver's module.

    Parameters
    ----------
    module : str
        Its full name.
    name, hint : str
        What people call the solver, and what to install where it is missing.

    Raises
    ------
    BackendError
        It cannot be imported.
    MemoryError
        There is no room to load it.
    """
    if module.partition(".")[0] not in sys.modules:
        reserve(SOLVER, f"load {name}")
    try:
        return import_module(module)
    except ImportError as error:
        raise BackendError(f"{name} is not available ({error}): {hint}") from error
