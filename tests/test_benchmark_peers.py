"""benchmarks/peers.py: its instances, the models given to other solvers, and what its tables claim."""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import peers
from peering import growth, instances, kdl, memory, with_cpsat, with_cspy, with_highs
from peering.agreement import disagreements, optimum, unproven
from peering.cells import Cell, ratio_text, table, time_text
from peering.columns import COLUMNS
from peering.methods import solve
from peering.outcome import Answer, Peer, checked_cost, used_path
from peering.plan import FAMILIES, METHODS, NOT_RUN, Run, plan, pointless
from peering.report import report

from finopt.graph.resource import ResourceGraph


def make_row(method="labels", total_s=0.01, objective=1.0, status="OPTIMAL", **changes):
    """A finished run with its stamp."""
    row = {
        **dict.fromkeys(COLUMNS),
        "date": "2026-01-02T03:04:05+00:00",
        "machine": "a machine",
        "family": "mesh",
        "size": "3x5",
        "seed": 0,
        "method": method,
        "time_limit_s": 60.0,
        "arcs": 45,
        "status": status,
        "termination": "COMPLETED",
        "objective": objective,
        "bound": objective,
        "gap": None if objective is None else 0.0,
        "build_s": None if total_s is None else total_s / 4,
        "total_s": total_s,
        "reason": "",
        "python": "3",
    }
    return {**row, **changes}


def late(method="cspy", **changes):
    """A run that its limit cut off."""
    known = {"status": "NO_SOLUTION", "termination": "TIME_LIMIT", "total_s": 60.0, **changes}
    return make_row(method, objective=None, **known)


def not_run(method="cspy", reason="out of time at 3x5, seed 0", **changes):
    known = {"status": "", "termination": NOT_RUN, "total_s": None, "arcs": None}
    return make_row(method, objective=None, **known, reason=reason, **changes)


# --- the plan ---


def test_the_plan_is_every_method_on_every_instance_small_sizes_first():
    runs = plan(["mesh", "hard-grid"], ["labels", "cspy"], ["30x20", "3x5"], [4, 7], time_limit_s=9.0)
    assert [(r.family, r.size) for r in runs[::4]] == [
        ("mesh", "3x5"),
        ("mesh", "30x20"),
        ("hard-grid", "3x5"),
        ("hard-grid", "30x20"),
    ]
    assert [(r.seed, r.method) for r in runs[:4]] == list(itertools.product([4, 7], ["labels", "cspy"]))
    assert {r.time_limit_s for r in runs} == {9.0}


def test_by_default_a_family_has_its_own_sizes_seeds_methods_and_limit():
    for name, family in FAMILIES.items():
        runs = plan([name])
        assert len(runs) == len(set(runs)) == sum(family.sizes.values()) * len(family.methods)
        assert {run.time_limit_s for run in runs} == {family.time_limit_s}
    assert {run.size for run in plan(["kdl"], sizes=["5x5"])} == {"755x20"}


def test_sizes_of_the_full_mesh_are_those_that_were_asked_for():
    assert list(FAMILIES["mesh"].sizes) == ["3x5", "10x10", "30x20", "100x20", "300x30"]
    assert FAMILIES["mesh"].methods == METHODS


def test_a_method_that_ran_out_of_time_is_not_run_again_in_its_family():
    run = Run("mesh", "30x20", 0, "cspy")
    assert pointless(run, [late(size="10x10")]) == "out of time at 10x10, seed 0"
    assert pointless(run, [late(size="10x10", termination="KILLED")])
    others = [late("highs"), late(family="hard-grid"), make_row("cspy"), not_run()]
    assert pointless(run, others) == ""


def test_the_slower_of_two_settings_is_not_run_on_larger_sizes():
    done = [
        make_row("highs", 0.5),
        make_row("highs-nopresolve", 0.1),
        make_row("highs", 2.0, size="10x10"),
        make_row("highs-nopresolve", 3.0, size="10x10"),
    ]
    run = Run("mesh", "30x20", 0, "highs")
    assert pointless(Run("mesh", "30x20", 0, "highs-nopresolve"), done) == "slower than highs at 10x10"
    assert pointless(run, done) == ""
    assert pointless(Run("mesh", "10x10", 1, "highs-nopresolve"), done) == ""
    assert pointless(run, done[:2]) == ""  # half a second tells little
    assert pointless(Run("mesh", "30x20", 0, "labels"), [*done, make_row("labels", 9.0)]) == ""


