"""The day in a table, and its energy."""

from __future__ import annotations

from collections.abc import Sequence

from day_study.plans import Hour
from finopt.problem.formatting import percent, quantity, table


def report(hours: Sequence[dict[str, Hour | None]], horizon: float) -> str:
    """The day in a table, and its energy."""
    header = ("hour", "anew", "moves", "charged", "moves", "kept")
    rows = [
        (
            str(number),
            *(_cells(hour["anew"])),
            *(_cells(hour["charged"])),
            _cells(hour["kept"])[0],
        )
        for number, hour in enumerate(hours)
    ]
    seconds = 24 * 3600 / len(hours)
    lines = [table(header, rows, align="rrrrrr"), f"horizon {horizon:g} s; power with moving, blocks moved"]
    totals = {name: _energy(hours, name, seconds) for name in ("anew", "charged", "kept")}
    for name, whole in totals.items():
        words = (
            "breaks a limit"
            if whole is None
            else f"{quantity(whole[0], 'J')}, {quantity(whole[1], 'J')} of it moving"
        )
        lines.append(f"{name:8} {words}")
    anew, own = totals["anew"], totals["charged"]
    assert anew is not None and own is not None
    lines.append(f"charging what moving costs saves {percent(1 - own[0] / anew[0])} of the energy of the day")
    return "\n".join(lines)


def _in_words(whole: tuple[float, float] | None) -> str:
    if whole is None:
        return "breaks a limit"
    return f"{quantity(whole[0], 'J')}, {quantity(whole[1], 'J')} of it moving"


def _cells(hour: Hour | None) -> tuple[str, str]:
    return ("-", "-") if hour is None else (quantity(hour.together, "W"), str(hour.moved))


def _energy(hours: Sequence[dict[str, Hour | None]], plan: str, seconds: float) -> tuple[float, float] | None:
    """Joules of a day, and those of moving; None if the plan breaks a limit in some hour."""
    own = [hour[plan] for hour in hours]
    known = [hour for hour in own if hour is not None]
    if len(known) < len(own):
        return None
    return seconds * sum(hour.together for hour in known), seconds * sum(hour.moving for hour in known)
