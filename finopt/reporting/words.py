"""Names as a page and its pictures can show them; figures as scripts can read them."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

from finopt.problem.errors import printable
from finopt.problem.formatting import quantity

LONGEST = 80
"""Characters of a name that the page shows."""

IN_PICTURES = 22
"""Characters of a name beside a bar: a phone has room for so many."""

ISOLATE, END = "\u2068", "\u2069"
"""Around a name in a picture: letters that are written from the right do not turn what stands beside them."""


def short(name: str, most: int = LONGEST) -> str:
    """As much of a name as there is room for, on one line; half surrogate pairs are spelled out."""
    text = printable(name[: most + 1])
    line = "".join(sign if sign.isprintable() else " " for sign in text)
    return line if len(line) <= most else line[: most - 1] + "…"


def in_picture(name: str, most: int = IN_PICTURES) -> str:
    """A name in a picture of plotly's, which takes a few HTML tags for markup."""
    return ISOLATE + html.escape(short(name, most), quote=False) + END


def number(value: float) -> float | None:
    """A figure for scripts: JSON has no infinity, and nobody sees a seventh digit."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def scaled(values: Iterable[float], unit: str) -> tuple[float, str]:
    """What figures are to be multiplied with, and the unit they then have: one for all of them."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    name = quantity(largest, unit).split()[1] if largest else unit
    return quantity_factor(name, unit), name


def quantity_factor(name: str, unit: str) -> float:
    """The factor from a unit to one with a prefix.

    Examples
    --------
    >>> quantity_factor("ms", "s"), quantity_factor("kW", "W")
    (1000.0, 0.001)
    """
    exponents = {"p": 12, "n": 9, "µ": 6, "m": 3, "": 0, "k": -3, "M": -6, "G": -9, "T": -12, "P": -15}
    return float(10.0 ** exponents[name.removesuffix(unit)])


def run_of(names: Sequence[str]) -> str:
    """Consecutive blocks in a word or a few."""
    shown = [short(name, 24) for name in names]
    return ", ".join(shown) if len(shown) <= 3 else f"{shown[0]} … {shown[-1]} ({len(shown)} blocks)"
