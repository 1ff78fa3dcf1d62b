"""The section ``network``: a topology and a plan of tiers, or nodes and links as in an instance file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from finopt.io.importers.networks import TierPlan, tier_network
from finopt.io.importers.networks import read as read_topology
from finopt.io.project.faults import Faults
from finopt.io.project.notes import Note, notes_of
from finopt.io.project.paths import Files
from finopt.problem.fields import Frozen, Identifier, Items, NonEmpty
from finopt.problem.formatting import percent
from finopt.problem.generators.fleet_figures import EFFECTIVE
from finopt.problem.network import Link, Node

SUFFIXES = (".json", ".graphml", ".gml", ".xml", ".txt", ".native", ".gz")
"""How names of files of topologies end; others with a / are names of topohub."""


class TopologyNetwork(Frozen):
    """A network of others, and what becomes of its places."""

    topology: Identifier = Field(description="name of topohub such as topozoo/Dfn, or a file")
    largest_component: bool = Field(default=False, description="take the largest part of a disconnected one")
    tiers: TierPlan = Field(description="which places become sites, and what hangs on them")


class InlineNetwork(Frozen):
    """Nodes and links as in an instance file."""

    nodes: NonEmpty[Node]
    links: Items[Link] = ()


Network = TopologyNetwork | InlineNetwork


def parse(data: Any, whole: Any, faults: Faults) -> Network | None:
    """The section as an object; None when something is wrong with it, which is noted."""
    if not isinstance(data, dict):
        faults.add("network", "must be an object with topology and tiers, or with nodes")
        return None
    kind: type[Network] = InlineNetwork if "nodes" in data or "links" in data else TopologyNetwork
    return faults.part(kind, data, ("network",), whole)


def build(
    network: Network, files: Files, seed: int, faults: Faults
) -> tuple[list[Node], list[Link], list[Note]]:
    """Nodes, links and what was assumed of them; nothing when something is wrong, which is noted."""
    if isinstance(network, InlineNetwork):
        return list(network.nodes), list(network.links), []
    with faults.of("network.topology", network.topology):
        topology = read_topology(_place(network.topology, files), largest_component=network.largest_component)
        with faults.of("network.tiers"):
            parts = tier_network(topology, network.tiers, seed)
            notes = [*parts.notes, *_figures(network.tiers)]
            return list(parts.nodes), list(parts.links), notes_of("network", notes)
    return [], [], []


def _figures(plan: TierPlan) -> Iterator[str]:
    """Whose figures are those of the catalogue, and how much of their peak they reach."""
    sites = [one for one in (plan.cloud, plan.edge) if one is not None]
    names = [one.card for one in sites if one.compute is None]
    names += [one.kind for one in plan.devices if one.compute is None]
    if names:
        share = percent(EFFECTIVE)
        yield f"figures of the catalogue, {share} of the peak: {', '.join(dict.fromkeys(names))}"
    if plan.devices:
        radios = ", ".join(dict.fromkeys(one.radio for one in plan.devices))
        yield f"radios of the catalogue where nothing else is said: {radios}"


def _place(name: str, files: Files) -> str | Path:
    """The name of a topology as it is, or the path of a file."""
    is_file = name in files.given or Path(name).suffix.lower() in SUFFIXES or "/" not in name
    return files.find(name) if is_file else name
