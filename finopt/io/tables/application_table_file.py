"""Applications in a table beside the instance file: CSV or Parquet, by the end of the name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from finopt.io.packing import READ_MORE
from finopt.io.regular_file import is_inside, open_regular
from finopt.io.strict_json import parse
from finopt.io.tables import csv_format, parquet_format
from finopt.io.tables.columns import Faults, Words, used
from finopt.io.tables.unpacking import unpacked_table
from finopt.problem.application_table import NOBODY, ApplicationTable
from finopt.problem.errors import InstanceError, Problem, first, shown
from finopt.problem.field_messages import path_text
from finopt.problem.objective import LIMITS
from finopt.problem.references import suggest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS = {".csv": csv_format, ".parquet": parquet_format}
"""End of the file's name to the module that reads and writes it."""

READERS: dict[str, Callable[..., tuple[dict[str, Any], list[Problem]]]] = {
    ".csv": csv_format.read,
    ".tsv": partial(csv_format.read, separator="\t"),
    ".parquet": parquet_format.read,
}
"""End of the file's name to what reads it; the first two may be packed."""

PACKED = (".csv.gz", ".tsv.gz")

MOST_BYTES = 2**31
"""Larger tables are not read, nor what unpacks to more."""

OUTSIDE = "must be in the folder of the instance file or below it"

LATENCIES = ("worst", "mean")

LIKE = {
    "pinned": 'block and node, like {"conv1": "phone"}',
    "allowed": 'block and nodes, like {"conv1": ["phone", "edge"]}',
}
"""What the JSON objects of a column hold, in words."""


BESIDE = "is a file beside that of the instance, and there is nothing beside standard input"
BY_NAME = "give the instance file by its name"


def read(
    given: Mapping[str, Any], folder: Path | None, instead: Mapping[str, str], most: int | None = None
) -> tuple[ApplicationTable | None, list[Problem]]:
    """The table that ``{"table": "apps.csv"}`` names, as far as it can be read, and all that is wrong.

    Parameters
    ----------
    given : mapping
        What stands under ``applications`` in the instance file.
    folder : Path or None
        Of the instance file; the table is there or below. None: the instance is from no file.
    instead : mapping
        A ``model`` and a ``source`` that exist: they take the place of cells that are reported.
    most : int, optional
        Bytes of the file that are read at most, also of what it unpacks to; `MOST_BYTES` by default.

    Raises
    ------
    BackendError
        The package that reads the format is not installed.
    """
    problems = list(_wrong_keys(given))
    name = given.get("table")
    if "table" in given:
        problems += _wrong_name(name)
    if problems:
        return None, problems
    if folder is None:
        return None, [Problem("applications.table", BESIDE, shown(name), "", BY_NAME)]
    faults = Faults()
    path = folder / str(name)
    if not is_inside(path, folder):
        return None, [Problem("applications.table", f"{OUTSIDE}: the link leads out of it", shown(name))]
    try:
        columns, wrong = _columns(path, faults, instead, MOST_BYTES if most is None else most)
    except InstanceError as error:
        return None, [replace(one, path="applications.table", value=shown(name)) for one in error.problems]
    except OSError as error:
        reason = error.strerror or str(error)
        return None, [Problem("applications.table", f"cannot be read: {reason}", shown(name))]
    table = _table(columns, faults) if columns and not wrong else None
    return table, [*wrong, *faults.problems()]


def _columns(
    path: Path, faults: Faults, instead: Mapping[str, str], most: int
) -> tuple[dict[str, Any], list[Problem]]:
    """The columns of a file and what is wrong with it as a whole."""
    plain = path.with_suffix("") if path.name.lower().endswith(PACKED) else path
    with open_regular(path, most, READ_MORE) as file:
        content = file if plain is path else unpacked_table(file, most)
        return READERS[plain.suffix.lower()](content, path.name, faults, instead, most)


def write(table: ApplicationTable, kind: str, file: BinaryIO) -> None:
    """Write a table, `kind` is one of `FORMATS`; columns that hold nothing but their default are left out."""
    FORMATS[kind].write(table, used(table), file)


def _wrong_keys(given: Mapping[str, Any]) -> list[Problem]:
    problems = first(
        Problem(path_text(("applications", key)), "unknown key", "", "", partial(suggest, key, ["table"]))
        for key in given
        if key != "table"
    )
    if "table" not in given:
        problems.append(Problem("applications.table", "is required"))
    return problems


