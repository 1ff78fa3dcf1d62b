"""Resource-constrained shortest paths as files: what they mean, round trips, and broken ones."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

import finopt
from finopt import InstanceError, ResourceGraph
from finopt.io import rcsp_file
from tests.conformance import methods
from tests.graph.small_graphs import graphs

# Four vertices, five arcs, two resources. Line 1 n m K, 2 lower, 3 upper limits, 4-7 vertices, 8-12 arcs.
ORLIB = """\
4 5 2
0 0
10 8.5
1 0
0 0
2 1
0 3
1 2 4 1 1
1 3 1 5 2
2 3 0 0 0
3 4 2.5 1 1
2 4 9 1 1
"""

# The same arcs without consumption at the vertices, counted from 0. Line 6 is the first arc.
ZHU = """\
num_nodes num_arcs source target
4 5 0 3
Resource Constraint RHS
10 8.5
Tail Head Distance Resource1 Resource2
0 1 4 1 1
0 2 1 5 2
1 2 0 0 0
2 3 2.5 1 1
1 3 9 1 1
"""


def read(text: str) -> ResourceGraph:
    return rcsp_file.read(text, "file.txt")


def same(one: ResourceGraph, other: ResourceGraph) -> bool:
    """Whether two graphs have the same vertices, arcs, figures and ends."""
    arrays = ("tail", "head", "cost", "resource", "targets", "budget")
    return (one.vertices, one.source) == (other.vertices, other.source) and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays
    )


def with_line(text: str, number: int, line: str | None) -> str:
    """The text with one line replaced; None takes it out."""
    lines = text.splitlines()
    lines[number - 1 : number] = [] if line is None else [line]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- what the formats mean


def test_or_library_by_hand() -> None:
    graph = read(ORLIB)
    assert (graph.vertices, graph.arcs, graph.resources, graph.source) == (4, 5, 2, 0)
    assert graph.targets.tolist() == [3]
    assert graph.budget.tolist() == [10, 8.5]
    assert list(zip(graph.tail.tolist(), graph.head.tolist(), graph.cost.tolist(), strict=True)) == [
        (0, 1, 4), (0, 2, 1), (1, 2, 0), (1, 3, 9), (2, 3, 2.5),
    ]  # fmt: skip
    # Arcs that enter a vertex carry what passing it consumes, arcs that leave the first also what that does.
    assert graph.resource.tolist() == [[2, 1], [8, 3], [2, 1], [1, 4], [1, 4]]


@methods(lambda c: c.complete)
@pytest.mark.parametrize(
    ("upper", "path", "cost"),
    [
        # Path 1 3 4 uses (1+5+2+1+0, 0+2+1+1+3) = (9, 7) and costs 3.5; 1 2 3 4 uses (5, 6) and costs 6.5;
        # 1 2 4 uses (3, 5) and costs 13.
        ("9 7", (0, 2, 3), 3.5),
        ("8.999 7", (0, 1, 2, 3), 6.5),
        ("9 6.999", (0, 1, 2, 3), 6.5),
        ("5 6", (0, 1, 2, 3), 6.5),
        ("4 6", (0, 1, 3), 13.0),
        ("3 5", (0, 1, 3), 13.0),
        ("2.999 5", None, None),
        ("3 4.999", None, None),
    ],
)
def test_consumption_of_vertices_by_hand(
    method: str, upper: str, path: tuple[int, ...] | None, cost: float | None
) -> None:
    result = finopt.solve(read(with_line(ORLIB, 3, upper)), method)
    assert (result.path, result.objective) == (path, cost)
    assert result.status == ("INFEASIBLE" if path is None else "OPTIMAL")


def test_zhu_wilhelm_by_hand() -> None:
    graph = read(ZHU)
    assert (graph.vertices, graph.source, graph.targets.tolist()) == (4, 0, [3])
    assert graph.budget.tolist() == [10, 8.5]
    assert graph.resource.tolist() == [[1, 1], [5, 2], [0, 0], [1, 1], [1, 1]]
    assert same(graph, read(without_passing()))


def without_passing() -> str:
    """The OR-Library text with consumption 0 at every vertex."""
    lines = ORLIB.splitlines()
    return "\n".join([*lines[:3], *["0 0"] * 4, *lines[7:]]) + "\n"


def test_source_and_target_of_zhu_wilhelm() -> None:
    graph = read(with_line(ZHU, 2, "4 5 1 2"))
    assert (graph.source, graph.targets.tolist()) == (1, [2])
    assert finopt.solve(graph, "labels").path == (1, 2)


def test_line_breaks_mean_nothing_in_or_library_files() -> None:
    for text in (
        " ".join(ORLIB.split()),
        "\n".join(ORLIB.split()),
        "\n\n  " + ORLIB.replace("\n", "\r\n\r\n").replace(" ", "\t  "),
    ):
        assert same(read(text), read(ORLIB))


def test_figures_may_be_decimals_and_zero() -> None:
    text = with_line(ORLIB, 8, "1 2 .5 1e-3 +0.0")
    graph = read(text)
    assert graph.cost[0] == 0.5
    assert graph.resource[0].tolist() == [1.001, 0]


@methods(lambda c: c.complete)
def test_source_is_target(method: str, tmp_path: Path) -> None:
    for text in ("1 1 1\n0\n5\n3\n1 1 2 1\n", with_line(ZHU, 2, "4 5 2 2")):
        (tmp_path / "graph.txt").write_text(text, encoding="utf-8")
        graph = finopt.load(tmp_path / "graph.txt")
        result = finopt.solve(graph, method)
        assert (result.status, result.objective, result.path) == ("OPTIMAL", 0.0, (graph.source,))


@methods(lambda c: c.complete)
def test_no_arcs(method: str) -> None:
    result = finopt.solve(read("2 0 1\n0\n5\n0\n0\n"), method)
    assert result.status == "INFEASIBLE"
    assert result.reason == "there is no path from the source to a target"


@methods(lambda c: c.complete)
def test_cycles_parallel_arcs_and_loops(method: str) -> None:
    # 1 -> 2 twice: cheap and hungry, dear and frugal; 2 -> 1 and 3 -> 2 make cycles that cost nothing.
    arcs = ["1 2 1 5", "1 2 2 1", "2 1 0 0", "2 2 0 0", "2 3 1 1", "3 2 0 0", "3 4 1 1", "2 4 9 0"]
    text = "\n".join(["4 8 1", "0", "{}", *["0"] * 4, *arcs, ""])
    for limit, path, cost in (
        (7, (0, 1, 2, 3), 3),
        (3, (0, 1, 2, 3), 4),
        (1, (0, 1, 3), 11),
        (0, None, None),
    ):
        result = finopt.solve(read(text.format(limit)), method)
        assert (result.path, result.objective) == (path, cost), limit


@methods(lambda c: c.complete)
def test_budget_zero_and_zero_resources(method: str) -> None:
    text = "3 3 2\n0 0\n{}\n0 0\n0 0\n0 0\n1 2 1 0 0\n2 3 1 0 0\n1 3 1 1 0\n"
    assert finopt.solve(read(text.format("0 0")), method).objective == 2
    assert finopt.solve(read(text.format("0 5")), method).path == (0, 1, 2)
    assert finopt.solve(read(text.format("1 0")), method).path == (0, 2)


# ---------------------------------------------------------------- load and save


@pytest.mark.parametrize("text", [ORLIB, ZHU, "\ufeff" + ORLIB, "\n " + ZHU])
def test_load_recognises_by_content(text: str, tmp_path: Path) -> None:
    path = tmp_path / "misleading.json"
    path.write_text(text, encoding="utf-8")
    graph = finopt.load(path)
    assert isinstance(graph, ResourceGraph)
    assert graph.arcs == 5


def test_graphs_remember_the_number_of_their_first_vertex() -> None:
    assert (read(ORLIB).first, read(ZHU).first) == (1, 0)


@pytest.mark.parametrize("text", [ORLIB, ZHU])
def test_round_trip(text: str, tmp_path: Path) -> None:
    graph = read(text)
    finopt.save(graph, tmp_path / "one.txt")
    again = finopt.load(tmp_path / "one.txt")
    assert same(graph, again)
    finopt.save(again, tmp_path / "two.txt")
    assert (tmp_path / "one.txt").read_bytes() == (tmp_path / "two.txt").read_bytes()


@given(graphs())
def test_round_trip_of_drawn_graphs(graph: ResourceGraph) -> None:
    target = int(graph.targets[0])
    fits = graph.targets.size == 1 and (graph.source != target or graph.vertices == 1)
    if not fits:
        with pytest.raises(InstanceError):
            rcsp_file.write(graph, "graph")
        return
    again = read(rcsp_file.write(graph, "graph"))
    swap = list(range(graph.vertices))
    for vertex, wanted in ((graph.source, 0), (target, graph.vertices - 1)):
        place = swap.index(wanted)
        swap[vertex], swap[place] = swap[place], swap[vertex]
    number = np.array(swap)
    wanted = ResourceGraph.build(
        graph.vertices, number[graph.tail], number[graph.head], graph.cost, graph.resource,
        0, [graph.vertices - 1], graph.budget,
    )  # fmt: skip
    assert same(again, wanted)


def test_saving_moves_source_and_target_to_the_ends() -> None:
    # Source 3, target 0 of 0 .. 3: they change places with the first and the last vertex.
    graph = ResourceGraph.build(4, [3, 1, 3], [1, 0, 0], [1, 2, 9], [[1], [1], [0.1]], 3, [0], [2])
    text = rcsp_file.write(graph, "graph")
    assert text.splitlines()[-3:] == ["2 4 2 1", "1 2 1 1", "1 4 9 0.1"]
    assert finopt.solve(read(text), "labels").objective == finopt.solve(graph, "labels").objective == 3


def test_what_the_format_cannot_hold(tmp_path: Path) -> None:
    arcs = ([0, 1], [1, 2], [1, 1], [[1], [1]])
    for graph, match in (
        (ResourceGraph.build(3, *arcs, 0, [1, 2], [2]), r"targets: an OR-Library file has one target, got 2"),
        (ResourceGraph.build(3, *arcs, 0, [0], [2]), r"source: .* a source that is not the target, got 0"),
        (
            replace(ResourceGraph.build(3, *arcs, 0, [2], [2]), budget=np.array([1e30])),
            r"budget: must be 0 or from 1e-21 to 1e\+21",
        ),
    ):
        with pytest.raises(InstanceError, match=match):
            finopt.save(graph, tmp_path / "graph.txt")
        assert not (tmp_path / "graph.txt").exists()


def test_an_arc_and_its_vertices_stay_within_the_range_together() -> None:
    text = ORLIB.replace("2 1\n", "2 9e20\n").replace("3 4 2.5 1 1", "2 3 2.5 1 9e20")
    with pytest.raises(InstanceError, match=r"line 11: an arc and .* 1e\+21 together, got 1.8e\+21"):
        read(text)


# ---------------------------------------------------------------- one thing wrong

BROKEN_ORLIB = [
    (1, "4 5", r"line 2: K: must be a whole number from 1 .*, got '0'"),
    (1, "4.5 5 2", r"line 1: n: must be a whole number from 1 to 1000000000, got '4.5'"),
    (1, "0 5 2", r"line 1: n: must be a whole number from 1 "),
    (1, "-4 5 2", r"line 1: n: must be a whole number from 1 .*, got '-4'"),
    (1, "4 -5 2", r"line 1: m: must be a whole number from 0 .*, got '-5'"),
    (1, "4 5 0", r"line 1: K: must be a whole number from 1 .*, got '0'"),
    (1, "4 five 2", r"line 1: m: must be a whole number from 0 .*, got 'five'"),
    (1, "4 1000000000 2", r"line 12: the file ends too early: n = 4, m = 10{9} and K = 2 ask for 5000000012"),
    (1, "4 6 2", r"line 12: the file ends too early: .* ask for 42 numbers after them, got 37"),
    (1, "4 4 2", r"line 12: the file should end after the last arc, got '2'"),
    (2, "0 1", r"line 2: lower limit: lower limits above 0 are not supported, got 1"),
    (2, "0 -1", r"line 2: lower limit: must be at least 0, got '-1'"),
    (2, "0", r"line 2: a row of limits has K = 2 numbers, got 1 words"),
    (3, "10 8.5 1", r"line 3: a row of limits has K = 2 numbers, got 3 words"),
    (3, "10 -8.5", r"line 3: upper limit: must be at least 0, got '-8.5'"),
    (3, "inf 8.5", r"line 3: upper limit: must be a number, got 'inf'"),
    (3, "1e999 8.5", r"line 3: upper limit: must be 0 or from 1e-21 to 1e\+21, got '1e999'"),
    (3, "1e-30 8.5", r"line 3: upper limit: must be 0 or from 1e-21 to 1e\+21, got '1e-30'"),
    (5, "0 nan", r"line 5: consumption of a vertex: must be a number, got 'nan'"),
    (5, "0 0 0", r"line 5: the row of a vertex has K = 2 numbers, got 3 words"),
    (8, "0 2 4 1 1", r"line 8: tail: must be a vertex from 1 to 4, got '0'"),
    (8, "1 5 4 1 1", r"line 8: head: must be a vertex from 1 to 4, got '5'"),
    (9, "1 2.5 4 1 1", r"line 9: head: must be a vertex from 1 to 4, got '2.5'"),
    (9, "1 3 -1 5 2", r"line 9: cost: must be at least 0, got '-1'"),
    (10, "2 3 0 0 -1", r"line 10: resource 2: must be at least 0, got '-1'"),
    (10, "2 3 1_000 0 0", r"line 10: cost: must be a number, got '1_000'"),
    (11, "3 4 2,5 1 1", r"line 11: cost: must be a number, got '2,5'"),
    (11, "3 4 2.5 1", r"line 11: the row of an arc has tail, head, cost and K = 2 resources, got 4 words"),
    (12, "2 4 9 1 1 1", r"line 12: the row of an arc has .* K = 2 resources, got 6 words"),
    (12, None, r"line 11: the file ends too early: .* ask for 37 numbers after them, got 32"),
    (12, "2 4 9 1 1\n2 4 9 1 1", r"line 13: the file should end after the last arc, got '2'"),
    (12, "2 4 9 1 1\nend", r"line 13: the file should end after the last arc, got 'end'"),
]  # fmt: skip

BROKEN_ZHU = [
    (2, "4 5 0", r"line 2: this line has num_nodes, num_arcs, source and target, got 3 words"),
    (2, "4 5 0 3 1", r"line 2: this line has num_nodes, num_arcs, source and target, got 5 words"),
    (2, "0 5 0 3", r"line 2: num_nodes: must be a whole number from 1 to 10000000, got '0'"),
    (2, "99999999999 5 0 3", r"line 2: num_nodes: must be a whole number from 1 to 10000000, got '9999"),
    (2, "4 6 0 3", r"line 2: num_arcs must be the number of arc rows, 5, got 6"),
    (2, "4 five 0 3", r"line 2: num_arcs: must be a whole number from 0 .*, got 'five'"),
    (2, "4 5 4 3", r"line 2: source: must be a vertex from 0 to 3, got '4'"),
    (2, "4 5 0 -1", r"line 2: target: must be a vertex from 0 to 3, got '-1'"),
    (3, None, r"line 3: this line has the names of the figures on the next, got '10 8.5'"),
    (4, "10 x", r"line 4: limit: must be a number, got 'x'"),
    (4, "10", r"line 6: the row of an arc has tail, head, cost and 1 resources, got 5 words"),
    (5, None, r"line 5: this line has the names of the figures on the next, got '0 1 4 1 1'"),
    (6, "4 1 4 1 1", r"line 6: tail: must be a vertex from 0 to 3, got '4'"),
    (7, "0 -1 1 5 2", r"line 7: head: must be a vertex from 0 to 3, got '-1'"),
    (8, "1 2 x 0 0", r"line 8: cost: must be a number, got 'x'"),
    (9, "2 3 2.5 1", r"line 9: the row of an arc has tail, head, cost and 2 resources, got 4 words"),
    (10, None, r"line 2: num_arcs must be the number of arc rows, 4, got 5"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number", "line", "match"),
    [(ORLIB, *case) for case in BROKEN_ORLIB] + [(ZHU, *case) for case in BROKEN_ZHU],
)
def test_one_thing_wrong(text: str, number: int, line: str | None, match: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.txt"
    path.write_text(with_line(text, number, line), encoding="utf-8")
    with pytest.raises(InstanceError, match=match) as error:
        finopt.load(path)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("5", r"line 1: a file begins with n, m and K"),
        ("", r"line 1: a file begins with n, m and K"),
        ("1 0 1\n0\n5\n6\n", r"line 4: the only vertex alone exceeds an upper limit"),
        ("num_nodes num_arcs source target\n4 5 0 3\n", r"line 2: a file has names, sizes, names, limits"),
    ],
)
def test_files_that_hold_too_little(text: str, match: str) -> None:
    with pytest.raises(InstanceError, match=match):
        read(text)


def test_every_problem_is_listed_in_the_order_of_the_lines() -> None:
    text = with_line(with_line(with_line(ORLIB, 9, "9 3 -1 5 2"), 8, "1 2 4 1 x"), 3, "10 -1")
    with pytest.raises(InstanceError) as error:
        read(text)
    assert [(p.path, p.subject) for p in error.value.problems] == [
        ("line 3", "upper limit"), ("line 8", "resource 2"), ("line 9", "tail"), ("line 9", "cost"),
    ]  # fmt: skip


def test_a_flood_of_problems_is_cut() -> None:
    text = "2 300 1\n0\n5\n0\n0\n" + "1 3 x 1\n" * 300
    with pytest.raises(InstanceError) as error:
        read(text)
    assert [problem.path for problem in error.value.problems[::2]] == [f"line {i}" for i in range(6, 56)]
    assert error.value.omitted == 500
    assert str(error.value).endswith("\n  ... and 500 more")


# ---------------------------------------------------------------- any thing wrong


@pytest.mark.parametrize(("text", "seed"), [*itertools.product((ORLIB, ZHU), range(5))])
def test_nothing_but_an_instance_error_ever_escapes(text: str, seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    path = tmp_path / "damaged.txt"
    accepted = 0
    pieces = ("", " ", "\n", "0", "-", "7", "1e9", "1e400", "nan", "x", "\x00", "\xff", "9" * 400, ".", "e")
    for _ in range(200):
        content = text
        for _ in range(rng.choice((1, 1, 2, 8))):
            start = rng.randrange(len(content) + 1)
            content = content[:start] + rng.choice(pieces) + content[start + rng.choice((0, 1, 1, 6)) :]
        path.write_bytes(content.encode("latin-1" if rng.random() < 0.3 else "utf-8"))
        try:
            graph = finopt.load(path)
        except InstanceError as error:
            assert error.problems
            str(error).encode("utf-8")
            continue
        accepted += 1
        assert finopt.solve(graph, "labels").status in ("OPTIMAL", "INFEASIBLE")
    assert 0 < accepted < 200


# ---------------------------------------------------------------- figures of any size


@pytest.mark.parametrize("scale", [1e-18, 1e-9, 1.0, 1e9, 1e18])
@methods(lambda c: c.complete)
def test_units_change_no_answer(method: str, scale: float) -> None:
    lines = [line.split() for line in without_passing().splitlines()]
    lines[2] = [repr(float(x) * scale) for x in ("6", "3")]
    for row in lines[7:]:
        row[2:] = [repr(float(x) * scale) for x in row[2:]]
    result = finopt.solve(read("\n".join(map(" ".join, lines)) + "\n"), method)
    assert (result.status, result.path) == ("OPTIMAL", (0, 2, 3))
    assert result.objective == pytest.approx(3.5 * scale, rel=1e-12)
