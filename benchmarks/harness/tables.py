"""The figures of the reports in words, and the tables they stand in."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

from harness.growth import Fit
from harness.rows import Row

NOTHING = "-"

Show = Callable[[float], str]


def percent(value: float) -> str:
    """A gap in percent with three digits; rounding noise counts as 0."""
    return "0" if abs(value) < 1e-11 else f"{short(100 * value)} %"


def seconds(value: float) -> str:
    """A time with three digits and a fitting unit."""
    factor, unit = time_unit(value)
    return f"{short(factor * value)} {unit}"


def time_unit(value: float) -> tuple[float, str]:
    """What to multiply a time in seconds with to show it in a fitting unit."""
    return (1e6, "µs") if value < 1e-3 else (1e3, "ms") if value < 1 else (1, "s")


def megabyte(value: float) -> str:
    """A memory in words."""
    return f"{value:.0f} MB"


def whole(value: float) -> str:
    """A figure without its fraction."""
    return f"{value:.0f}"


def short(value: float) -> str:
    """Three digits, never an exponent for a large figure."""
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def digits(value: float) -> str:
    """Two or three digits, never an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}"


def exponent(fit: Fit | None) -> str:
    """The exponent with its standard error, where there is one."""
    if fit is None:
        return NOTHING
    return f"{fit.exponent:.2f}" + ("" if fit.error is None else f" ± {fit.error:.2f}")


def middle(values: Sequence[float], show: Show) -> str:
    """The median."""
    return show(statistics.median(values)) if values else NOTHING


def most(values: Sequence[float], show: Show) -> str:
    """The largest."""
    return show(max(values)) if values else NOTHING


def middle_and_most(values: Iterable[float | None], show: Show = percent) -> list[str]:
    """Median and largest of the known values."""
    found = [value for value in values if value is not None]
    return [middle(found, show), most(found, show)]


def markdown(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table, first column to the left."""
    marks = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, marks, *lines))


def surroundings(row: Row, packages: Iterable[str]) -> str:
    """When, on what machine (if it says so) and with which versions a row was measured."""
    versions = ", ".join(f"{name} {row[name]}" for name in packages if row.get(name))
    machine = f"{row['machine']}. " if row.get("machine") else ""
    return f"{row['date'][:10]}. {machine}Python {row['python']}, {versions}."
