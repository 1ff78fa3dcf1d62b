"""Memory of a run alone: making an instance can take more than solving it. Linux only, else unknown."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

PROCESS = Path("/proc/self")


def begin() -> float | None:
    """Hand back what is free and forget the largest resident size so far; the present one [10^6 byte]."""
    with contextlib.suppress(OSError, AttributeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    try:
        (PROCESS / "clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return None
    return _status("VmRSS")


def peak() -> float | None:
    """Largest resident size since `begin` [10^6 byte]."""
    return _status("VmHWM")


def _status(name: str) -> float | None:
    try:
        lines = (PROCESS / "status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(found[0]) * 1024 / 1e6 if found else None
