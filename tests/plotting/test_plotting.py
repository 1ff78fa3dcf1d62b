"""Pictures of placements: what stands where in them, not how they look."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

pytest.importorskip("matplotlib")

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.path import Path as Line

import finopt
from finopt.plotting.plot import plot_pareto, plot_placement, plot_scaling
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.errors import BackendError, InstanceError
from finopt.problem.formatting import quantity
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement
from tests.command_line import SMALL
from tests.documents import GOOD_2

PAPER = "instances/paper/b-alexnet-cifar10.json"


def small(**change: Any) -> Instance:
    return Instance.model_validate({**SMALL, **change})


def split(application: str = "app") -> ApplicationPlacement:
    """b1 on the device, b2 on the edge server: 2 mJ, 50 mJ, and 0.5 mJ for the link."""
    return ApplicationPlacement(application, 1, ("device", "edge"), ((), ("device->edge",)))


def solved(instance: Instance) -> Placement:
    placement = finopt.solve(instance).placement
    assert placement is not None
    return placement


def patches(ax: Axes, kind: str) -> list[Any]:
    """The nodes, blocks, hops, links or lanes of a picture."""
    return [one for one in [*ax.patches, *ax.texts] if (one.get_gid() or "").partition(" ")[0] == kind]


def named(ax: Axes, kind: str) -> list[str]:
    return [patch.get_gid().partition(" ")[2] for patch in patches(ax, kind)]


def inside(ax: Axes, node: str) -> list[str]:
    """The lines that stand in the box of a node, from the top."""
    (box,) = (patch for patch in patches(ax, "node") if patch.get_gid() == f"node {node}")
    bounds = box.get_bbox()
    found = [text for text in ax.texts if bounds.contains(*text.get_position())]
    return [" ".join(t.get_text().split()) for t in sorted(found, key=lambda t: -t.get_position()[1])]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def title(ax: Axes) -> str:
    return " ".join(ax.get_title(loc="left").split())


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def clashes(ax: Axes) -> Iterator[str]:
    """Texts that overlap each other or the rim of a box, boxes that overlap, what the figure cuts off."""
    figure: Any = ax.figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    entries = ax.get_legend().get_texts() if ax.get_legend() else []
    shown = [*ax.texts, *entries]
    boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in shown]
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2:
            yield f"{one!r} on {other!r}"
    frames = [patch.get_window_extent() for patch in patches(ax, "node")]
    for one, other in itertools.combinations(frames, 2):
        if one.overlaps(other):
            yield f"two boxes at {one.p0} and {other.p0}"
    labels = [text.get_window_extent(canvas.get_renderer()) for text in shown if text.get_gid() == "label"]
    for label in labels:
        if sum(label.padded(-0.2).overlaps(box) for _, box in boxes) > 1:
            yield f"a label at {label.p0} touches another text"
        if any(label.overlaps(frame) for frame in frames):
            yield f"a label at {label.p0} touches a box"
    for text, box in boxes:
        for frame in frames:
            if box.overlaps(frame) and not (frame.x0 <= box.x0 + 1 and box.x1 - 1 <= frame.x1):
                yield f"{text!r} is over the rim of a box"
        if not (figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and figure.bbox.y0 <= box.y0):
            yield f"{text!r} is cut off"


def test_blocks_and_energies_stand_in_their_nodes() -> None:
    ax = plot_placement(small(), Placement((split(),)))
    assert inside(ax, "device") == ["device 2 mJ", "b1"]
    assert inside(ax, "edge") == ["edge 50 mJ", "b2"]
    assert named(ax, "hop") == ["device->edge"]
    assert "100 kbit\n500 µJ" in texts(ax)
    assert title(ax) == (
        "small energy 52.5 mJ per inference, latency 12 ms of 50 ms "
        "accuracy 0.85 (target 0.8), exits early (50 % leave), out"
    )
    assert ax.get_legend() is None


def test_a_visit_shows_what_it_reserves() -> None:
    nodes = [{**node, "slices": [0.5]} if node["id"] == "edge" else node for node in SMALL["nodes"]]
    links = [{**link, "bandwidth_slices": [0.25]} for link in SMALL["links"]]
    placed = replace(split(), slices=(None, 0.5), route_slices=((), (0.25,)))
    ax = plot_placement(small(nodes=nodes, links=links, version=2), Placement((placed,)))
    assert "100 kbit, slice 0.25\n500 µJ" in texts(ax)
    assert inside(ax, "device") == ["device 2 mJ", "b1"]
    assert inside(ax, "edge") == ["edge 50 mJ", "b2 (slice 0.5)"]


def test_arrows_run_from_the_rim_of_a_node_to_the_rim_of_the_next() -> None:
    ax = plot_placement(small(), Placement((split(),)))
    (arrow,) = patches(ax, "hop")
    drawn = arrow.get_path().get_extents()
    box = {patch.get_gid(): patch.get_bbox() for patch in patches(ax, "node")}
    device, edge = box["node device"], box["node edge"]
    assert drawn.y0 == pytest.approx(device.y1, abs=0.5)
    assert drawn.y1 == pytest.approx(edge.y0, abs=3)  # the line ends inside its head
    assert device.x0 < drawn.x0 < drawn.x1 < device.x1
    assert edge.x0 < drawn.x0 < drawn.x1 < edge.x1


def test_the_paper_instance() -> None:
    instance = finopt.load(PAPER)
    assert isinstance(instance, Instance)
    ax = plot_placement(instance, solved(instance))
    assert inside(ax, "device") == ["device 26.47 mJ", "block1, block2, block3"]
    assert inside(ax, "edge") == ["edge 38.89 mJ", "block4, block5"]
    assert inside(ax, "cloud") == ["cloud"]
    assert named(ax, "hop") == ["device->edge"]
    assert len(patches(ax, "link")) == 2, "the links that carry nothing"
    lanes = [patch.get_bbox().y0 for patch in patches(ax, "lane")]
    assert named(ax, "lane") == ["cloud", "edge", "mobile"]
    assert lanes == sorted(lanes, reverse=True)
    assert not list(clashes(ax))


def test_there_and_back_are_two_arrows_and_two_labels() -> None:
    both = {**SMALL["links"][0], "bidirectional": True}
    back = ApplicationPlacement("app", 1, ("edge", "device"), (("device->edge",), ("edge->device",)))
    ax = plot_placement(small(links=[both]), Placement((back,)))
    assert named(ax, "hop").count("device->edge") == named(ax, "hop").count("edge->device") == 1
    assert "800 kbit\n8 mJ" in texts(ax)
    assert "100 kbit\n500 µJ" in texts(ax)
    assert inside(ax, "device") == ["device 100 mJ", "source, b2"]
    assert not list(clashes(ax))


def test_nodes_that_only_relay_have_no_energy_and_no_blocks() -> None:
    relay = {"id": "relay", "tier": "edge", "compute": 1e9, "power": 1.0}
    nodes = [*SMALL["nodes"][:1], relay, {**SMALL["nodes"][1], "tier": "cloud"}]
    link = SMALL["links"][0]
    links = [{**link, "target": "relay"}, {**link, "source": "relay"}]
    way = ApplicationPlacement("app", 1, ("device", "edge"), ((), ("device->relay", "relay->edge")))
    ax = plot_placement(small(nodes=nodes, links=links), Placement((way,)))
    assert inside(ax, "relay") == ["relay"]
    assert sorted(named(ax, "hop")) == ["device->relay", "relay->edge"]


def test_results_are_dotted_arrows_and_energies_are_those_of_the_account() -> None:
    data = {**GOOD_2, "applications": [{**GOOD_2["applications"][0], "max_latency": 0.05}]}
    instance = Instance.model_validate(data)
    placement = solved(instance)
    (one,) = finopt.evaluate(instance, placement).applications
    ax = plot_placement(instance, placement)
    # conv1 is measured on the phone (10 mJ) and pinned to it; its early results are there already.
    assert named(ax, "hop") == ["phone->edge"]
    assert named(ax, "result") == ["edge->phone"]
    assert patches(ax, "result")[0].get_linestyle() != patches(ax, "hop")[0].get_linestyle()
    for node, energy in one.node_energy.items():
        assert inside(ax, node)[0] == f"{node} {quantity(energy, 'J')}"


def test_power_of_several_applications_is_that_of_the_account() -> None:
    first = {**GOOD_2["applications"][0], "max_latency": 0.05}
    instance = Instance.model_validate(
        {**GOOD_2, "applications": [first, {**first, "id": "two", "rate": 3.0}]}
    )
    placement = finopt.solve(instance, "milp").placement
    assert placement is not None
    power = finopt.evaluate(instance, placement).objective
    assert f"power {quantity(power, 'W')}" in title(plot_placement(instance, placement))


def test_one_node_and_one_block() -> None:
    model = {**SMALL["models"][0], "blocks": SMALL["models"][0]["blocks"][:1]}
    model["exits"] = [{"id": "out", "after": "b1"}]
    model["configurations"] = [{"exits": ["out"], "shares": [1.0], "accuracy": 0.9}]
    instance = small(name="", nodes=SMALL["nodes"][:1], links=[], models=[model])
    ax = plot_placement(instance, Placement((ApplicationPlacement("app", 0, ("device",), ((),)),)))
    assert inside(ax, "device") == ["device 2 mJ", "b1"]
    assert patches(ax, "hop") == patches(ax, "link") == []
    assert title(ax).startswith("energy 2 mJ per inference, latency 1 ms of 50 ms accuracy 0.9 ")
    assert named(ax, "lane") == ["mobile"]
    assert not list(clashes(ax))


def test_what_costs_nothing() -> None:
    nodes = [{**node, "power": 0.0} for node in SMALL["nodes"]]
    links = [{**SMALL["links"][0], "energy": 0.0}]
    ax = plot_placement(small(nodes=nodes, links=links), Placement((split(),)))
    assert inside(ax, "edge") == ["edge 0 J", "b2"]
    assert "100 kbit\n0 J" in texts(ax)


def test_power_at_another_rate() -> None:
    application = {**SMALL["applications"][0], "rate": 4.0}
    ax = plot_placement(small(applications=[application]), Placement((split(),)))
    assert "energy 52.5 mJ per inference (210 mW), latency" in title(ax)
    assert inside(ax, "edge") == ["edge 50 mJ", "b2"]


def test_several_applications_have_rows_a_legend_and_power() -> None:
    app = SMALL["applications"][0]
    instance = small(applications=[app, {**app, "id": "_second", "rate": 3.0, "latency": "mean"}])
    ax = plot_placement(instance, Placement((split(), split("_second"))))
    assert inside(ax, "device") == ["device 8 mW", "app: b1", "_second: b1"]
    assert inside(ax, "edge") == ["edge 200 mW", "app: b2", "_second: b2"]
    assert named(ax, "hop") == ["device->edge", "device->edge"]
    assert len({arrow.get_edgecolor() for arrow in patches(ax, "hop")}) == 2
    assert title(ax) == "small 2 applications, power 210 mW"
    assert "100 kbit\n2 mW" in texts(ax)
    first, second = (line.strip() for line in legend(ax))
    assert first == "app: 52.5 mJ, 12 ms of 50 ms, early out"
    assert second == "_second: 52.5 mJ, 6.5 ms of 50 ms (mean), early out"
    assert not list(clashes(ax))


def test_a_fleet_shows_the_applications_with_the_most_power() -> None:
    instance = finopt.generate_fleet(15, 4, 4, 2, seed=0)
    placement = solved(instance)
    ax = plot_placement(instance, placement)
    powers = {item.application: item.power for item in finopt.evaluate(instance, placement).applications}
    shown = [line.partition(":")[0] for line in legend(ax)]
    assert sorted(shown) == sorted(sorted(powers, key=lambda name: -powers[name])[:12])
    assert len(patches(ax, "hop")) == sum(len(r) for name in shown for r in placement.of(name).routes)
    assert "drawn are the 12 with the most power; figures are of all 15" in title(ax)
    assert not list(clashes(ax))


SHIPPED = sorted(
    path
    for folder in ("paper", "early_exit", "network", "measured")
    for path in Path("instances", folder).glob("*.json")
)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_in_the_shipped_instances_nothing_stands_on_anything_else(path: Path) -> None:
    instance = finopt.load(path)
    assert isinstance(instance, Instance)
    ax = plot_placement(instance, solved(instance))
    assert not list(clashes(ax))
    assert len(patches(ax, "hop")) == sum("bit\n" in text for text in texts(ax)), "every arrow has its label"


@pytest.mark.parametrize("seed", range(3))
def test_arrows_run_behind_no_box_of_another_node(seed: int) -> None:
    instance = finopt.generate(nodes=12, blocks=4, applications=3, seed=seed)
    ax = plot_placement(instance, solved(instance))
    by_id = instance.link_by_id
    for arrow in patches(ax, "hop"):
        link = by_id[arrow.get_gid().partition(" ")[2]]
        ends = {f"node {link.source}", f"node {link.target}"}
        others = [patch for patch in patches(ax, "node") if patch.get_gid() not in ends]
        line = Line(
            arrow.get_path().vertices[:3], [Line.MOVETO, Line.CURVE3, Line.CURVE3]
        )  # without its head
        assert not any(line.intersects_bbox(patch.get_bbox(), filled=False) for patch in others)


def test_in_a_crowded_picture_nothing_overlaps_and_nothing_is_cut_off() -> None:
    instance = finopt.generate(60, 6, applications=6, seed=4)
    assert not list(clashes(plot_placement(instance, solved(instance))))


def test_of_very_many_applications_the_totals_of_tiers_are_drawn() -> None:
    instance = finopt.generate_fleet(20_000, 500, 40, 3, seed=1)
    model_of = {model.id: model for model in instance.models}
    uplink: dict[str, Any] = {}
    for link in instance.directed_links:
        uplink.setdefault(link.source, link)
    placed = []
    for k, application in enumerate(instance.applications):  # every tenth one in the edge, the others at home
        exits = [
            model_of[application.model].exit_block(c.exits[-1])
            for c in model_of[application.model].configurations
        ]
        count, link = exits[0] + 1, uplink[application.source]
        there = (application.source, ()) if k % 10 else (link.target, (link.id,))
        placed.append(
            ApplicationPlacement(application.id, 0, (there[0],) * count, (there[1], *((),) * (count - 1)))
        )
    ax = plot_placement(instance, Placement(tuple(placed)))
    assert named(ax, "node") == ["cloud", "edge", "mobile"]
    assert named(ax, "hop") == ["mobile->edge"]
    blocks = {
        tier: sum(len(p.nodes) for k, p in enumerate(placed) if bool(k % 10) == at_home)
        for tier, at_home in (("mobile", True), ("edge", False))
    }
    assert inside(ax, "mobile")[1:] == [
        "500 of 500 nodes in use",
        f"{blocks['mobile']} blocks of 18000 applications",
    ]
    assert inside(ax, "edge")[2] == f"{blocks['edge']} blocks of 2000 applications"
    assert inside(ax, "cloud") == ["cloud 0 W", "0 of 3 nodes in use", "0 blocks of 0 applications"]
    assert title(ax).startswith("fleet-20000x500-seed1 20000 applications, power ")
    assert ax.get_legend() is None
    assert len(texts(ax)) < 20
    assert not list(clashes(ax))


def test_totals_are_those_of_the_evaluation() -> None:
    instance = finopt.generate_fleet(201, 10, 4, 2, seed=3)
    placement = solved(instance)
    evaluation, ax = finopt.evaluate(instance, placement), plot_placement(instance, placement)
    tier = {node.id: node.tier for node in instance.nodes}
    for name in ("cloud", "edge", "mobile"):
        nodes = [node for node in instance.nodes if node.tier == name]
        power = sum(evaluation.compute[node.id].used * node.energy_per_op for node in nodes)
        assert inside(ax, name)[0] == f"{name} {quantity(power, 'W')}"
        here = [[n for n in placed.nodes if tier[n] == name] for placed in placement.applications]
        assert f"{sum(map(len, here))} blocks of {sum(map(bool, here))} applications" in inside(ax, name)
    up = [e for e in instance.directed_links if (tier[e.source], tier[e.target]) == ("mobile", "edge")]
    bits = sum(evaluation.bandwidth[e.id].used for e in up)
    power = sum(evaluation.bandwidth[e.id].used * e.energy for e in up)
    assert f"{quantity(bits, 'bit/s')}\n{quantity(power, 'W')}" in texts(ax)


def test_the_picture_is_the_same_in_every_process() -> None:
    code = """
