"""Pictures of the stages of FIN: that they show the graphs, and nothing stands on anything else."""

from __future__ import annotations

import itertools
from collections import Counter
from itertools import pairwise
from typing import Any

import networkx as nx
import pytest

pytest.importorskip("matplotlib")

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import finopt
from finopt.graph import Stages, stages
from finopt.plotting import plot_stage
from finopt.problem.generators.random_instance import generate
from finopt.problem.instance import Instance
from finopt.problem.options import OptionError
from tests.command_line import SMALL

NODES = [
    *({"id": f"phone{i}", "tier": "mobile", "compute": 1e9, "power": 2.0} for i in range(2)),
    *({"id": f"edge{i}", "tier": "edge", "compute": 1e10 * (i + 1), "power": 10.0} for i in range(3)),
    {"id": "cloud", "tier": "cloud", "compute": 1e11, "power": 300.0},
]
ENDS = [(f"phone{i}", f"edge{j}") for i in range(2) for j in range(3)]
ENDS += [(f"edge{j}", "cloud") for j in range(3)] + [
    ("edge0", "edge1"),
    ("edge1", "edge2"),
    ("edge0", "edge2"),
]
LINKS = [{"source": a, "target": b, "bandwidth": 1e9, "energy": 1e-9, "bidirectional": True} for a, b in ENDS]


def small(**change: Any) -> Instance:
    return Instance.model_validate({**SMALL, **change})


def application(**change: Any) -> dict[str, Any]:
    return {**SMALL["applications"][0], **change}


def crowded() -> Instance:
    """Two devices, three edge servers and a cloud, all linked."""
    ours = [application(id="first", source="phone0"), application(id="second", source="phone1", rate=4.0)]
    return small(nodes=NODES, links=LINKS, applications=ours)


def parallel() -> Instance:
    """Three links from the device to the edge server, and one back."""
    link = SMALL["links"][0]
    return small(links=[{**link, "bidirectional": True}, {**link, "energy": 2e-8}, {**link, "energy": 5e-8}])


def one_block() -> Instance:
    (model,) = SMALL["models"]
    first = {key: model[key][:1] for key in ("blocks", "exits")}
    only = {"exits": ["early"], "shares": [1.0], "accuracy": 0.9}
    return small(models=[{**model, **first, "configurations": [only]}])


INSTANCES = {
    "one node": small(nodes=SMALL["nodes"][:1], links=[], applications=[application(max_latency=1.0)]),
    "no links": small(links=[], applications=[application(max_latency=1.0)]),
    "parallel links": parallel(),
    "one block": one_block(),
    "six nodes": crowded(),
    "no path": small(applications=[application(max_latency=0.001)]),
}


def drawn(ax: Axes) -> Counter[str]:
    """Arcs by kind and look."""
    names = [(patch.get_gid() or "").partition(" ") for patch in ax.patches]
    return Counter(f"{kind} {look}" for kind, _, look in names if kind in ("compute", "transfer"))


def kinds(graph: Any) -> Counter[str]:
    return Counter(kind for *_, kind in graph.edges(data="kind"))


def vertices(ax: Axes) -> list[str]:
    return [patch.get_gid() for patch in ax.patches if (patch.get_gid() or "").startswith("vertex ")]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def title(ax: Axes) -> list[str]:
    return ax.get_title(loc="left").split("\n")


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def clashes(ax: Axes) -> list[str]:
    """Texts that overlap, and those that the figure cuts off."""
    figure: Any = ax.figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    shown = [*ax.texts, *ax.get_legend().get_texts(), ax._left_title]  # type: ignore[attr-defined]
    boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in shown]
    found = [
        f"{one!r} on {other!r}"
        for (one, a), (other, b) in itertools.combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
    ]
    inside = figure.bbox.padded(0.5)
    return (
        found
        + [f"{text!r} is cut off" for text, box in boxes if not inside.contains(*box.p0)]
        + [f"{text!r} is cut off" for text, box in boxes if not inside.contains(*box.p1)]
    )


