"""Run a solver so that Ctrl-C asks it to stop instead of losing what it has found."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

POLL = 0.05
"""Seconds between two looks at the keyboard."""


def run(work: Callable[[], Any], cancel: Callable[[], Any], limit: float) -> bool:
    """Do the work in a thread, and cancel it on Ctrl-C or when the seconds are used up.

    Returns
    -------
    bool
        Whether Ctrl-C was pressed. The work has ended in any case.

    Raises
    ------
    BaseException
        Whatever the work raised.
    """
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=guarded, daemon=True)
    thread.start()
    interrupted = False
    waited = 0.0
    while thread.is_alive():
        try:
            thread.join(POLL)
            waited += POLL
            if waited >= limit:
                cancel()
        except KeyboardInterrupt:
            interrupted = True
            cancel()
    if errors:
        raise errors[0]
    return interrupted
