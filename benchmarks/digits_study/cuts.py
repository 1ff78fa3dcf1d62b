"""The project of instances/digits with times of this machine, and every placement of its blocks."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

import finopt
from finopt.io.importers import onnx
from finopt.io.project import build
from finopt.runtime.measure import measure
from finopt.runtime.thresholds import matched, read_confidences

PROJECT = Path(__file__).resolve().parents[2] / "instances" / "digits"
MODEL, SWEEP, SAMPLES = PROJECT / "digits.onnx", PROJECT / "sweep.csv", PROJECT / "samples.npz"
NODES = ("camera", "gateway", "server")
CUTS = ("block1", "block2", "block3")


def measured_instance(runs: int) -> finopt.Instance:
    """The instance of the project, with the times that blocks take here; energy is power times time."""
    profile = measure(onnx.read(MODEL, cuts=CUTS), runs=runs).profile()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in (MODEL, SWEEP, PROJECT / "project.yaml"):
            shutil.copy(path, folder)
        with (folder / "measured.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["model", "device", "block", "exit", "time_s"])
            for block in profile.blocks:
                writer.writerow([profile.model, profile.device, block.block, "", block.time])
            for exit_ in profile.exits:
                writer.writerow([profile.model, profile.device, "", exit_.exit, exit_.time])
        return build(folder / "project.yaml").instance


def thresholds_of(instance: finopt.Instance, configuration: int) -> dict[str, float]:
    """The thresholds that a configuration was measured with."""
    model = instance.models[0]
    return matched(model.configurations[configuration], read_confidences(SWEEP, model), model.id, str(SWEEP))


def feasible_cuts(instance: finopt.Instance, configuration: int) -> Iterator[finopt.Placement]:
    """Every placement of the blocks that the instance allows, in this configuration."""
    application = instance.applications[0]
    stages = instance.models[0].final_block(instance.models[0].configurations[configuration]) + 1
    for nodes in product(NODES, repeat=stages):
        routes = tuple(route(a, b) for a, b in pairwise((application.source, *nodes)))
        placed = finopt.ApplicationPlacement(application.id, configuration, nodes, routes)
        if finopt.evaluate(instance, finopt.Placement((placed,))).feasible:
            yield finopt.Placement((placed,))


def route(start: str, end: str) -> tuple[str, ...]:
    """The links from a node to another: the nodes stand in a row.

    Examples
    --------
    >>> route("server", "camera")
    ('server->gateway', 'gateway->camera')
    """
    first, last = NODES.index(start), NODES.index(end)
    way = NODES[first : last + 1] if first <= last else NODES[last : first + 1][::-1]
    return tuple(f"{a}->{b}" for a, b in pairwise(way))