def _wrong_name(name: Any) -> list[Problem]:
    """A table lies in the folder of the instance file or below: an instance reads nothing else."""
    rule = ""
    if not isinstance(name, str):
        rule = "must be text"
    elif not name.isprintable():
        rule = "must be printable"
    elif PurePosixPath(name).suffix.lower() not in READERS and not name.lower().endswith(PACKED):
        rule = f"must end in {', '.join([*READERS][:-1])} or {[*READERS][-1]}"
    elif name.startswith("/") or ".." in name.split("/") or any(sign in name for sign in "\\:"):
        rule = f"{OUTSIDE}: no '..', ':', backslash or leading '/'"
    return [Problem("applications.table", rule, shown(name))] if rule else []


def _table(columns: Mapping[str, Any], faults: Faults) -> ApplicationTable:
    """The table; faulty cells hold what does no harm."""
    model, source = columns["model"], columns["source"]
    return ApplicationTable(
        model_ids=model.names,
        model=model.values(),
        source_ids=source.names,
        source=source.values(),
        max_latency=columns["max_latency"].values(),
        min_accuracy=columns["min_accuracy"].values(),
        rate=columns["rate"].values() if "rate" in columns else 1.0,
        mean=_mean(columns, faults) if "latency" in columns else False,
        ids=columns["id"].values if "id" in columns else None,
        pins=_objects("pinned", columns, faults),
        allowed=_objects("allowed", columns, faults),
        limits=_limits(columns),
        **_results(columns),
    )


def _mean(columns: Mapping[str, Any], faults: Faults) -> NDArray[np.bool_]:
    import numpy as np

    words: Words = columns["latency"]
    index = words.values()
    wrong = np.array([word not in LATENCIES for word in words.names], dtype=bool)[index]
    for row in np.flatnonzero(wrong).tolist():
        word = words.names[index[row]]
        faults.add(
            "latency", "must be 'worst' or 'mean'", row, shown(word), partial(suggest, word, LATENCIES)
        )
    mean: NDArray[np.bool_] = np.array([word == "mean" for word in words.names], dtype=bool)[index]
    return mean


def _results(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Where results go, nobody needing that of a row with an empty cell."""
    import numpy as np

    if "result_to" not in columns:
        return {}
    words: Words = columns["result_to"]
    position = {name: i for i, name in enumerate(filter(None, words.names))}
    number = np.array([position.get(name, NOBODY) for name in words.names], dtype=np.intc)
    return {"result_ids": tuple(position), "result": number[words.values()]}


def _limits(columns: Mapping[str, Any]) -> dict[int, dict[str, float]]:
    """The limits of the rows that have any."""
    found: defaultdict[int, dict[str, float]] = defaultdict(dict)
    for name in LIMITS:
        if name in columns:
            for row, most in enumerate(columns[name].values().tolist()):
                if row not in columns[name].empty:
                    found[row][name] = most
    return dict(found)


def _objects(name: str, columns: Mapping[str, Any], faults: Faults) -> dict[int, Any]:
    """The JSON objects of a column, for the few rows that have any; rows with another fault go without."""
    import numpy as np

    if name not in columns:
        return {}
    words: Words = columns[name]
    index, texts = words.values(), words.names
    objects = [_object(name, text) for text in texts]
    found: dict[int, Any] = {}
    for row in np.flatnonzero(np.array([bool(text) for text in texts], dtype=bool)[index]).tolist():
        own = objects[index[row]]
        if own is None:
            faults.add(
                name, f"must be a JSON object of {LIKE[name]}, or empty", row, shown(texts[index[row]])
            )
        elif row not in faults.rows:
            found[row] = own
    return found


def _object(name: str, text: str) -> dict[str, Any] | None:
    """The object of a cell; None when it holds something else."""
    if not text:
        return {}
    try:
        data, problems = parse(text, name)
    except InstanceError:
        return None
    right = isinstance(data, dict) and all(_fits(name, value) for value in data.values())
    return data if right and not problems else None


def _fits(name: str, value: object) -> bool:
    """Whether a value is a node, in column ``allowed`` a list of nodes."""
    nodes = [value] if name == "pinned" else value
    return isinstance(nodes, list) and bool(nodes) and all(isinstance(node, str) for node in nodes)
