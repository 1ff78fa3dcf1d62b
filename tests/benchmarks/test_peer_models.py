"""benchmarks/peers.py: its instances, and the models given to other solvers."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from harness.child import forget_peak_memory, peak_memory
from peer_study import growth, instances, kdl, methods, with_cpsat, with_cspy, with_highs
from peer_study.methods import solve
from peer_study.outcome import Answer, Peer, checked_cost, used_path
from peer_study.plan import FAMILIES, METHODS, Run

from finopt.graph.resource import ResourceGraph
from tests.fake_time import FakeTime

# --- the instances ---


def two_ways(cheap_use=10.0, fast_use=4.0):
    """From 0 to 2: over 1 cheap and slow, directly dear and fast."""
    use = [[cheap_use / 2], [cheap_use / 2], [fast_use]]
    return ResourceGraph.build(3, [0, 1, 0], [1, 2, 2], [1.0, 1.0, 9.0], use, 0, [2], [20.0])


def test_the_budget_is_halfway_between_the_fastest_and_the_cheapest_path():
    assert instances.halfway(two_ways()) == 7.0


def test_a_budget_that_cannot_bind_is_refused():
    with pytest.raises(ValueError, match="would not bind"):
        instances.halfway(two_ways(cheap_use=4.0))


def test_a_mesh_is_one_path_problem_whose_limit_binds():
    instance = instances.mesh(6, 5, 3)
    assert len(instance.applications) == len(instance.models[0].configurations) == 1
    graph = instances.graph_of(instance)
    assert graph.arcs == 5 * (6 * 5 + 6)
    least, cheapest = graph.forward(0.0, [1.0]), graph.forward(1.0, [0.0])
    uses = [float(tree.resource[graph.nearest_target(tree), 0]) for tree in (least, cheapest)]
    assert graph.budget[0] == pytest.approx(sum(uses) / 2, rel=1e-12)
    assert uses[0] < graph.budget[0] < uses[1]
    assert instance == instances.mesh(6, 5, 3) != instances.mesh(6, 5, 4)


@pytest.mark.parametrize("given", [instances.layers(6, 7, seed=1), instances.grid(3, 4, seed=1)])
def test_hard_instances_are_anticorrelated_integers_with_a_budget_in_the_middle(given):
    noise = given.cost + given.resource - instances.LARGEST
    assert (noise == np.floor(noise)).all()
    assert (noise.min(), noise.max()) == (1, instances.NOISE)
    assert (given.resource >= 1).all()
    assert (given.cost >= 1).all()
    assert np.corrcoef(given.cost, given.resource)[0, 1] < -0.99
    assert given.budget == int(instances.halfway(given.graph()))


def test_the_shape_of_hard_instances():
    layered = instances.layers(6, 7, seed=0)
    assert layered.vertices == 6 * 7 + 2
    assert layered.tail.size == 6 + 6 * 6 * instances.OUT_DEGREE + 6
    layer = np.ceil(np.arange(layered.vertices) / 6)
    assert (layer[layered.head] == layer[layered.tail] + 1).all()
    grid = instances.grid(3, 4, seed=0)
    assert grid.tail.size == 2 * (3 * 3 + 2 * 4)
    step = set(np.abs(grid.head - grid.tail).tolist())
    assert step == {1, 4}
    for given in (layered, grid):
        assert len(set(zip(given.tail.tolist(), given.head.tolist(), strict=True))) == given.tail.size


def test_kdl_has_754_places_joined_both_ways():
    graph = kdl.read(kdl.FILE)
    assert (len(graph), graph.number_of_edges()) == (754, 895)  # 899 lines, four of them parallel
    instance = instances.problem(Run("kdl", "755x2", 0, "labels"))
    assert len(instance.nodes) == 755
    between = [link for link in instance.links if "device" not in link.source + link.target]
    assert len(between) == 895
    assert all(link.bidirectional for link in between)
    # Fibre between Rolla and Sedalia, Missouri: 152 km.
    rolla, sedalia = graph.nodes["0"], graph.nodes["1"]
    assert kdl.distance(rolla, sedalia) == pytest.approx(152e3, rel=0.01)
    delays = [link.delay for link in between]
    assert max(delays) < 1e-3
    unknown = [link for (a, b), link in zip(graph.edges(), between, strict=True) if _unplaced(graph, a, b)]
    assert unknown
    assert {link.delay for link in unknown} == {float(f"{_mean_delay(graph):.4g}")}


def _unplaced(graph, a, b):
    return "Latitude" not in graph.nodes[a] or "Latitude" not in graph.nodes[b]


def _mean_delay(graph):
    known = [kdl.distance(graph.nodes[a], graph.nodes[b]) for a, b in graph.edges()]
    known = [metres for metres in known if metres is not None]
    return sum(known) / len(known) / 2e8


def test_a_graphml_file_with_entities_is_refused(tmp_path):
    file = tmp_path / "bomb.graphml"
    file.write_text('<!DOCTYPE x [<!ENTITY a "aaaa">]><graphml>&a;</graphml>', encoding="utf-8")
    with pytest.raises(ValueError, match="declarations are not allowed"):
        kdl.read(file)


# --- the solvers ---


SMALL = {
    "mesh": instances.mesh(5, 4, 1),
    "layers": instances.layers(4, 6, seed=2),
    "grid": instances.grid(4, 4, seed=2),
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("method", [m for m in METHODS if m != "labels"])
def test_every_solver_finds_the_optimum_of_labels(name, method):
    if method == "cspy":
        pytest.importorskip("cspy")
    best = solve("labels", SMALL[name], 30.0)
    found = solve(method, SMALL[name], 30.0)
    assert found["termination"] == "COMPLETED"
    assert found["objective"] == pytest.approx(best["objective"], rel=1e-4 if method == "fin" else 1e-9)
    assert 0 < found["build_s"] < found["total_s"]
    assert found["build_s"] + found["solve_s"] == pytest.approx(found["total_s"])


def test_a_peer_that_took_all_its_time_has_no_answer(monkeypatch):
    """cspy returns a path after its time limit too, without a flag."""
    time = FakeTime(monkeypatch, with_cspy)

    class Slow:
        path = (0, "Sink")
        bidirectional_cpp = type("Cpp", (), {"setTimeLimit": lambda self, seconds: None})()

        def run(self):
            time.advance(0.05)

    graph = two_ways()
    assert not with_cspy.search((graph, Slow()), 0.05).finished
    assert with_cspy.search((graph, Slow()), 60.0).finished


def test_time_is_up_when_building_took_all_of_it(monkeypatch):
    time = FakeTime(monkeypatch, methods)

    def build(graph):
        time.advance(0.03)

    def search(model, seconds):
        raise AssertionError("there is no time left to search")

    monkeypatch.setattr(with_highs, "PEER", Peer("slow", build, search))
    found = solve("highs", SMALL["grid"], 0.02)
    assert (found["status"], found["termination"]) == ("NO_SOLUTION", "TIME_LIMIT")
    assert found["build_s"] == pytest.approx(0.03)


def test_the_answer_of_a_peer_is_checked(monkeypatch):
    def search(model, seconds):
        return Answer([0], True)

    monkeypatch.setattr(with_highs, "PEER", Peer("liar", lambda graph: None, search))
    with pytest.raises(ValueError, match="no path from the source"):
        solve("highs", SMALL["grid"], 1.0)


def test_only_paths_within_the_budget_have_a_cost():
    graph = two_ways()
    direct = int(np.flatnonzero(graph.cost == 9.0)[0])
    around = [a for a in range(3) if a != direct]
    assert checked_cost(graph, [direct]) == 9.0
    assert checked_cost(graph, around) == 2.0
    for path in (around[:1], around[::-1]):
        with pytest.raises(ValueError, match="no path from the source"):
            checked_cost(graph, path)
    tight = ResourceGraph.build(3, graph.tail, graph.head, graph.cost, graph.resource, 0, [2], [9.0])
    with pytest.raises(ValueError, match="the path uses"):
        checked_cost(tight, around)


def test_a_cycle_beside_the_path_is_left_out():
    tail, head = [0, 1, 2, 3, 2], [1, 4, 3, 2, 4]
    graph = ResourceGraph.build(5, tail, head, np.ones(5), np.ones((5, 1)), 0, [4], [9.0])
    used = np.array([(t, h) != (2, 4) for t, h in zip(graph.tail, graph.head, strict=True)])
    assert [int(graph.head[a]) for a in used_path(graph, used)] == [1, 4]


def test_the_rows_for_highs_hold_for_paths_and_only_for_them():
    graph = two_ways()
    matrix, lower, upper = with_highs.rows(graph)
    held = set()
    for arcs in itertools.product([0, 1], repeat=graph.arcs):
        activity = matrix @ np.array([*arcs, 1.0])
        if ((lower <= activity + 1e-9) & (activity <= upper + 1e-9)).all():
            held.add(arcs)
    direct = tuple(int(cost == 9.0) for cost in graph.cost)
    assert held == {direct, tuple(1 - x for x in direct)}
    assert matrix[[-1]].toarray().ravel() == pytest.approx([*(1e4 / 20 * graph.resource[:, 0]), 0.0])


def test_integers_for_cp_sat_are_passed_as_they_are_and_others_rounded_up():
    whole = SMALL["grid"].graph()
    cost, use, limit = with_cpsat.integers(whole)
    assert (cost == whole.cost).all()
    assert (use == whole.resource[:, 0]).all()
    assert limit == whole.budget[0]
    graph = instances.graph_of(SMALL["mesh"])
    cost, use, limit = with_cpsat.integers(graph)
    exact = graph.resource[:, 0] / graph.limit[0]
    fits = exact <= 2
    assert (use[fits] >= exact[fits] * limit * (1 - 1e-15)).all()
    assert (use[fits] <= exact[fits] * limit + 1.001).all()
    assert (use[~fits] > limit).all()
    assert int(use.sum()) + int(cost.sum()) < 2**62


def test_parallel_arcs_are_no_digraph():
    graph = ResourceGraph.build(2, [0, 0], [1, 1], [1.0, 2.0], [[2.0], [1.0]], 0, [1], [2.0])
    with pytest.raises(ValueError, match="no parallel arcs"):
        with_cspy.digraph(graph)


def test_every_arc_of_the_digraph_counts_one_of_resource_0():
    graph = instances.graph_of(SMALL["mesh"])
    made = with_cspy.digraph(graph)
    assert {data["res_cost"][0] for *_, data in made.edges(data=True)} == {1.0}
    assert made.number_of_edges() == graph.arcs + graph.targets.size
    assert {v for v, _ in made.in_edges("Sink")} == set(graph.targets.tolist())


@pytest.mark.parametrize("method", FAMILIES["growth"].methods)
def test_a_growth_series_measures_every_point(method):
    points = growth.series("smoke", method, seed=0)
    assert len(points) == growth.REPEATS * len(growth.POINTS["smoke"])
    assert all(point["total_s"] > 0 for point in points)
    if method != "fin":  # where the bounds close the gap, FIN relaxes nothing
        assert all(point["relaxed"] > 0 for point in points)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux only")
def test_the_memory_of_a_run_is_that_since_its_begin():
    before_it = np.ones(25_000_000)
    del before_it
    begin = forget_peak_memory()
    during = np.ones(12_500_000)
    del during
    assert 90 < peak_memory() - begin < 190
