"""Our CSV of measured blocks: ``model,device,block,time_s,energy_j``, which ``finopt profile`` writes.

Further columns: ``exit`` (then ``block`` is empty), ``q1_s`` and ``q3_s`` (quartiles, which are not used),
``source`` (where the figures are from).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from finopt.io.importers.measurements.csv_rows import Faults, Row, Rows, number, read_rows, wrong_columns
from finopt.io.importers.measurements.measured import Named, Part, Reading, figure_fault
from finopt.problem.errors import Problem, shown

REQUIRED = ("block", "time_s")
KNOWN = ("model", "device", "block", "exit", "time_s", "energy_j", "q1_s", "q3_s", "source")


def read(text: str, named: Named) -> Reading:
    """The blocks and exits in a table, in the order of its rows.

    Raises
    ------
    InstanceError
        Every mistake by row and column.
    """
    faults = Faults()
    table = read_rows(text, named.source, faults)
    required = [*REQUIRED, *(name for name in ("model", "device") if getattr(named, name) is None)]
    named.stop([*wrong_columns(table.header, required, KNOWN), *_misspelt(table), *_several(table, named)])
    first: dict[tuple[str, ...], int] = {}
    parts = []
    for row in table.rows:
        part = _part(row, named, faults)
        if part is None:
            continue
        at = first.setdefault((part.model, part.device, part.kind, part.name), row.number)
        if at == row.number:
            parts.append(part)
        else:
            faults.add(row.number, part.kind, f"measured twice, first in row {at}", shown(part.name))
    named.stop(faults.by_row())
    return Reading(tuple(parts), tuple(_not_read(table)))


def _part(row: Row, named: Named, faults: Faults) -> Part | None:
    """The block or exit of a row; None when something is wrong with it, which is noted."""
    before = faults.noted
    model, device = named.model or row.text("model"), named.device or row.text("device")
    for column, name in (("model", model), ("device", device), ("time_s", row.text("time_s"))):
        if not name:
            faults.add(row.number, column, "is required")
    faults += named.known_model(model, f"row {row.number}, column model") if model else ()
    name, is_exit = _name(row, model, named, faults)
    time = number(row, "time_s", faults, lambda value: figure_fault(value, True))
    energy = number(row, "energy_j", faults, lambda value: figure_fault(value, False))
    if faults.noted > before or time is None:
        return None
    source = row.text("source") or f"measured: {Path(named.source).name}"
    return Part(model, device, name, time, energy, is_exit, source, f"{named.source}, row {row.number}")


def _name(row: Row, model: str, named: Named, faults: Faults) -> tuple[str, bool]:
    """What a row is of, and whether that is an exit."""
    block, exit_ = row.text("block"), row.text("exit")
    if block and exit_:
        faults.add(row.number, "exit", "names a block and an exit: a row is of one of them", shown(exit_))
    elif not block and not exit_:
        faults.add(row.number, "block", "is required", "", "or an exit in a column named exit")
    else:
        place = f"row {row.number}, column {'exit' if exit_ else 'block'}"
        faults += named.known_part(model, block or exit_, bool(exit_), place)
    return block or exit_, bool(exit_)


def _misspelt(table: Rows) -> Iterator[Problem]:
    """Columns that are not read and look like one that is."""
    for name in table.header:
        near = difflib.get_close_matches(name[:60].lower(), KNOWN, n=1, cutoff=0.75)
        if name not in KNOWN and near and near[0] not in table.header:
            yield Problem(f"column {shown(name)}", "unknown column", "", "", f"did you mean {near[0]!r}?")


def _several(table: Rows, named: Named) -> Iterator[Problem]:
    """One name for several things, given beside the file."""
    for what in ("model", "device"):
        held = dict.fromkeys(row.text(what) for row in table.rows if row.text(what))
        name = getattr(named, what)
        if name is not None and len(held) > 1:
            rule = f"holds {len(held)} of them, so {what}: {name} would name them all"
            yield Problem(f"column {what}", rule, shown(list(held)), "", "leave it out")


def _not_read(table: Rows) -> Iterator[str]:
    others = [name for name in table.header if name not in KNOWN]
    if others:
        yield f"columns that are not read: {', '.join(others[:8])}{' ...' if len(others) > 8 else ''}"
