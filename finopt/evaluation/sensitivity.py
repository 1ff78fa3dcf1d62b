"""What limits an answer, and what more of it would save: the shape of what `finopt.sensitivity` finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finopt.problem.formatting import amount, counted, percent, quantity
from finopt.problem.objective import FIGURES, Figure

UNITS = {"latency": "s", "compute": "op/s", "memory": "B", "bandwidth": "bit/s", "energy": "J", "carbon": "g"}

OWN = ("latency", "accuracy", *FIGURES)
"""Limits of an application itself."""


@dataclass(frozen=True)
class Limit:
    """A limit and what an answer uses of it.

    Attributes
    ----------
    kind : {"latency", "accuracy", "energy", "carbon", "cost", "compute", "memory", "bandwidth"}
    id : str
        Of the application, node or directed link that has it.
    limit, used : float
        In s, J, g, currency, op/s, byte or bit/s; an accuracy as it is.
    binds : bool or None
        Whether the optimum would cost less without it, or a capacity is used up (what slices reserve may use
        it up and not bind); None: there was no time to prove it, or it is that of a link with slices.
    """

    kind: str
    id: str
    limit: float
    used: float
    binds: bool | None

    @property
    def slack(self) -> float:
        """How much is left, in the unit of the limit."""
        return self.used - self.limit if self.kind == "accuracy" else self.limit - self.used

    @property
    def name(self) -> str:
        """What it is called where there is one application."""
        return self.kind if self.kind in OWN else f"{self.kind} of {self.id!r}"

    def shown(self, value: float) -> str:
        """A figure with the unit of the limit."""
        return quantity(value, UNITS[self.kind]) if self.kind in UNITS else f"{value:.4g}"

    def __repr__(self) -> str:
        """Name, limit and what is left of it."""
        state = {True: "binds", False: "does not bind", None: "may bind"}[self.binds]
        figures = f"{self.shown(self.limit)} {state}, slack {self.shown(self.slack)}"
        return f"<Limit: {self.name} {figures}>"


@dataclass(frozen=True)
class Sensitivity:
    """What limits one application.

    Attributes
    ----------
    energy : float or None
        The least energy per inference within all limits [J]; of another figure where that is minimised.
    limits : tuple of Limit
        Latency and accuracy, further limits of the application, then the capacities that the answer uses or
        that bind.
    millisecond : float or None
        Energy per inference that a latency limit 1 ms longer would save [J].
    point : float or None
        Energy per inference that an accuracy target 0.01 lower would save [J].
    figure : {"energy", "carbon", "cost"}
        What is minimised, and these are of.

    Notes
    -----
    Energies are differences of proven optima; None: there was no time to prove one.
    """

    energy: float | None
    limits: tuple[Limit, ...]
    millisecond: float | None
    point: float | None
    figure: Figure = "energy"

    @property
    def binding(self) -> tuple[Limit, ...]:
        """The limits that bind."""
        return tuple(limit for limit in self.limits if limit.binds)

    def saving(self, energy: float | None) -> str:
        """A saving in words, with its share of the least energy."""
        if energy is None or self.energy is None:
            return "an unknown amount"
        share = f" ({percent(energy / self.energy)})" if energy else ""
        return amount(energy, self.figure) + share

    def __repr__(self) -> str:
        """What binds, and what more would save, on one line."""
        names = ", ".join(f"{each.name} ({each.shown(each.limit)})" for each in self.binding)
        verb = "bind" if len(self.binding) > 1 else "binds"
        saves = f"1 ms more saves {self.saving(self.millisecond)}"
        return (
            f"<Sensitivity: {names or 'no limit'} {verb}; {saves}, 0.01 accuracy {self.saving(self.point)}>"
        )


@dataclass(frozen=True)
class JointSensitivity:
    """What limits several applications.

    Attributes
    ----------
    prices : tuple of mapping
        What one more unit of each scarce capacity would save, dearest first: ``kind``, ``id``, ``price``
        [W per unit], ``unit``. Only method "fin" tells.
    latency : tuple of str or None
        The applications that would cost less without their latency limit, each on its own, at these prices.
        None: there was no time to tell.
    """

    prices: tuple[Mapping[str, Any], ...]
    latency: tuple[str, ...] | None

    def __repr__(self) -> str:
        """How much of what is scarce, on one line."""
        scarce = f"{len(self.prices)} scarce {'capacity' if len(self.prices) == 1 else 'capacities'}"
        bound = "an unknown number" if self.latency is None else counted(len(self.latency), "application")
        return f"<JointSensitivity: {scarce}, latency binds for {bound}>"
