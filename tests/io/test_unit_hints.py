"""Hints at figures in the wrong unit: found where they are, bounded in number, none on good instances."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt import ApplicationTable, Instance
from finopt.io import unit_hints as module
from finopt.io.unit_hints import unit_hints
from tests.command_line import run

PAPER = "instances/paper/b-alexnet-cifar10.json"
SHIPPED = [path for path in sorted(Path("instances").glob("*/*.json")) if path.parent.name != "data"]


def paper() -> Instance:
    instance = finopt.load(PAPER)
    assert isinstance(instance, Instance)
    return instance


def with_blocks(instance: Instance, **change: Callable[[Any], float]) -> Instance:
    """The instance with other figures of all blocks."""
    model = instance.models[0]
    blocks = [
        block.replace(**{name: of(getattr(block, name)) for name, of in change.items()})
        for block in model.blocks
    ]
    return instance.replace(models=[model.replace(blocks=blocks)])


WRONG: list[tuple[Callable[[Instance], Instance], str]] = [
    (
        lambda i: i.with_link("device->edge", bandwidth=100.0),
        "links[0].bandwidth: link 'device' -> 'edge': hardly a link is slower than 10 kbit/s, got 100 bit/s;"
        " 100 Mbit/s are written 100e6",
    ),
    (
        lambda i: i.with_link("device->edge", energy=1e-3),
        "links[0].energy: .* per bit, got 0.001 J/bit;",
    ),
    (lambda i: i.with_link("device->edge", delay=5.0), "links[0].delay: .* more than 1 s, got 5 s; 5 ms are"),
    (
        lambda i: i.with_node("edge", compute=10.0),
        "nodes[1].compute: node 'edge': .* got 10 op/s; 10 Gop/s",
    ),
    (lambda i: i.with_node("edge", memory=4.0), "nodes[1].memory: node 'edge': .* got 4 byte; 4 GB are"),
    (
        lambda i: i.with_node("device", power=6000.0),
        "nodes[0].power: node 'device': no mobile .* got 6000 W",
    ),
    (
        lambda i: i.with_node("edge", power=1e6),
        "nodes[1].power: node 'edge': no node .* got 1000000 W",
    ),
    (
        lambda i: i.with_node("edge", carbon=400.0),
        "nodes[1].carbon: node 'edge': no grid emits .* got 400 g/J; 400 g/kWh are written 1.11e-4",
    ),
    (
        lambda i: i.with_application("b-alexnet", max_latency=6.0),
        "applications[0].max_latency: application 'b-alexnet': decides nothing: the placement of least energy"
        " takes 8.285 ms, got 6 s; 5 ms are written 5e-3",
    ),
    (lambda i: i.replace(links=[]), "links: empty, so no node can send to another"),
    (
        lambda i: with_blocks(i, ops=lambda ops: ops * 1e-12),
        "models[0].blocks[0].ops: model 'b-alexnet', block 'block1': there is no part of an op.*, got .* op",
    ),
    (
        lambda i: with_blocks(i, ops=lambda ops: max(ops * 1e-6, 1.0)),
        "models[0].blocks: model 'b-alexnet': all blocks together have less than 1000 op, got .* op; 20 Mop",
    ),
    (
        lambda i: with_blocks(i, output_bits=lambda bits: 0.2),
        "models[0].blocks[0].output_bits: .*: there is no part of a bit, got 0.2 bit; 1.5 Mbit are",
    ),
]


def pattern(text: str) -> str:
    return text.replace("[", r"\[").replace("]", r"\]").replace("(", r"\(")


@pytest.mark.parametrize(("change", "hint"), WRONG)
def test_a_figure_in_the_wrong_unit_is_hinted_at(change: Callable[[Instance], Instance], hint: str) -> None:
    said = [str(each) for each in unit_hints(change(paper()))]
    assert any(re.match(pattern(hint), line) for line in said), said


@pytest.mark.parametrize("path", SHIPPED, ids=str)
def test_shipped_instances_get_no_hint(path: Path) -> None:
    instance = finopt.load(path)
    assert isinstance(instance, Instance)
    assert unit_hints(instance) == []


@pytest.mark.parametrize("seed", range(30))
def test_generated_instances_get_no_hint(seed: int) -> None:
    latency = ("worst", "mean")[seed % 2]
    assert unit_hints(finopt.generate(2 + seed, 1 + seed % 12, seed=seed, latency=latency)) == []
    if seed % 10 == 0:
        assert unit_hints(finopt.generate_fleet(300, 30, 5, 1, seed=seed)) == []


def test_every_unit_of_the_data_model_is_known_or_has_no_usual_range() -> None:
    figures = {
        name: [field for field, *_ in module._fields(kind)]
        for name, kind in vars(finopt).items()
        if name in ("Node", "Link", "Block", "Exit", "Model")
    }
    assert set(figures["Node"]) >= {"compute", "power", "memory"}
    assert set(figures["Link"]) >= {"bandwidth", "energy", "delay"}
    assert set(figures["Block"]) >= {"ops", "output_bits", "memory"}
    assert set(figures["Exit"]) >= {"ops", "memory"}
    assert set(figures["Model"]) >= {"input_bits"}


def test_of_many_alike_three_are_named_and_the_others_counted() -> None:
    instance = finopt.generate(30, 3, seed=1)
    instance = instance.replace(nodes=[node.replace(compute=10.0) for node in instance.nodes])
    hints = [hint for hint in unit_hints(instance) if hint.path.endswith("compute")]
    assert len(hints) == 3
    assert str(hints[-1]).endswith("10 Gop/s are written 10e9; 27 more like this")


def test_limits_in_a_table_are_looked_at_too_and_those_that_mean_none_are_not() -> None:
    table = ApplicationTable(
        model_ids=["b-alexnet"],
        model=[0] * 50,
        source_ids=["device"],
        source=[0] * 50,
        max_latency=[6.0 if row == 40 else 1e9 if row == 41 else 0.005 for row in range(50)],
        min_accuracy=0.8,
    )
    (hint,) = unit_hints(paper().replace(applications=table))
    assert hint.path == "applications[40].max_latency"


def test_check_prints_hints_and_ends_as_before(tmp_path: Path) -> None:
    path = tmp_path / "instance.json"
    finopt.save(paper().with_link("device->edge", bandwidth=100.0), path)
    result = run("check", path)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("hint: links[0].bandwidth: link 'device' -> 'edge':")
    assert "hint" not in run("check", PAPER).stdout
    assert run("check", "instances/orlib/rcsp1.txt").exit_code == 0
