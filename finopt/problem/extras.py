"""Packages that only some users need: imported when they are needed, and named where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from finopt.problem.errors import BackendError


def extra_module(module: str, extra: str, what: str, otherwise: str = "") -> Any:
    """Import a module of an optional package.

    Parameters
    ----------
    module : str
        What to import, for example ``"pyarrow.parquet"``; the package it is in is returned.
    extra : str
        The extra of finopt that installs it.
    what : str
        What needs it, at the start of the message: ``"a Parquet table"``.
    otherwise : str
        What can be done without it: ``"use CSV"``.

    Raises
    ------
    BackendError
        It is not installed.
    """
    package = module.partition(".")[0]
    try:
        import_module(module)
    except ImportError as error:
        hint = f"pip install 'finopt[{extra}]'" + (f", or {otherwise}" if otherwise else "")
        raise BackendError(f"{what} needs {package}, which is not installed: {hint}") from error
    return import_module(package)
