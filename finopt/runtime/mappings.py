"""The plan in the words of two systems that run networks in pieces: PipeEdge and AutoDiCE.

PipeEdge (Y. Hu et al., "PipeEdge: Pipeline parallelism for large-scale model inference on heterogeneous edge
devices", DSD 2022) counts layers from 1: ``runtime.py -pt 1,4,5,8 -r 0,1`` gives layers 1 to 4 to the host
of rank 0. AutoDiCE (X. Guo et al., "AutoDiCE: Fully automated distributed CNN inference at the edge", 2022)
reads a ``mapping.json`` with the operators of every processor. Neither knows early exits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finopt.runtime.manifest import ApplicationPlan, Manifest
from finopt.runtime.source_models import operator_names

PROCESSOR = "cpu0"
"""Which processor of a host AutoDiCE is told to use."""


def pipeedge(manifest: Manifest) -> dict[str, Any]:
    """Arguments of PipeEdge's runtime by application; hosts have the ranks of the list ``hosts``.

    A host has one rank and one stage, so a plan that comes back to a node has no such mapping.
    """
    hosts = [node.id for node in manifest.nodes]
    return {
        "hosts": hosts,
        "applications": {plan.application: _partition(plan, hosts) for plan in manifest.applications},
    }


def _partition(plan: ApplicationPlan, hosts: list[str]) -> dict[str, Any]:
    nodes = [piece.node for piece in plan.pieces]
    if len(set(nodes)) < len(nodes):
        return {"arguments": None, "reason": "a node is visited twice, PipeEdge gives a host one stage"}
    ends, last = [], 0
    for piece in plan.pieces:
        ends += [last + 1, last + len(piece.blocks)]
        last += len(piece.blocks)
    partition, order = ",".join(map(str, ends)), ",".join(str(hosts.index(node)) for node in nodes)
    return {
        "arguments": ["-pt", partition, "-r", order],
        "layers": [block for piece in plan.pieces for block in piece.blocks],
    }


def autodice(plan: ApplicationPlan, pieces: Mapping[str, Any]) -> dict[str, list[str]]:
    """AutoDiCE's mapping of an application: the operators of its pieces, by host and processor."""
    found: dict[str, list[str]] = {}
    for piece in plan.pieces:
        found.setdefault(f"{piece.node}_{PROCESSOR}", []).extend(operator_names(pieces[piece.file]))
    return found
