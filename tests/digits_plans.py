"""The shipped early-exit network placed by hand on a camera, an edge server and a cloud."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from typing import Any

import finopt
from finopt.io import result_file
from finopt.io.importers import onnx as importer
from finopt.problem.status import Status, Termination

FOLDER = Path(__file__).parents[1] / "instances" / "digits"
MODEL, SWEEP, SAMPLES = FOLDER / "digits.onnx", FOLDER / "sweep.csv", FOLDER / "samples.npz"

THRESHOLDS = {"exit1": 0.6, "exit2": 0.9}
"""Those of the configuration that the instance has first."""

BOTH, LAST_ONLY, FIRST_AND_LAST = 0, 1, 2
"""The configurations of the instance by the exits that they enable."""

EVERYWHERE = ("camera", "edge", "edge", "cloud")
COMING_BACK = ("camera", "edge", "camera", "camera")


def configurations() -> list[finopt.Configuration]:
    """Three rows of the sweep, in the order of the constants above."""
    wanted = [("0.6", "0.9"), ("", ""), ("0.6", "")]
    with SWEEP.open(encoding="utf-8") as file:
        rows = {(row["threshold_exit1"], row["threshold_exit2"]): row for row in csv.DictReader(file)}
    found = []
    for key in wanted:
        shares = {f"exit{i}": rows[key][f"share_exit{i}"] for i in (1, 2, 3) if rows[key][f"share_exit{i}"]}
        values = [float(share) for share in shares.values()]
        accuracy = float(rows[key]["accuracy"])
        found.append(finopt.Configuration(exits=list(shares), shares=values, accuracy=accuracy))
    return found


def digits_instance(**application: Any) -> finopt.Instance:
    """The instance; times are measured figures of no machine in particular."""
    model = (
        importer.read(MODEL, cuts=["block1", "block2", "block3"]).with_configurations(configurations()).model
    )
    nodes = [
        finopt.Node(id="camera", tier="mobile", compute=50e9, power=4.0),
        finopt.Node(id="edge", tier="edge", compute=100e9, power=2.0),
        finopt.Node(id="cloud", tier="cloud", compute=400e9, power=1.0),
    ]
    links = [
        finopt.Link(
            source="camera", target="edge", bandwidth=1e9, energy=1e-10, delay=1e-3, bidirectional=True
        ),
        finopt.Link(
            source="edge", target="cloud", bandwidth=1e9, energy=1e-10, delay=2e-3, bidirectional=True
        ),
    ]
    fields: dict[str, Any] = {"max_latency": 1.0, "min_accuracy": 0.9, **application}
    who = finopt.Application(id="reader", model="digits", source="camera", **fields)
    return finopt.Instance(name="digits", nodes=nodes, links=links, models=[model], applications=[who])


def placed(nodes: tuple[str, ...] = EVERYWHERE, configuration: int = BOTH) -> finopt.Placement:
    """A placement with the routes that the three nodes in a row leave."""
    line = ["camera", "edge", "cloud"]
    routes, here = [], "camera"
    for node in nodes:
        start, end = line.index(here), line.index(node)
        step = 1 if end > start else -1
        way = [line[i] for i in range(start, end + step, step)] if start != end else []
        routes.append(tuple(f"{a}->{b}" for a, b in pairwise(way)))
        here = node
    return finopt.Placement((finopt.ApplicationPlacement("reader", configuration, nodes, tuple(routes)),))


def write_plan(folder: Path, placement: finopt.Placement | None, instance: finopt.Instance) -> list[str]:
    """The instance and a result with this placement as files."""
    status = Status.NO_SOLUTION if placement is None else Status.FEASIBLE
    result = finopt.Result(status, Termination.COMPLETED, "by-hand", placement=placement)
    finopt.save(instance, folder / "instance.json")
    (folder / "result.json").write_text(result_file.write(result, instance), encoding="utf-8")
    return [str(folder / "instance.json"), str(folder / "result.json")]
