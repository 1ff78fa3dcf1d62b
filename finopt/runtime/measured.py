"""What was measured of a model: quartiles, a profile of an instance, a table in CSV."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from finopt.io.importers.onnx import OnnxModel
from finopt.problem.model import Exit
from finopt.problem.profile import BlockMeasurement, ExitMeasurement, Profile

MODEL = "model"

NO_TIME = 1e-9
"""Seconds of an exit that computes nothing of its own: a profile needs a time."""

HEADER = ("model", "device", "block", "exit", "time_s", "energy_j", "q1_s", "q3_s", "source")


def rounded(figure: float) -> float:
    """To six significant digits: no clock is better.

    Examples
    --------
    >>> rounded(7.0810001489007846e-06)
    7.081e-06
    """
    return float(f"{figure:.6g}")


@dataclass(frozen=True)
class Timing:
    """Runs of one part.

    Attributes
    ----------
    kind : str
        ``"block"``, ``"exit"`` or ``"model"``.
    name : str
        Its id.
    seconds : tuple of float
        Each run [s].
    energy : float or None
        Mean energy of a run by a counter [J].
    """

    kind: str
    name: str
    seconds: tuple[float, ...]
    energy: float | None = None

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """First quartile, median and third quartile [s], to six digits."""
        several = self.seconds if len(self.seconds) > 1 else 2 * self.seconds
        low, middle, high = statistics.quantiles(several, n=4, method="inclusive")
        return rounded(low), rounded(middle), rounded(high)

    @property
    def median(self) -> float:
        """Median time of a run [s], to six digits."""
        return self.quartiles[1]


@dataclass(frozen=True)
class Measured:
    """Times and energies of the parts of a model on one device.

    Attributes
    ----------
    model : OnnxModel
    device : str
    source : str
        How they were measured.
    timings : tuple of Timing
        Of every block and head that ran at least once, and of the whole model.
    power : float or None
        Stated power [W].
    interrupted : bool
        Whether Ctrl-C ended it early.
    """

    model: OnnxModel
    device: str
    source: str
    timings: tuple[Timing, ...]
    power: float | None = None
    interrupted: bool = False

    @property
    def whole(self) -> Timing | None:
        """The model that is not cut, all its exits included."""
        return next((one for one in self.timings if one.kind == MODEL), None)

    @property
    def blocks(self) -> dict[str, Timing]:
        """Blocks that were measured, in order."""
        return {one.name: one for one in self.timings if one.kind == "block"}

    @property
    def exits(self) -> dict[str, Timing]:
        """Exits with a head that were measured."""
        return {one.name: one for one in self.timings if one.kind == "exit"}

    @property
    def missing(self) -> list[str]:
        """Blocks that were not measured, which so cannot run on the device."""
        return [block.id for block in self.model.model.blocks if block.id not in self.blocks]

    @property
    def parts_time(self) -> float:
        """Medians of all blocks and heads together [s]."""
        return sum(one.median for one in self.timings if one.kind != MODEL)

    def energy(self, timing: Timing) -> float | None:
        """Energy of a run [J]: by a counter, or stated power times median time; None when unknown."""
        if timing.energy is not None:
            return rounded(timing.energy)
        return None if self.power is None else rounded(self.power * timing.median)

    def profile(self) -> Profile:
        """As a part of an instance file of version 2.

        An exit that computes nothing of its own takes a nanosecond.
        """
        return Profile(
            model=self.model.model.id,
            device=self.device,
            source=self.source,
            blocks=tuple(
                BlockMeasurement(block=name, time=one.median, energy=self.energy(one))
                for name, one in self.blocks.items()
            ),
            exits=tuple(self._exit(exit_) for exit_ in self._measured_exits()),
        )

    def _measured_exits(self) -> Iterator[Exit]:
        return (exit_ for exit_ in self.model.model.exits if exit_.after in self.blocks)

    def _exit(self, exit_: Exit) -> ExitMeasurement:
        timing = self.exits.get(exit_.id)
        if timing is None:
            return ExitMeasurement(exit=exit_.id, time=NO_TIME)
        return ExitMeasurement(exit=exit_.id, time=timing.median, energy=self.energy(timing))

    def csv(self) -> str:
        """A row per block and exit; ``finopt build`` reads it.

        The columns are ``model,device,block,exit,time_s,energy_j,q1_s,q3_s,source``; of an exit the column
        ``block`` is empty.
        """
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(HEADER)
        profile, exits = self.profile(), self.exits
        for entry in profile.blocks:
            rows.writerow(self._row(entry.block, "", entry, self.blocks[entry.block]))
        for exit_ in profile.exits:
            rows.writerow(self._row("", exit_.exit, exit_, exits.get(exit_.exit)))
        return text.getvalue()

    def _row(
        self, block: str, exit_: str, entry: BlockMeasurement | ExitMeasurement, timing: Timing | None
    ) -> list[object]:
        low, _, high = timing.quartiles if timing else ("", "", "")
        energy = "" if entry.energy is None else entry.energy
        return [self.model.model.id, self.device, block, exit_, entry.time, energy, low, high, self.source]
