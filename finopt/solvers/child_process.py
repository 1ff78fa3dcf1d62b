"""What processes that work for this one have in common, whoever starts them."""

from __future__ import annotations

import signal
from contextlib import suppress

ONE_THREAD = {f"{pool}_NUM_THREADS": "1" for pool in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
"""Variables of the environment: there is a process per core already, or a solver with threads of its own."""


def how_ended(code: int) -> str:
    """What the exit code of a process says.

    Examples
    --------
    >>> how_ended(3), how_ended(-9)
    ('ended with exit code 3', 'was killed by SIGKILL')
    """
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"was killed by signal {-code}"