def test_the_extended_graph_shows_every_vertex_and_arc_with_its_figures() -> None:
    graphs = stages(small())
    ax = plot_stage(graphs)
    assert vertices(ax) == [f"vertex {stage} {node}" for stage, node in graphs.extended]
    assert drawn(ax) == {f"{kind} plain": count for kind, count in kinds(graphs.extended).items()}
    assert {"stage 0", "nothing done", "stage 2", "b2 done", "device", "edge"} <= set(texts(ax))
    assert {"2 mJ\n1 ms", "8 mJ\n8 ms", "100 mJ\n10 ms"} <= set(texts(ax))
    assert title(ax) == [
        "app, configuration 0: extended graph",
        "6 vertices, 4 compute and 2 transfer arcs; latency limit 50 ms",
    ]
    assert legend(ax) == ["source", "target", "compute arc", "transfer arc"]


def test_the_feasible_graph_shows_all_replicas_and_what_is_left() -> None:
    graphs = stages(small(), gamma=10)
    ax = plot_stage(graphs, "feasible")
    left, out = kinds(graphs.pruned), kinds(graphs.feasible) - kinds(graphs.pruned)
    looks = {"kept": left, "left out": out}
    expected = {f"{kind} {look}": n for look, found in looks.items() for kind, n in found.items()}
    assert len(vertices(ax)) == len(graphs.feasible)
    assert drawn(ax) == expected
    assert legend(ax)[-1] == "left out"
    assert f"in colour the {len(graphs.pruned)} and {graphs.pruned.number_of_edges()}" in title(ax)[1]


def test_lambda_leaves_out_more() -> None:
    all_of_it, less = (plot_stage(stages(small(), lam=lam), "feasible") for lam in (None, 0.01))
    assert drawn(less)["compute kept"] < drawn(all_of_it)["compute kept"]
    assert drawn(less)["compute left out"] > drawn(all_of_it)["compute left out"]


def test_the_path_is_bold_with_its_levels() -> None:
    graphs = stages(small(), gamma=10)
    path = graphs.path
    assert path is not None
    ax = plot_stage(graphs, "path")
    steps = Counter(graphs.pruned.edges[step]["kind"] for step in pairwise(path))
    assert {name: n for name, n in drawn(ax).items() if name.endswith("path")} == {
        f"{kind} path": n for kind, n in steps.items()
    }
    assert sum(drawn(ax).values()) == graphs.pruned.number_of_edges()
    assert {str(level) for *_, level in path[1:]} <= set(texts(ax))
    assert title(ax) == [
        "app, configuration 0: cheapest path",
        "energy 103 mJ per inference, latency 12 ms of 50 ms, 4 of 10 levels",
    ]


def test_a_path_on_levels_that_the_pruned_graph_has_not_is_drawn() -> None:
    """Where it must end above a level it may gain one by a cycle, which is no part of the path."""
    free = [{**SMALL["links"][0], "bidirectional": True, "energy": 0.0}]
    instance = small(links=free, applications=[application(max_latency=1.0)])
    graphs = stages(instance, gamma=10, lam=8, lam_rule="levels")
    assert graphs.path is not None
    assert not all(graphs.pruned.has_edge(*step) for step in pairwise(graphs.path)), "else it tests nothing"
    ax = plot_stage(graphs, "path")
    found = drawn(ax)
    assert found["compute path"] + found["transfer path"] == len(graphs.path) - 1


def test_energy_is_per_inference() -> None:
    once, often = (plot_stage(stages(small(applications=[application(rate=r)])), "path") for r in (1.0, 4.0))
    assert title(once) == title(often)


@pytest.mark.parametrize("gamma", [1, 5])
def test_without_a_path_the_title_says_so(gamma: int) -> None:
    graphs = stages(INSTANCES["no path"], gamma=gamma)
    assert title(plot_stage(graphs, "path"))[0] == "app, configuration 0: no path"
    assert f"none to a target is left on levels 0 to {gamma}, that is within 1 ms" in " ".join(
        title(plot_stage(graphs, "path"))
    )
    assert "no path to a target is left" in " ".join(title(plot_stage(graphs, "feasible")))
    assert "compute arc" not in legend(plot_stage(graphs, "feasible")), "they are all grey"


