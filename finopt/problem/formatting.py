"""Figures the way people read them: SI prefixes, percentages and tables with aligned columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from finopt.problem.objective import RATE_UNIT, UNIT, Figure

_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P"}


def quantity(value: float | None, unit: str, digits: int = 4) -> str:
    """A figure with an SI prefix, rounded to significant digits; "-" for None.

    Examples
    --------
    >>> quantity(0.10012, "J")
    '100.1 mJ'
    >>> quantity(9.9996e-4, "s")
    '1 ms'
    >>> quantity(7200, "s")
    '7200 s'
    """
    if value is None:
        return "-"
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}"
    rounded = float(f"{value:.{digits - 1}e}")
    magnitude = int(f"{rounded:e}".partition("e")[2])
    largest = 0 if unit == "s" else max(_PREFIXES)  # nobody reads kiloseconds
    exponent = min(max(3 * (magnitude // 3), min(_PREFIXES)), largest)
    return f"{rounded / 10.0**exponent:.{digits}g} {_PREFIXES[exponent]}{unit}"


def amount(value: float | None, figure: Figure, digits: int = 4, *, rate: bool = False) -> str:
    """Energy, carbon or cost of an inference, or of all applications at their rates; "-" for None.

    Examples
    --------
    >>> amount(0.0123, "carbon"), amount(0.0123, "carbon", rate=True), amount(0.0123, "cost", rate=True)
    ('12.3 mg', '12.3 mg/s', '0.0123 per second')
    """
    if value is None:
        return "-"
    if figure == "cost":  # in whatever currency the prices are
        return f"{value:.{digits}g}" + (" per second" if rate else "")
    return quantity(value, (RATE_UNIT if rate else UNIT)[figure], digits)


def plain_amount(value: float, figure: Figure, digits: int = 9) -> str:
    """The same without a prefix, as messages compare two of them.

    Examples
    --------
    >>> plain_amount(0.0123, "energy"), plain_amount(0.0123, "cost")
    ('0.0123 J', '0.0123')
    """
    return f"{value:.{digits}g}" + ("" if figure == "cost" else f" {UNIT[figure]}")


def percent(share: float | None, digits: int = 3) -> str:
    """A share in per cent; "-" for None.

    Examples
    --------
    >>> percent(0.01234), percent(3e-9), percent(0.0)
    ('1.23 %', '<0.0001 %', '0 %')
    """
    if share is None:
        return "-"
    if 0 < share < 1e-6 * (1 - 1e-9):  # a share that was rounded to just below counts as the whole figure
        return "<0.0001 %"
    return f"{100 * share:.{digits}g} %"


LONGEST_REPR = 1500
"""Characters of a repr: some 20 lines of a terminal."""


def cut(text: str) -> str:
    """A repr; of a long one its beginning and its end."""
    if len(text) <= LONGEST_REPR:
        return text
    half = LONGEST_REPR // 2 - 3
    return f"{text[:half]} ... {text[-half:]}"


def fields_repr(item: Any) -> str:
    """What a dataclass has for a repr, cut."""
    values = ", ".join(f"{field.name}={getattr(item, field.name)!r}" for field in fields(item))
    return cut(f"{type(item).__qualname__}({values})")


def counted(count: int, what: str) -> str:
    """So many of something.

    Examples
    --------
    >>> counted(1, "link"), counted(0, "link")
    ('1 link', '0 links')
    """
    return f"{count} {what}{'' if count == 1 else 's'}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], align: str = "", indent: str = "") -> str:
    """Text columns two spaces apart; ``align`` has one of l, r per column, l where it is too short.

    Examples
    --------
    >>> print(table(("node", "load"), [("edge", "7 %"), ("cloud", "12 %")], align="lr"))
    node   load
    edge    7 %
    cloud  12 %
    """
    lines = [tuple(row) for row in ((header, *rows) if header else rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sides = align.ljust(len(widths), "l")
    return "\n".join(indent + _line(cells, widths, sides) for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int], sides: str) -> str:
    padded = [
        cell.rjust(width) if side == "r" else cell.ljust(width)
        for cell, width, side in zip(cells, widths, sides, strict=True)
    ]
    return "  ".join(padded).rstrip()
