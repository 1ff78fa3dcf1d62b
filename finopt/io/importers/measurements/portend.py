"""Profiles of PORTEND (Ebrahimi et al., ICPADS 2023): ``profiling_partition_<model>_<dataset>.txt``.

The file is a pandas table as JSON, often as a JSON string of JSON: columns ``partition_start``,
``partition_end`` and ``latency_partition``, the last a list of repeated means in ms. A partition i to j runs
blocks i to j and the exit behind block j. So T(i, j) - T(i + 1, j) is block i alone, and T(i, i) less that is
exit i; the medians of the differences over all j are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from finopt.io.importers.measurements.measured import (
    NO_TIME,
    Named,
    Part,
    Reading,
    figure_fault,
)
from finopt.io.strict_json import parse
from finopt.problem.errors import InstanceError, Problem, shown

COLUMNS = ("partition_start", "partition_end", "latency_partition")

MOST_BLOCKS = 500
"""Models of more blocks are not read; the file has a row for each pair of them."""

Times = Mapping[tuple[int, int], float]
"""Seconds of a partition by its first and last block."""

_NAME = re.compile(r"profiling_partition_(?P<model>[^_]+)_(?P<data>[^_.]+)")


def looks_like(text: str) -> bool:
    """Whether text is such a table."""
    start = text.lstrip()[:200]
    return start[:1] in ("{", '"') and any(column in start for column in COLUMNS)


def read(text: str, named: Named) -> Reading:
    """The profile in a file; without names beside it model and device are those of its file and folder.

    Raises
    ------
    InstanceError
        Every mistake by column and row of the table.
    """
    path = Path(named.source)
    found = _NAME.search(path.name)
    model = named.required("model", found["model"] if found else None, "the name of the file")
    device = named.required("device", path.absolute().parent.name, "the folder")
    times = _times(_table(text, named), named)
    count = max(last for _, last in times)
    names = named.block_names(model, count, "partition_end")
    parts, doubtful = [], []
    for i, name in enumerate(names, 1):
        split = _split(times, i, len(names), named.exits_after(model, name))
        doubtful += [] if split else [name]
        for is_exit, part_name, time in split or [(False, name, times[i, i])]:
            source = f"PORTEND: {path.name}"
            parts.append(Part(model, device, part_name or name, time, None, is_exit, source, named.source))
    notes = [f"{model} on {device}: PORTEND, exits told from blocks by differences of partitions"]
    if doubtful:
        listed = ", ".join(doubtful[:5]) + (" ..." if len(doubtful) > 5 else "")
        notes.append(
            f"{model} on {device}: {listed}: the exit cannot be told from its block, counted together"
        )
    return Reading(tuple(parts), tuple(notes))


def _table(text: str, named: Named) -> dict[str, Any]:
    data, problems = parse(text, named.source)
    if isinstance(data, str):
        data, problems = parse(data, named.source)
    if not isinstance(data, dict):
        raise InstanceError([Problem("", "a table of PORTEND is a JSON object", shown(data))], named.source)
    for column in COLUMNS:
        if not isinstance(data.get(column), dict):
            problems.append(Problem(column, "must be an object of row and figure", shown(data.get(column))))
    named.stop(problems)
    return data


def _times(data: dict[str, Any], named: Named) -> Times:
    """Seconds by first and last block, all of them there."""
    problems: list[Problem] = []
    times: dict[tuple[int, int], float] = {}
    for row, first in data["partition_start"].items():
        last, repeats = data["partition_end"].get(row), data["latency_partition"].get(row)
        wrong = list(_faults(row, first, last, repeats))
        if not wrong and (first, last) in times:
            wrong = [Problem(f"partition_start[{shown(row)}]", f"partition {first} to {last} comes twice")]
        problems += wrong
        if not wrong:
            times[first, last] = median(repeats) / 1000
    named.stop(problems)
    named.stop(list(_gaps(times)))
    return times


def _faults(row: str, first: object, last: object, repeats: object) -> Iterator[Problem]:
    for column, value in zip(COLUMNS, (first, last), strict=False):
        if type(value) is not int or not 1 <= value <= MOST_BLOCKS:
            rule = f"must be a whole number from 1 to {MOST_BLOCKS}"
            yield Problem(f"{column}[{shown(row)}]", rule, shown(value))
    if type(first) is int and type(last) is int and first > last:
        yield Problem(f"partition_end[{shown(row)}]", f"must be at least {first}", shown(last))
    place = f"latency_partition[{shown(row)}]"
    if not isinstance(repeats, list) or not repeats:
        yield Problem(place, "must be a list of times in ms", shown(repeats))
    else:
        for i, value in enumerate(repeats):
            if fault := figure_fault(value, True):
                yield Problem(f"{place}[{i}]", fault, shown(value))


def _gaps(times: Times) -> Iterator[Problem]:
    if not times:
        yield Problem("partition_start", "must not be empty")
        return
    for i in range(1, max(last for _, last in times) + 1):
        if (i, i) not in times:
            yield Problem("partition_start", f"needs a row from {i} to {i}: block {i} alone")


def _split(times: Times, i: int, count: int, exits: list[str]) -> list[tuple[bool, str, float]]:
    """Block i and the exit behind it: whether it is one, its name (none for the block), seconds.

    Empty when they cannot be told from each other. Where the model has no exit there, the block is alone.
    """
    whole, block = times[i, i], _alone(times, i, count)
    if block is None or not NO_TIME < block <= whole - NO_TIME or len(exits) > 1:
        return []
    return [(False, "", block), *((True, name, whole - block) for name in exits)]


def _alone(times: Times, i: int, count: int) -> float | None:
    """Block i without any exit; None for the last one."""
    pairs = [(times.get((i, j)), times.get((i + 1, j))) for j in range(i + 1, count + 1)]
    differences = [
        longer - shorter for longer, shorter in pairs if longer is not None and shorter is not None
    ]
    return median(differences) if differences else None