@pytest.mark.parametrize("stage", ["extended", "feasible", "path"])
@pytest.mark.parametrize("name", INSTANCES)
def test_nothing_overlaps_and_nothing_is_cut_off(name: str, stage: Any) -> None:
    for gamma in (1, 5, 10):
        assert not clashes(plot_stage(stages(INSTANCES[name], gamma=gamma), stage))


@pytest.mark.parametrize("name", [" ", "$x_1$", "_", "a\nb", "W" * 40, "тест", "\x00"])
@pytest.mark.parametrize("stage", ["extended", "path"])
def test_ids_of_any_kind(name: str, stage: Any) -> None:
    graphs = stages(small())
    assert not clashes(plot_stage(_renamed(graphs, {"edge": name, "b1": name}), stage))


def _renamed(graphs: Stages, names: dict[str, str]) -> Stages:
    """The same graphs, other names of nodes and blocks."""

    def vertex(old: tuple[Any, ...]) -> tuple[Any, ...]:
        return (old[0], names.get(old[1], old[1]), *old[2:])

    def graph(old: Any) -> Any:
        new = nx.relabel_nodes(old, vertex)
        new.graph = {**old.graph, "source": vertex(old.graph["source"])}
        new.graph["targets"] = [vertex(target) for target in old.graph["targets"]]
        for _, data in new.nodes(data=True):
            data["block"] = names.get(data["block"], data["block"])
        return new

    path = None if graphs.path is None else tuple(map(vertex, graphs.path))
    return Stages(graph(graphs.extended), graph(graphs.feasible), graph(graphs.pruned), path)


def test_parallel_links_and_those_back_are_curves_of_their_own() -> None:
    graphs = stages(INSTANCES["parallel links"])
    ax = plot_stage(graphs)
    curves = [
        patch.get_path().vertices.tobytes() for patch in ax.patches if patch.get_gid() == "transfer plain"
    ]
    assert len(curves) == len({*curves}) == kinds(graphs.extended)["transfer"]


def test_other_applications_are_drawn_too() -> None:
    ax = plot_stage(stages(crowded(), application="second"), "path")
    assert "phone1" in texts(ax)
    assert "phone0" not in texts(ax)


@pytest.mark.parametrize(
    ("nodes", "blocks", "gamma", "found"),
    [
        (40, 3, 10, "nodes (at most 8)"),
        (4, 40, 10, "stages (at most 12)"),
        (4, 3, 41, "41 levels (at most 40)"),
        (8, 11, 40, "arcs (at most 1500)"),
    ],
)
def test_what_nobody_could_read_is_refused(nodes: int, blocks: int, gamma: int, found: str) -> None:
    graphs = stages(generate(nodes=nodes, blocks=blocks, configurations=1, topology="mesh"), gamma=gamma)
    with pytest.raises(
        OptionError, match=r"would be illegible: .* use a smaller gamma or instance"
    ) as caught:
        plot_stage(graphs, "feasible")
    assert found in str(caught.value)


def test_the_levels_of_the_extended_graph_do_not_matter() -> None:
    assert len(vertices(plot_stage(stages(small(), gamma=1000)))) == 6


def test_another_stage_is_an_error() -> None:
    what: Any = "pruned"
    with pytest.raises(OptionError, match="stage must be 'extended', 'feasible' or 'path', got 'pruned'"):
        plot_stage(stages(small()), what)


def test_the_axes_may_be_given_and_the_text_fits_them() -> None:
    left, right = Figure(figsize=(12, 4)).subplots(1, 2)
    graphs = stages(small())
    assert plot_stage(graphs, "path", left) is left
    alone = plot_stage(graphs, "path")
    assert left.texts[0].get_fontsize() < alone.texts[0].get_fontsize()
    assert not right.texts


def test_the_paper_instance() -> None:
    instance = finopt.load("instances/paper/b-resnet110-cifar10.json")
    assert isinstance(instance, Instance)
    graphs = stages(instance, gamma=20)
    for stage in ("extended", "feasible", "path"):
        assert not clashes(plot_stage(graphs, stage))
