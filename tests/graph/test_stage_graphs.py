"""The stages as NetworkX graphs: against the definition, by brute force, and against what FIN finds."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest

import finopt
from finopt.graph import stages
from finopt.problem.errors import InstanceError
from finopt.problem.instance import Instance
from tests.conformance import PRECISION, seeds
from tests.level_oracle import Chart, chart
from tests.oracle import Task
from tests.random_instances import random_instance
from tests.toy import toy

WITHIN = 1 + Fraction(1, 10**12)

SETTINGS: list[dict[str, Any]] = [
    {},
    {"lam": 0.0},
    {"lam": 0.3},
    {"lam": 5.0},
    {"lam": float("inf")},
    {"lam": 1, "lam_rule": "levels"},
    {"lam": 3, "lam_rule": "levels"},
    {"lam": 6, "lam_rule": "levels"},
]


def by_definition(chart: Chart, vertices: Iterable[Any], gamma: int) -> nx.DiGraph:
    """Every vertex on every level, every arc from every level that does not lead beyond gamma."""
    graph = nx.DiGraph()
    graph.add_nodes_from((*vertex, level) for vertex in vertices for level in range(gamma + 1))
    for arc in chart.arcs:
        (up,) = chart.ups(arc, gamma)
        for level in range(gamma + 1 - up):
            ends = (*arc.tail, level), (*arc.head, level + up)
            known = graph.edges[ends]["energy"] if graph.has_edge(*ends) else arc.cost
            graph.add_edge(*ends, energy=min(arc.cost, known))
    return graph


def near(chart: Chart, feasible: nx.DiGraph, gamma: int, lam: float | None, lam_rule: str = "bound") -> Any:
    """The arcs through which a walk to a target that counts costs little enough, in fractions."""
    targets = {v for v in feasible if v[:2] in chart.targets}
    most = None
    if lam is not None and lam_rule == "levels":
        targets = {v for v in targets if v[2] + 1 >= lam}
    elif lam is not None and lam != float("inf"):
        least = chart.plain_cheapest()
        most = None if least is None else (1 + Fraction(lam)) * least * WITHIN
    there = nx.single_source_dijkstra_path_length(feasible, (*chart.source, 0), weight="energy")
    on = nx.multi_source_dijkstra_path_length(feasible.reverse(), targets, weight="energy")
    return {
        (u, v)
        for u, v, energy in feasible.edges(data="energy")
        if u in there and v in on and (most is None or there[u] + energy + on[v] <= most)
    }


def cost(graph: nx.DiGraph, path: Iterable[Any]) -> float:
    """What a path costs."""
    return sum(graph.edges[ends]["energy"] for ends in pairwise(path))


def test_the_toy() -> None:
    """Blocks b1 and b2 as exit x2 is the last: three stages of the nodes that the application may use.

    At 3 samples per second b1 on the phone takes 1 Mop * 2 nJ/op * 3 / s = 6 mW and 1 ms of 40 ms: level 1 of
    8. The first hop takes 10 kbit * 100 nJ/bit * 3 / s = 3 mW and 1 ms + 1 ms; the second 0.3 mW, 5.1 ms.
    """
    graphs = stages(toy(max_latency=0.04, min_accuracy=0.0), gamma=8, configuration=1)
    extended = graphs.extended
    names = ("phone", "hub", "cloud")
    assert list(extended) == [(stage, name) for stage in range(3) for name in names]
    assert extended.nodes[0, "phone"] == {"stage": 0, "block": "", "node": "phone"}
    assert extended.nodes[2, "hub"] == {"stage": 2, "block": "b2", "node": "hub"}
    assert set(extended.edges) == {
        *(((stage, name), (stage + 1, name)) for stage in range(2) for name in names),
        *(((stage, "phone"), (stage, "hub")) for stage in range(2)),
        *(((stage, "hub"), (stage, "cloud")) for stage in range(2)),
    }
    block = extended.edges[(0, "phone"), (1, "phone")]
    assert block == {
        "kind": "compute", "name": "b1", "energy": pytest.approx(6e-3), "latency": 1e-3, "levels": 1
    }  # fmt: skip
    hop = extended.edges[(0, "phone"), (0, "hub")]
    assert hop == {
        "kind": "transfer",
        "name": "phone->hub",
        "energy": pytest.approx(3e-3),
        "latency": pytest.approx(2e-3),
        "levels": 1,
    }
    assert extended.edges[(0, "hub"), (0, "cloud")]["levels"] == 2
    assert extended.graph == {
        "application": "app",
        "rate": 3.0,
        "configuration": 1,
        "max_latency": 0.04,
        "gamma": 8,
        "source": (0, "phone"),
        "targets": [(2, name) for name in names],
    }
    assert len(graphs.feasible) == 9 * 9
    assert graphs.feasible.graph["source"] == (0, "phone", 0)
    assert graphs.feasible.nodes[2, "hub", 3] == {"stage": 2, "block": "b2", "node": "hub", "level": 3}
    assert graphs.feasible.edges[(0, "phone", 7), (1, "phone", 8)] == block
    assert not list(graphs.feasible.successors((0, "phone", 8)))
    # Both on the phone: 6 + 4.2 * 6 = 31.2 mW; in the cloud 3 + 0.3 + 1.5 + 6.3 = 11.1 mW.
    assert graphs.path == ((0, "phone", 0), (0, "hub", 1), (0, "cloud", 3), (1, "cloud", 4), (2, "cloud", 5))
    assert cost(graphs.pruned, graphs.path) == pytest.approx(11.1e-3)


@seeds(150, 15, quick=15)
def test_every_stage_is_what_its_definition_says(chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance, gamma = random_instance(seed), (1, 5, 9)[seed % 3]
        task = Task(instance, instance.applications[0])
        configuration, steps = next(iter(task.configurations.items()), (None, []))
        if configuration is None:
            with pytest.raises(InstanceError, match="no configuration reaches the accuracy target"):
                stages(instance, gamma=gamma)
            continue
        exact = chart(task, steps)
        graphs = stages(instance, gamma=gamma)
        assert graphs.extended.graph["configuration"] == configuration
        vertices = {(stage, node.id) for stage in range(len(steps) + 1) for node in task.usable}
        assert set(graphs.extended) == vertices
        assert sorted((u, v) for u, v in graphs.extended.edges()) == sorted(a[:2] for a in exact.arcs)
        feasible = by_definition(exact, vertices, gamma)
        assert set(graphs.feasible) == set(feasible)
        assert set(graphs.feasible.edges) == set(feasible.edges)
        for *ends, energy in feasible.edges(data="energy"):
            found = graphs.feasible.edges[tuple(ends)]
            assert found["energy"] == pytest.approx(float(energy), rel=PRECISION, abs=0)
            assert found["levels"] == ends[1][2] - ends[0][2]
        for given in SETTINGS:
            if given.get("lam_rule") != "levels" or given["lam"] <= gamma + 1:
                pruned = stages(instance, gamma=gamma, **given).pruned
                assert set(pruned.edges) == near(exact, feasible, gamma, **{"lam": None, **given})
                assert set(pruned) == {vertex for ends in pruned.edges for vertex in ends}


@seeds(100, 10, quick=20)
def test_the_path_costs_what_fin_as_published_finds(chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance = random_instance(seed)
        for gamma in (1, 3, 10, 40):
            for given in SETTINGS:
                if given.get("lam_rule") != "levels" or given["lam"] <= gamma + 1:
                    agree(instance, {"gamma": gamma, **given})


def agree(instance: Instance, given: dict[str, Any]) -> None:
    """The cheapest path of the stages over all configurations is what the method finds."""
    result = finopt.solve(instance, "fin-published", **given)
    costs = []
    for configuration in instance.admissible(instance.applications[0]):
        graphs = stages(instance, configuration=configuration, **given)
        if graphs.path is not None:
            assert graphs.path[0] == graphs.feasible.graph["source"]
            assert graphs.path[-1] in graphs.feasible.graph["targets"]
            assert len({vertex[:2] for vertex in graphs.path}) == len(graphs.path)
            costs.append(cost(graphs.feasible, graphs.path))
    if costs:
        assert result.objective == pytest.approx(min(costs), rel=PRECISION, abs=0)
    else:
        assert result.objective is None


def parallel() -> Instance:
    """The toy with a second link to the hub: dearer, and as fast."""
    data = toy(max_latency=0.04).model_dump(exclude_unset=True)
    data["links"] += ({**data["links"][0], "energy": 2e-7},)
    return Instance.model_validate(data)


def test_parallel_links_are_both_there_and_the_cheaper_is_on_the_levels() -> None:
    instance = parallel()
    graphs = stages(instance, gamma=8)
    assert isinstance(graphs.extended, nx.MultiDiGraph)
    names = [link.id for link in instance.directed_links if (link.source, link.target) == ("phone", "hub")]
    assert len(names) == 2
    assert list(graphs.extended[0, "phone"][0, "hub"]) == names
    step = graphs.feasible.edges[(0, "phone", 0), (0, "hub", 1)]
    assert (step["name"], step["energy"]) == (names[0], pytest.approx(3e-3))
    agree(instance, {"gamma": 8})


def test_a_path_that_must_end_high_has_no_cycle() -> None:
    """To a helpful laptop and back costs little and gains levels; taken out, the rest is no dearer."""
    data = toy(max_latency=0.04).model_dump(exclude_unset=True)
    data["nodes"][3]["shared"] = True
    instance = Instance.model_validate(data)
    without = stages(instance, gamma=20)
    for lam in range(1, 22):
        graphs = stages(instance, gamma=20, lam=lam, lam_rule="levels")
        if graphs.path is not None:
            assert len({vertex[:2] for vertex in graphs.path}) == len(graphs.path)
            assert cost(graphs.feasible, graphs.path) >= cost(graphs.feasible, without.path)
        agree(instance, {"gamma": 20, "lam": lam, "lam_rule": "levels"})


def test_numbers_of_numpy_name_a_configuration_and_gamma() -> None:
    graphs = stages(toy(), gamma=np.int64(3), configuration=np.int64(2))
    assert (graphs.extended.graph["gamma"], graphs.extended.graph["configuration"]) == (3, 2)


def test_the_first_application_or_the_one_named() -> None:
    instance = toy(max_latency=0.04)
    (one,) = instance.applications
    other = one.model_copy(update={"id": "other", "rate": 6.0})
    both = Instance.model_validate(
        {**instance.model_dump(), "applications": [one.model_dump(), other.model_dump()]}
    )
    first, second = stages(both), stages(both, application="other")
    assert first.extended.graph["application"] == "app"
    step = (0, "phone"), (1, "phone")
    assert second.extended.edges[step]["energy"] == 2 * first.extended.edges[step]["energy"]


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"application": "nobody"}, InstanceError, "application: is not an application of the instance"),
        ({"configuration": 3}, ValueError, "configuration must be between 0 and 2, got 3"),
        ({"configuration": -1}, ValueError, "configuration must be between 0 and 2, got -1"),
        ({"configuration": 1.0}, TypeError, "configuration must be a whole number, got 1.0"),
        ({"gamma": 0}, ValueError, "gamma must be between 1 and"),
        ({"gamma": None}, TypeError, "gamma must be a whole number, got None"),
        ({"gamma": 2.5}, TypeError, "gamma must be a whole number, got 2.5"),
        ({"gamma": 100_000}, ValueError, "gamma = 100000 on 12 vertices and 15 arcs is more than 1000000"),
        ({"lam": -1}, ValueError, "lam must be at least 0, got -1"),
        ({"lam": "1"}, TypeError, "lam must be a number or None"),
        ({"lam_rule": "x"}, ValueError, "lam_rule must be 'bound' or 'levels', got 'x'"),
        ({"lam": 12, "lam_rule": "levels"}, ValueError, r"lam must be at most gamma \+ 1 = 11"),
    ],
)
def test_what_is_refused(options: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        stages(toy(), **options)


def test_nobody_is_admissible() -> None:
    with pytest.raises(InstanceError, match=r"'app': no configuration reaches the accuracy target 0\.95"):
        stages(toy(min_accuracy=0.95))


def test_what_is_no_instance() -> None:
    with pytest.raises(TypeError, match=r"stages takes an Instance, got str; read a file with finopt.load"):
        stages("instances/paper/b-alexnet-cifar10.json")  # type: ignore[arg-type]
