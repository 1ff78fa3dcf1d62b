"""Every kind of file that finopt reads, right as it stands: what `tests.fuzz` makes mutants of."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import finopt
from finopt import InstanceError
from finopt.io import result_file
from finopt.io.importers import networks, onnx
from finopt.io.project import build
from tests.documents import GOOD, GOOD_2
from tests.io.importers.measurements.test_broken_measurements import KINDS as MEASUREMENTS
from tests.io.importers.networks.mutations import TEXTS as TOPOLOGIES
from tests.io.importers.onnx.small_models import branched, recurrent
from tests.io.project.small import FILES
from tests.io.project.test_broken_projects import MODEL, NETWORK, PROJECTS
from tests.io.test_application_files import PLAIN
from tests.io.test_rcsp_file import ORLIB, ZHU

COLUMNS = {
    "applications": None,
    "nodes": ["phone", "edge"],
    "links": ["phone->edge"],
    "configuration": [0, 1],
    "blocks": [1, 2],
    "node": [0, 0, 1],
    "hops": [0, 1],
    "stage": [1],
    "link": [0],
}
RESULT: dict[str, Any] = {
    "format": "finopt-result",
    "version": 1,
    "method": "fin",
    "status": "FEASIBLE",
    "termination": "COMPLETED",
    "objective": 0.5,
    "bound": 0.25,
    "gap": 0.5,
    "stats": {"rounds": [1, 2]},
    "placement": [
        {
            "application": "app",
            "configuration": 1,
            "nodes": ["phone", "edge"],
            "routes": [[], ["phone->edge"]],
        }
    ],
}
TABLE = (
    "id,model,source,rate,max_latency,min_accuracy,latency,pinned,allowed,result_to\n"
    'a,dnn,phone,1.0,0.5,0.5,worst,"{""conv1"": ""phone""}",,source\n'
    'b,dnn,tablet,0.5,2e-1,0,mean,,"{""conv2"": [""edge""]}",\n'
)


@dataclass(frozen=True)
class Kind:
    """A kind of file: what it is called, a right one, what reads it, and the files that stand beside it."""

    name: str
    content: bytes
    read: Callable[[Path], object] = finopt.load
    beside: Mapping[str, bytes] = field(default_factory=dict)


def _of_table(path: Path) -> object:
    return finopt.load(path.with_name("instance.json"))


def _table(name: str, content: bytes) -> Kind:
    instance = json.dumps({**GOOD, "version": 2, "applications": {"table": name}}).encode()
    return Kind(name, content, _of_table, {"instance.json": instance})


def parquet(**columns: Any) -> bytes:
    """The bytes of a table."""
    import pyarrow
    import pyarrow.parquet

    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), content)
    return content.getvalue()


def _read_onnx(path: Path) -> object:
    found = onnx.read(path)
    return onnx.extract_piece(path, found.inputs, found.outputs)


@cache
def kinds() -> dict[str, Kind]:
    """All of them by name."""
    parts = {
        name: text.encode() for name, text in {**FILES, "net.json": NETWORK, "model.json": MODEL}.items()
    }
    beside_json = {"apps.csv": TABLE.encode()}
    text = {"instance": GOOD, "instance of version 2": GOOD_2, "result": RESULT}
    text |= {"result in columns": {**RESULT, "placement": COLUMNS}}
    text |= {"path": {**RESULT, "placement": None, "path": [0, 1, 3], "arcs": [0, 4]}}
    return {
        **{name: Kind("file.json", json.dumps(data).encode()) for name, data in text.items()},
        "instance of a table": Kind(
            "file.json",
            json.dumps({**GOOD, "version": 2, "applications": {"table": "apps.csv"}}).encode(),
            beside=beside_json,
        ),
        "packed": Kind("file.json.gz", gzip.compress(json.dumps(GOOD).encode(), mtime=0)),
        "OR-Library": Kind("file.txt", ORLIB.encode()),
        "Zhu and Wilhelm": Kind("file.txt", ZHU.encode()),
        "csv": _table("apps.csv", TABLE.encode()),
        "tsv": _table("apps.tsv", TABLE.replace(",", "\t").encode()),
        "packed csv": _table("apps.csv.gz", gzip.compress(TABLE.encode(), mtime=0)),
        "parquet": _table(
            "apps.parquet", parquet(**PLAIN, id=["a", "b"], pinned=['{"conv1": "phone"}', None])
        ),
        "parquet objects": _table(
            "apps.parquet", parquet(**PLAIN, id=[1, 2], pinned=[{"conv1": "phone"}, None])
        ),
        **{
            f"topology {name}": Kind(f"net.{name}", text.encode(), networks.read)
            for name, text in TOPOLOGIES.items()
        },
        **{
            f"measurements {name}": Kind(file, text.encode(), read)
            for name, (file, text, read) in MEASUREMENTS.items()
        },
        **{f"project {name}": Kind("p.yaml", text.encode(), build, parts) for name, text in PROJECTS.items()},
        "onnx": Kind("x.onnx", branched().SerializeToString(), _read_onnx),
        "onnx loop": Kind("x.onnx", recurrent().SerializeToString(), _read_onnx),
    }


def outcome(kind: Kind, path: Path) -> bool:
    """Whether the file is read; anything but an InstanceError that can be printed is raised."""
    try:
        found = kind.read(path)
    except InstanceError as error:
        if not error.problems:
            raise AssertionError("an error without a problem") from error
        str(error).encode("utf-8")
        return False
    if isinstance(found, finopt.Result):  # what was read can be written and read again
        result_file.read(result_file.write(found), "again")
    return True
