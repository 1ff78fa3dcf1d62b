"""Topologies that topohub ships: every one of them is read or refused with the true reason."""

from __future__ import annotations

import subprocess
import sys

import networkx as nx
import pytest

from finopt import InstanceError
from finopt.io.importers.networks import available, by_name, named
from finopt.problem import extras
from finopt.problem.errors import BackendError

SMALL = ("sndlib/polska", "topozoo/Dfn", "gabriel/25/0", "caida/2024-08/5384")


def test_all_groups_are_available() -> None:
    names = available()
    assert len(names) == len(set(names)) >= 700
    assert {name.partition("/")[0] for name in names} == set(by_name.GROUPS)
    assert set(SMALL) <= set(names)


@pytest.mark.parametrize("name", SMALL)
def test_a_topology_is_what_topohub_says(name: str) -> None:
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("group", by_name.GROUPS)
def test_every_topology_is_read(group: str) -> None:
    for name in available():
        if name.startswith(f"{group}/"):
            check(name)


def check(name: str) -> None:
    """A topology has the places of topohub's, all its links, their lengths; refused ones are disconnected."""
    import topohub

    graph = nx.Graph(nx.node_link_graph(topohub.get(name), edges="edges"))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    if not nx.is_connected(graph):
        with pytest.raises(InstanceError, match="is disconnected"):
            named(name)
        graph = nx.Graph(graph.subgraph(max(nx.connected_components(graph), key=len)))
    topology = named(name, largest_component=True)
    assert topology.name == name
    assert len(topology.nodes) == graph.number_of_nodes()
    assert len(topology.links) == graph.number_of_edges()
    assert sorted(topology.degrees().values()) == sorted(dict(graph.degree()).values())
    stated = sorted(1e3 * length for _, _, length in graph.edges(data="dist"))
    assert sorted(link.length for link in topology.links) == pytest.approx(stated)
    assert all(link.delay == pytest.approx(link.length / 2e8, rel=1e-3) for link in topology.links)


def test_without_topohub_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(
        BackendError, match=r"needs topohub, .*pip install 'finopt\[networks\]', or read it from"
    ):
        named("sndlib/polska")


def test_importing_the_importers_loads_no_library() -> None:
    code = (
        "import sys, finopt.io.importers.networks;"
        "heavy = {'numpy', 'scipy', 'networkx', 'topohub', 'defusedxml', 'yaml'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
