"""What attributes of nodes and links mean: labels, positions, capacities and lengths, with their units.

Keys are compared without capitals. Plain names stand for SI units, as everywhere in finopt; names that end in
a unit for that one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from finopt.problem.errors import Problem, shown

LABELS = ("label", "name")
LONGITUDES = ("longitude", "lon", "lng")
LATITUDES = ("latitude", "lat")
POPULATIONS = ("population", "inhabitants")

CAPACITIES = {
    "linkspeedraw": 1.0,
    "capacity_bps": 1.0,
    "bandwidth_bps": 1.0,
    "capacity_mbps": 1e6,
    "bandwidth_mbps": 1e6,
    "capacity_gbps": 1e9,
    "bandwidth_gbps": 1e9,
    "capacity": 1.0,
    "bandwidth": 1.0,
}
"""Keys of capacities, in bit/s; the first that a link has counts."""

LENGTHS = {
    "length_m": 1.0,
    "distance_m": 1.0,
    "length_km": 1e3,
    "distance_km": 1e3,
    "dist": 1e3,
    "length": 1.0,
}
"""Keys of lengths, in m; ``dist`` is topohub's, in km."""

DELAYS = {"delay_s": 1.0, "delay_ms": 1e-3, "latency_ms": 1e-3, "delay": 1.0}
"""Keys of delays, in s."""

SPEED_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
"""LinkSpeedUnits of the Topology Zoo, for LinkSpeed where LinkSpeedRaw is missing."""

LARGEST_CAPACITY = 1e15
LARGEST_LENGTH = 1e12
LARGEST_DELAY = 1e5
LARGEST_POPULATION = 1e12

LONGEST_LABEL = 200


class FigureReader:
    """Reads figures of attributes; remembers what was wrong and which keys were used."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.used: dict[str, set[str]] = {"capacity": set(), "length": set(), "delay": set()}

    def unit(self, what: str, key: str) -> str:
        """The unit in which figures of a key were read."""
        return _unit_text(what, _UNITS[what].get(key))

    def label(self, attributes: Mapping[str, Any]) -> str:
        """The label on one line; empty where there is none that can be used."""
        value = next((attributes[key] for key in LABELS if attributes.get(key) not in (None, "")), "")
        text = " ".join(str(value).split()) if isinstance(value, str | int | float) else ""
        return text if len(text) <= LONGEST_LABEL and _is_unicode(text) and text.isprintable() else ""

    def position(self, at: str, attributes: Mapping[str, Any]) -> tuple[float, float] | None:
        """Longitude and latitude as stated, not yet known to be degrees; None: unknown."""
        pos = attributes.get("pos")
        if isinstance(pos, Sequence) and not isinstance(pos, str) and len(pos) == 2:
            east, north = pos
        else:
            east, north = (_first(attributes, keys) for keys in (LONGITUDES, LATITUDES))
        if east in (None, "") or north in (None, ""):
            return None
        numbers = self._number(f"{at}.longitude", east), self._number(f"{at}.latitude", north)
        return None if None in numbers else numbers  # type: ignore[return-value]

    def population(self, at: str, attributes: Mapping[str, Any]) -> float | None:
        """Inhabitants; None: unknown."""
        value = _first(attributes, POPULATIONS)
        return None if value in (None, "") else self._within(f"{at}.population", value, LARGEST_POPULATION)

    def capacity(self, at: str, attributes: Mapping[str, Any]) -> float | None:
        """[bit/s]; None: unknown, which 0 stands for, too."""
        if attributes.get("linkspeedraw") in (None, "") and "linkspeed" in attributes:
            factor = SPEED_UNITS.get(str(attributes.get("linkspeedunits", "")).strip().lower()[:1])
            value = attributes["linkspeed"] if factor else ""
            stated = self._scaled(at, "capacity", {"linkspeed": value}, {"linkspeed": factor or 1.0})
        else:
            stated = self._scaled(at, "capacity", attributes, CAPACITIES)
        return stated if stated else None

    def length(self, at: str, attributes: Mapping[str, Any]) -> float | None:
        """[m]; None: unknown."""
        return self._scaled(at, "length", attributes, LENGTHS)

    def delay(self, at: str, attributes: Mapping[str, Any]) -> float | None:
        """[s]; None: unknown."""
        return self._scaled(at, "delay", attributes, DELAYS)

    def _scaled(
        self, at: str, what: str, attributes: Mapping[str, Any], units: Mapping[str, float]
    ) -> float | None:
        for key, unit in units.items():
            if attributes.get(key) not in (None, ""):
                self.used[what].add(key)
                return self._within(f"{at}.{key}", attributes[key], _LARGEST[what], unit, _SMALLEST[what])
        return None

    def _within(
        self, at: str, value: object, largest: float, unit: float = 1.0, smallest: float = 0.0
    ) -> float | None:
        number = self._number(at, value)
        if number is None:
            return None
        if not 0 <= number * unit <= largest:
            self.problems.append(Problem(at, f"must be between 0 and {largest / unit:g}", shown(value)))
            return None
        return number * unit if number * unit >= smallest else 0.0

    def _number(self, at: str, value: object) -> float | None:
        number = as_number(value)
        if number is None or not math.isfinite(number):
            self.problems.append(Problem(at, "must be a finite number", shown(value)))
            return None
        return number


_UNITS: dict[str, dict[str, float]] = {"capacity": CAPACITIES, "length": LENGTHS, "delay": DELAYS}
_BASE = {"capacity": "bit/s", "length": "m", "delay": "s"}
_PREFIX = {1e-3: "m", 1.0: "", 1e3: "k", 1e6: "M", 1e9: "G"}


def _unit_text(what: str, factor: float | None) -> str:
    return "its LinkSpeedUnits" if factor is None else _PREFIX[factor] + _BASE[what]


_LARGEST = {"capacity": LARGEST_CAPACITY, "length": LARGEST_LENGTH, "delay": LARGEST_DELAY}

_SMALLEST = {"capacity": 1e-3, "length": 1e-6, "delay": 1e-15}
"""Smaller ones are as good as 0."""


def as_number(value: object) -> float | None:
    """A number, also one written as text; None: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
    except OverflowError:  # a whole number beyond all floats
        return math.inf


def lower_keys(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes by key without capitals; of several the first."""
    result: dict[str, Any] = {}
    for key, value in attributes.items():
        result.setdefault(str(key).lower(), value)
    return result


def _first(attributes: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((attributes[key] for key in keys if key in attributes), None)


def _is_unicode(text: str) -> bool:
    """Whether it has no half of a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
