"""What Python prints of objects is short and says something: no addresses, not even in lists."""

from __future__ import annotations

import enum
import inspect
from typing import Any

import pytest

import finopt
from finopt.graph.extended import extended_graph

SINGLE = finopt.load("instances/paper/b-alexnet-cifar10.json")
assert isinstance(SINGLE, finopt.Instance)
GRAPH = finopt.load("instances/orlib/rcsp5.txt")
MEASURED = finopt.load("instances/measured/mobilenet-v2.json").profiles[0]
FLEET = finopt.generate_fleet(350, 20, 4, 1, seed=1)


def shown() -> dict[str, Any]:
    """Objects that users meet, by what they are."""
    one = finopt.solve(SINGLE)
    path = finopt.solve(GRAPH, "labels")
    many = finopt.solve(FLEET, gap=1.0)
    failed = next(finopt.solve_many(["no-such-file.json"], workers=1))
    fronts = finopt.pareto(SINGLE)
    assert one.evaluation is not None and many.evaluation is not None
    assert one.placement is not None and many.placement is not None
    return {
        "instance": SINGLE,
        "fleet": FLEET,
        "parts": [SINGLE.nodes, SINGLE.links, SINGLE.models, SINGLE.applications, SINGLE.models[0].blocks],
        "profile": [MEASURED, MEASURED.blocks[:2], MEASURED.exits[:2]],
        "graph": GRAPH,
        "built graph": finopt.ResourceGraph.build(2, [0], [1], [1], [[1]], 0, [1], [1]),
        "extended graph": extended_graph(SINGLE, SINGLE.applications[0], 0),
        "result": one,
        "path": path,
        "many": many,
        "failed": failed,
        "evaluation": one.evaluation,
        "evaluations": [one.evaluation.applications, many.evaluation, many.evaluation.applications],
        "loads": [one.evaluation.compute, one.evaluation.memory, many.evaluation.bandwidth],
        "placements": [one.placement, one.placement.applications, many.placement],
        "tables": [FLEET.applications, many.placement.applications],
        "rows": [FLEET.applications[0], many.placement.applications[0], many.evaluation.applications[0]],
        "fronts": fronts,
        "points": fronts[-1].points,
        "sensitivities": [one.sensitivity, one.sensitivity.limits, many.sensitivity],  # type: ignore[union-attr]
        "runtime": one.runtime,
        "moving": finopt.Moving(3600.0),
        "progress": finopt.Progress("prices", 12, 2.5, 2.6, 3.21),
    }


SHOWN = shown()


@pytest.mark.parametrize("name", SHOWN)
def test_reprs_are_short_and_name_no_addresses(name: str) -> None:
    for text in (repr(SHOWN[name]), str(SHOWN[name]), repr([SHOWN[name]]), repr({name: SHOWN[name]})):
        assert " at 0x" not in text
        assert len(text.splitlines()) <= 20
        assert len(text) < 2000


def test_every_public_class_is_among_them() -> None:
    text = repr(list(SHOWN.values()))
    for name in finopt.__all__:
        kind = getattr(finopt, name)
        if not inspect.isclass(kind) or issubclass(kind, enum.Enum | BaseException):
            continue
        parts_of_a_model = ("Exit", "Configuration")
        assert name in text or name in parts_of_a_model
    for part in (*SINGLE.models[0].exits, *SINGLE.models[0].configurations):
        assert " at 0x" not in repr(part)


def test_a_result_says_what_it_is() -> None:
    assert repr(SHOWN["result"]) == (
        "<Result OPTIMAL (COMPLETED) of fin: objective 0.100141, bound 0.100141, gap 0, "
        "placement of 1 application>"
    )
    assert repr(SHOWN["path"]) == (
        "<Result OPTIMAL (COMPLETED) of labels: objective 100, bound 100, gap 0, path of 3 arcs>"
    )
    assert repr(SHOWN["failed"]).startswith("<Result NO_SOLUTION (ERROR) of fin: InstanceError: no-such")
    assert repr(SHOWN["evaluation"]) == "<Evaluation of 1 application: objective 0.100141, feasible>"
    assert repr(SINGLE) == (
        "<Instance 'paper/b-alexnet-cifar10' of 3 nodes, 3 links, 1 model, 1 application>"
    )