import hashlib, io, finopt, matplotlib
from finopt.plotting import plot_placement
matplotlib.rcParams["svg.hashsalt"] = "finopt"
instance, written = finopt.generate(25, 2, applications=3, seed=2), io.BytesIO()
home = [finopt.ApplicationPlacement(a.id, 0, (a.source,), ((),)) for a in instance.applications]
plot_placement(instance, finopt.Placement(tuple(home))).figure.savefig(written, format="svg",
    metadata={"Date": None})
print(hashlib.sha256(written.getvalue()).hexdigest())
"""
    printed = set()
    for seed in "12":
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        printed.add(done.stdout)
    assert len(printed) == 1


@pytest.mark.parametrize("seed", range(3))
def test_every_hop_is_an_arrow_and_every_block_is_in_its_node(seed: int) -> None:
    instance = finopt.generate(nodes=9 + 9 * seed, blocks=5, applications=1 + seed, seed=seed)
    placement = solved(instance)
    ax = plot_placement(instance, placement)
    hops = [link for placed in placement.applications for route in placed.routes for link in route]
    assert sorted(named(ax, "hop")) == sorted(hops)
    for node in {node for placed in placement.applications for node in placed.nodes}:
        blocks = [
            f"block{i + 1}" for p in placement.applications for i, at in enumerate(p.nodes) if at == node
        ]
        found = inside(ax, node)
        assert found[0].split()[0] == node
        assert [word for line in found for word in re.findall(r"block\d+", line)] == blocks
    assert not list(clashes(ax))


def test_many_unused_nodes_are_dots_and_very_many_are_left_out() -> None:
    edge = SMALL["nodes"][1]
    for count, dots, note in (
        (6, 0, None),
        (7, 7, "dots: 7 unused nodes"),
        (40, 0, "not drawn: 40 unused nodes"),
    ):
        nodes = [*SMALL["nodes"], *({**edge, "id": f"edge{i}"} for i in range(count))]
        ax = plot_placement(small(nodes=nodes), Placement((split(),)))
        assert len(patches(ax, "unused")) == dots
        assert len(named(ax, "node")) == (2 + count if note is None else 2)
        assert note is None or note in texts(ax)
        assert not list(clashes(ax))


def test_ids_of_any_kind() -> None:
    names = {"device": "_$a$_" + "x" * 60, "edge": "ю́ \N{GREEK SMALL LETTER ALPHA}"}
    nodes = [{**node, "id": names[node["id"]]} for node in SMALL["nodes"]]
    links = [{**SMALL["links"][0], "source": names["device"], "target": names["edge"]}]
    applications = [{**SMALL["applications"][0], "source": names["device"]}]
    instance = small(nodes=nodes, links=links, applications=applications)
    route = (instance.directed_links[0].id,)
    way = ApplicationPlacement("app", 1, (names["device"], names["edge"]), ((), route))
    ax = plot_placement(instance, Placement((way,)))
    assert inside(ax, names["device"])[0] == "_$a$_xxxxxxxxxxxxxx… 2 mJ"
    assert inside(ax, names["edge"])[0] == f"{names['edge']} 50 mJ"
    assert not list(clashes(ax))


@pytest.mark.parametrize("name", ["two\nlines", "nul\0", "العربية", "漢字" * 40, "\\frac{$", "<b>&amp;", " "])
def test_no_id_breaks_a_picture(name: str) -> None:
    """Neither its text, nor the SVG file that names it."""
    data = json.loads(
        json.dumps(SMALL).replace('"device"', json.dumps(name)).replace('"b1"', json.dumps(name))
    )
    instance = Instance.model_validate({**data, "name": name})
    way = ApplicationPlacement("app", 1, (name, "edge"), ((), (instance.directed_links[0].id,)))
    written = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):  # of signs that the font does not have
        ax = plot_placement(instance, Placement((way,)))
        assert not list(clashes(ax))
        ax.figure.savefig(written, format="svg")
    ElementTree.fromstring(written.getvalue())


def test_a_placement_that_breaks_a_rule_is_drawn_and_says_so() -> None:
    application = {**SMALL["applications"][0], "max_latency": 0.011, "min_accuracy": 0.9}
    ax = plot_placement(small(applications=[application]), Placement((split(),)))
    assert "NOT FEASIBLE: application 'app': accuracy 0.85 is below the target 0.9, and 1 more" in title(ax)
    assert sorted(named(ax, "block")) == ["b1", "b2"]


def test_an_incomplete_placement_is_drawn_and_says_so() -> None:
    app = SMALL["applications"][0]
    instance = small(applications=[app, {**app, "id": "other"}])
    assert "'other': is not placed" in title(plot_placement(instance, Placement((split(),))))
    empty = plot_placement(instance, Placement(()))
    assert title(empty).startswith("small 0 applications, power 0 W NOT FEASIBLE")
    assert patches(empty, "hop") == patches(empty, "block") == []


def test_names_that_do_not_exist_are_an_error() -> None:
    wrong = ApplicationPlacement("app", 1, ("device", "cloud"), ((), ("device->edge",)))
    with pytest.raises(InstanceError, match="uses node 'cloud', which does not exist"):
        plot_placement(small(), Placement((wrong,)))
    with pytest.raises(InstanceError, match="'stranger': is not in the instance"):
        plot_placement(small(), Placement((split(), split("stranger"))))


def test_the_axes_may_be_given_and_the_text_fits_them() -> None:
    left, right = Figure(figsize=(5, 3)).subplots(1, 2)
    assert plot_placement(small(), Placement((split(),)), left) is left
    assert plot_placement(small(), Placement((split(),)), right) is right
    own = plot_placement(small(), Placement((split(),)))
    assert own.texts[0].get_fontsize() == pytest.approx(8)
    assert max(text.get_fontsize() for text in [*left.texts, left._left_title]) < 6
    assert not list(clashes(left))
    assert not list(clashes(own))


@pytest.mark.parametrize("size", [(3.0, 2.0), (12.0, 5.0), (4.0, 9.0)])
def test_everything_is_scaled_to_the_size_of_the_figure(size: tuple[float, float]) -> None:
    ax = plot_placement(small(), Placement((split(),)), size=size, title="mine, at $5 a piece")
    figure: Any = ax.figure
    assert figure.get_size_inches().tolist() == list(size)
    assert ax.get_title(loc="left") == "mine, at $5 a piece"
    assert not list(clashes(ax))
    assert len({round(text.get_fontsize(), 3) for text in ax.texts}) == 2
    heading = ax._left_title.get_window_extent()
    assert heading.x0 >= 0 and heading.x1 <= figure.bbox.x1 and heading.y1 <= figure.bbox.y1


def test_without_a_title_there_is_none() -> None:
    assert plot_placement(small(), Placement((split(),)), title="").get_title(loc="left") == ""


@pytest.mark.parametrize("size", [(0.0, 4.0), (6.0,), (6.0, float("nan")), (1000.0, 4.0)])
def test_a_size_is_width_and_height(size: Any) -> None:
    with pytest.raises(ValueError, match="size must be width and height, above 0 and at most 100 inches"):
        plot_placement(small(), Placement((split(),)), size=size)


def test_axes_that_are_given_have_a_size() -> None:
    with pytest.raises(ValueError, match="leave out ax"):
        plot_pareto([], Figure().subplots(), size=(6, 4))


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in (
        lambda: plot_placement(small(), Placement((split(),))),
        lambda: plot_pareto([]),
        lambda: plot_scaling({}),
    ):
        with pytest.raises(BackendError, match=r"pip install 'finopt\[plot\]'"):
            draw()