@pytest.mark.parametrize(
    "flags", [["--family", "ring"], ["--methods", "dijkstra"], ["--sizes", "ten"], ["--seeds", "x"]]
)
def test_wrong_arguments_end_with_exit_code_2(flags, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        peers.main([*flags, "--output", str(tmp_path / "peers.csv")])
    assert end.value.code == 2
    assert flags[1] in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


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


def test_a_peer_that_took_all_its_time_has_no_answer():
    """cspy returns a path after its time limit too, without a flag."""

    class Slow:
        path = (0, "Sink")
        bidirectional_cpp = type("Cpp", (), {"setTimeLimit": lambda self, seconds: None})()

        def run(self):
            time.sleep(0.05)

    graph = two_ways()
    assert not with_cspy.search((graph, Slow()), 0.05).finished
    assert with_cspy.search((graph, Slow()), 60.0).finished


def test_time_is_up_when_building_took_all_of_it(monkeypatch):
    def build(graph):
        time.sleep(0.03)

    def search(model, seconds):
        raise AssertionError("there is no time left to search")

    monkeypatch.setattr(with_highs, "PEER", Peer("slow", build, search))
    found = solve("highs", SMALL["grid"], 0.02)
    assert (found["status"], found["termination"]) == ("NO_SOLUTION", "TIME_LIMIT")
    assert found["build_s"] >= 0.03


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
    begin = memory.begin()
    during = np.ones(12_500_000)
    del during
    assert 90 < memory.peak() - begin < 190


# --- agreement ---


def test_answers_within_the_tolerance_agree():
    rows = [make_row(), make_row("cspy", objective=1 + 5e-10), late("highs"), not_run("milp")]
    rows += [make_row("fin", objective=1.3, status="FEASIBLE", bound=0.9)]
    assert disagreements(rows) == []
    assert optimum(rows) == 1.0


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (make_row("cspy", objective=1.1), "cspy calls 1.1 optimal, the optimum is 1.0"),
        (make_row("fin", objective=1.1), "fin calls 1.1 optimal"),
        (make_row("fin", objective=0.9, status="FEASIBLE"), "fin answers 0.9, below the optimum"),
        (make_row("fin", objective=1.2, status="FEASIBLE", bound=1.1), "the bound 1.1 of fin exceeds"),
        (make_row("highs", objective=None, status="INFEASIBLE"), "highs says infeasible, labels has"),
    ],
)
def test_disagreements_make_the_exit_code_1(row, sentence, capsys):
    rows = [make_row(), row]
    assert any(sentence in found for found in disagreements(rows))
    assert peers._verdict(rows, smoke=False) == 1
    assert f"WRONG: mesh 3x5 seed 0: {sentence}" in capsys.readouterr().err
    assert "WRONG" in report(rows)


def test_answers_to_different_instances_are_not_compared():
    rows = [make_row(), make_row("cspy", objective=2.0, seed=1), make_row("cspy", objective=3.0, size="6x6")]
    assert disagreements(rows) == []


def test_failed_runs_make_the_exit_code_1_and_late_ones_do_not():
    proven = [make_row(), make_row("highs")]
    failed = make_row("cspy", None, None, "NO_SOLUTION", termination="ERROR", reason="a crash")
    assert peers._verdict([*proven, failed], smoke=False) == 1
    assert peers._verdict([*proven, late(), not_run()], smoke=False) == 0
    assert unproven([make_row(), late()])
    assert not unproven(proven)
    assert peers._verdict([make_row(), late()], smoke=True) == 1


# --- the tables ---


