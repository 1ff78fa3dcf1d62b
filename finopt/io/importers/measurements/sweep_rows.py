"""What a sweep of thresholds says: settings, each a configuration and the thresholds that led to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from finopt.problem.model import Configuration


@dataclass(frozen=True)
class SweepRow:
    """One setting.

    Attributes
    ----------
    configuration : Configuration
        Exits, shares and accuracy.
    thresholds : mapping of str to float
        Confidence threshold by exit, as the file has it.
    row : int
        Where it stands, from 1.
    """

    configuration: Configuration
    thresholds: Mapping[str, float] = field(default_factory=dict)
    row: int = 0


@dataclass(frozen=True)
class Sweep:
    """What a file says; of settings with the same exits, shares and accuracy only the first is listed."""

    rows: tuple[SweepRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def configurations(self) -> tuple[Configuration, ...]:
        """The settings as configurations of a model, in the order of the file."""
        return tuple(row.configuration for row in self.rows)


def setting(
    shares: Mapping[str, float], accuracy: float, thresholds: Mapping[str, float], row: int
) -> SweepRow:
    """A row of shares by exit, in block order."""
    configuration = Configuration(exits=tuple(shares), shares=tuple(shares.values()), accuracy=accuracy)
    return SweepRow(configuration, thresholds, row)


def threshold_fault(value: float) -> str:
    """What is wrong with a threshold; entropies may be above 1."""
    return "" if -1e300 < value < 1e300 else "must be a finite number"
