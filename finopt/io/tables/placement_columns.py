"""The placement of a result file in columns: what a placement of very many applications is written as.

An object of lists; rows are applications, and indices count from 0:

    applications   their ids; null: application i is called app<i>
    nodes, links   ids of the nodes and directed links in use
    application    per row, index into applications; absent: the rows are all of them in order
    configuration  per row, index into the configurations of the model
    blocks, hops   per row, how many of the entries of the lists below are its own
    node           per block, index into nodes
    stage, link    per hop, before which block of its row it happens, and index into links
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from finopt.problem.errors import Problem, first, shown
from finopt.problem.field_messages import path_text
from finopt.problem.placement_table import PlacementTable
from finopt.problem.references import suggest

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES = ("applications", "nodes", "links")
NUMBERS = ("application", "configuration", "blocks", "node", "hops", "stage", "link")
OPTIONAL = ("application",)
KNOWN = (*NAMES, *NUMBERS)


def write(table: PlacementTable, indent: str) -> str:
    """The table as a JSON object with a line per column."""
    import numpy as np

    nodes, node = np.unique(table.node, return_inverse=True)
    links, link = np.unique(table.hop_link, return_inverse=True)
    columns: dict[str, Any] = {
        "applications": None if table.application_ids is None else table.application_ids.tolist(),
        "nodes": [table.node_ids[i] for i in nodes.tolist()],
        "links": [table.link_ids[i] for i in links.tolist()],
        "application": table.application,
        "configuration": table.configuration,
        "blocks": np.diff(table.node_start),
        "node": node,
        "hops": np.diff(table.hop_start),
        "stage": table.hop_stage,
        "link": link,
    }
    known = len(table) if table.application_ids is None else len(table.application_ids)
    if np.array_equal(table.application, np.arange(known)):
        del columns["application"]
    lines = [f'{indent}  "{name}": {_line(column)}' for name, column in columns.items()]
    return "{\n" + ",\n".join(lines) + "\n" + indent + "}"


def _line(column: Any) -> str:
    plain = column.tolist() if hasattr(column, "tolist") else column
    return json.dumps(plain, ensure_ascii=False)


def read(data: Mapping[str, Any]) -> tuple[PlacementTable | None, list[Problem]]:
    """The table of such an object, or what is wrong with it."""
    problems = first(
        Problem(path_text(("placement", key)), "unknown key", "", "", partial(suggest, key, KNOWN))
        for key in data
        if key not in KNOWN
    )
    for key in KNOWN:
        if key not in data:
            problems += [] if key in OPTIONAL else [Problem(f"placement.{key}", "is required")]
        elif key != "applications" or data[key] is not None:
            problems += _wrong_list(key, data[key])
    if problems:
        return None, problems
    try:
        return _table(data), []
    except (ValueError, OverflowError) as error:
        return None, [Problem("placement", str(error))]


def _wrong_list(key: str, value: Any) -> list[Problem]:
    kind, rule = (str, "must be text") if key in NAMES else (int, "must be a whole number")
    if not isinstance(value, list):
        return [Problem(f"placement.{key}", "must be a list", shown(value))]
    if set(map(type, value)) <= {kind}:
        return []
    at = next(i for i, item in enumerate(value) if type(item) is not kind)
    return [Problem(f"placement.{key}[{at}]", rule, shown(value[at]))]


def _table(data: Mapping[str, Any]) -> PlacementTable:
    application = data.get("application")
    known = data["applications"]
    if application is None and known is not None and len(known) != len(data["configuration"]):
        rows = len(data["configuration"])
        raise ValueError(
            f"names {len(known)} applications and has {rows} rows: column application is required"
        )
    return PlacementTable(
        application_ids=known,
        node_ids=data["nodes"],
        link_ids=data["links"],
        application=application,
        configuration=_whole(data["configuration"]),
        node_start=_starts("blocks", data["blocks"]),
        node=_whole(data["node"]),
        hop_start=_starts("hops", data["hops"]),
        hop_stage=_whole(data["stage"]),
        hop_link=_whole(data["link"]),
    )


def _whole(values: list[int]) -> NDArray[Any]:
    import numpy as np

    return np.array(values, dtype=np.int64)


def _starts(name: str, counts: list[int]) -> NDArray[Any]:
    from finopt.problem.columns import starts

    if min(counts, default=0) < 0:
        raise ValueError(f"column {name}: must not be negative")
    return starts(_whole(counts))
