"""Energy of this machine: counters of its processor packages (RAPL), where users may read them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

POWERCAP = Path("/sys/class/powercap")

MICRO = 1e-6


class Counter(Protocol):
    """Something that counts energy."""

    def joules(self) -> float:
        """Energy since the counter was made [J]; never less than before."""


class Rapl:
    """Counters of processor packages; they count all that a package does, also doing nothing.

    Parameters
    ----------
    zones : list of Path
        Folders with ``energy_uj`` and ``max_energy_range_uj``.
    """

    def __init__(self, zones: list[Path]) -> None:
        self._zones = [(zone / "energy_uj", _figure(zone / "max_energy_range_uj")) for zone in zones]
        self._last = [_figure(file) for file, _ in self._zones]
        self._total = 0

    def joules(self) -> float:
        """Energy of all packages since the counter was made [J]."""
        now = [_figure(file) for file, _ in self._zones]
        for (_, whole), before, after in zip(self._zones, self._last, now, strict=True):
            self._total += after - before + (whole if after < before else 0)  # they begin again at 0
        self._last = now
        return MICRO * self._total


def rapl(root: Path = POWERCAP) -> Rapl | None:
    """The counters of this machine; None where there are none or they cannot be read."""
    try:
        zones = [path.parent for path in sorted(root.glob("intel-rapl:*/name")) if _is_package(path)]
        return Rapl(zones) if zones else None
    except (OSError, ValueError):
        return None


def _is_package(name: Path) -> bool:
    return name.read_text(encoding="ascii").startswith("package")


def _figure(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))