def test_times_are_medians_with_quartiles_and_say_when_they_are_lower_bounds():
    timed = [make_row("cspy", seconds, seed=seed) for seed, seconds in enumerate((0.1, 0.2, 0.4))]
    assert time_text(Cell(timed)) == "200 ms [150 ms, 300 ms]"
    assert time_text(Cell(timed[:1])) == "100 ms"
    assert time_text(Cell([late()])) == "> 60 s"
    assert time_text(Cell([late(), not_run(seed=1)])) == "> 60 s, 1 of 2 seeds"
    assert time_text(Cell([timed[0], late(seed=1), timed[1]])).startswith("> 200 ms")
    assert time_text(Cell([not_run()])) == "(> 60 s)"
    assert time_text(Cell([not_run(reason="slower than highs at 3x5")])) == "(slower)"
    unfinished = make_row("labels", 2.0, status="FEASIBLE", termination="LIMIT")
    assert time_text(Cell([unfinished])) == "-"
    assert time_text(Cell([])) == "-"


def test_ratios_pair_the_seeds():
    reference = Cell([make_row(total_s=seconds, seed=seed) for seed, seconds in enumerate((0.01, 0.1, 1.0))])
    assert ratio_text(Cell([make_row("cspy", 0.2, seed=0), make_row("cspy", 4.0, seed=1)]), reference) == "30"
    assert ratio_text(Cell([late(seed=2)]), reference) == "> 60"
    assert ratio_text(Cell([not_run()]), reference) == "(> 600)"
    assert ratio_text(Cell([not_run(reason="slower than highs at 3x5")]), reference) == "-"
    assert ratio_text(Cell([make_row("cspy", 0.2)]), Cell([late("labels")])) == "-"
    assert ratio_text(Cell([make_row("cspy", 0.2)]), None) == "-"


def test_fin_counts_as_done_with_a_gap():
    answered = make_row("fin", 0.5, status="FEASIBLE", bound=0.99, gap=0.01)
    assert time_text(Cell([answered])) == "500 ms"


def test_the_report_shows_every_size_method_and_version():
    rows = [
        make_row(highspy="1.13"),
        make_row("cspy", 0.2),
        make_row(size="10x10", arcs=1000, highspy="1.13"),
        not_run(size="10x10"),
        make_row("pass-single", 2e-3, family="growth", size="gamma", status="", gamma=64, relaxed=8_000_000),
        make_row(
            "pass-single", 4e-3, family="growth", size="gamma", status="", gamma=128, relaxed=16_000_000
        ),
        make_row("fin", objective=1.1, status="FEASIBLE", bound=1.0, gap=0.1, highspy="1.13"),
    ]
    text = report(rows)
    assert "2026-01-02. a machine. Python 3, highspy 1.13." in text
    assert "| 3x5 | 45 | 1 | 10 ms | 10 ms | 200 ms |" in text
    assert "| 10x10 | 1000 | 1 | 10 ms | - | (> 60 s) |" in text
    assert "| 3x5 | 45 | 1 | 1 | 20 |" in text
    assert "| 3x5 | 10 % | 10 % | 10 % | 10 % |" in text
    assert "| `pass-single` | 1.00 ± 0.00 | - |" in text
    assert "| `pass-single` | 128 | 4 ms | [4 ms, 4 ms] | 1.6e+07 | 4 |" in text
    assert "2 instances; 1 were settled by at least two exact methods" in text
    assert list(table(rows[:4])) == ["3x5", "10x10"]


@pytest.mark.slow
def test_the_whole_thing(tmp_path, capsys):
    output = tmp_path / "peers.csv"
    flags = ["--family", "hard-grid,growth", "--smoke", "--output", str(output)]
    assert peers.main([*flags, "--methods", "labels,highs,pass-double"]) == 0
    text = output.with_suffix(".md").read_text(encoding="utf-8")
    assert text in capsys.readouterr().out
    rows = peers.read(output, COLUMNS)
    assert [row["method"] for row in rows[:2]] == ["labels", "highs"]
    assert rows[0]["objective"] == rows[1]["objective"]
    assert rows[0]["late_compile_s"] == 0
    assert 0 < rows[0]["before_mb"] <= rows[0]["run_peak_mb"] <= rows[0]["peak_memory_mb"] * 1.01
    assert len(rows) == 2 + growth.REPEATS * len(growth.POINTS["smoke"])
    output.with_suffix(".md").unlink()
    assert peers.main(["--render", "--output", str(output)]) == 0
    assert output.with_suffix(".md").read_text(encoding="utf-8") == text
