"""Warnings of files as the command line shows them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from finopt.cli.streams import say
from finopt.problem.errors import InstanceWarning


@contextmanager
def one_line_warnings() -> Iterator[None]:
    """Every warning of a file is a line on standard error; what other packages warn of stays as it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", InstanceWarning)
        usual = warnings.showwarning

        def show(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, InstanceWarning):
                say(f"warning: {message}", error=True)
            else:
                usual(message, category, *where, **more)

        warnings.showwarning = show
        yield
