"""Plans to simulate: a small network by hand, and random ones."""

from __future__ import annotations

from typing import Any

import finopt
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement
from tests.version2_instances import version2_instance


def one_server(count: int = 1, **changes: Any) -> Instance:
    """Applications on one node; a sample takes 10 ms of it, half of them only 2 ms."""
    model = {
        "id": "net",
        "input_bits": 8e5,
        "blocks": [
            {"id": "b1", "ops": 2e6, "output_bits": 1e5},
            {"id": "b2", "ops": 8e6, "output_bits": 100},
        ],
        "exits": [{"id": "early", "after": "b1"}, {"id": "out", "after": "b2"}],
        "configurations": [{"exits": ["early", "out"], "shares": [0.5, 0.5], "accuracy": 0.85}],
    }
    application = {"model": "net", "source": "server", "max_latency": 0.05, "min_accuracy": 0.8, **changes}
    return Instance.model_validate(
        {
            "version": 2,
            "nodes": [{"id": "server", "tier": "edge", "compute": 1e9, "power": 10.0}],
            "models": [model],
            "applications": [{"id": f"app{i}", **application} for i in range(count)],
        }
    )


def at_home(instance: Instance) -> Placement:
    """Everything where it arises."""
    return Placement(
        tuple(
            finopt.ApplicationPlacement(one.id, 0, (one.source,) * 2, ((),) * 2)
            for one in instance.applications
        )
    )


def planned(seed: int, *, waiting: bool) -> tuple[Instance, Placement] | None:
    """A random instance of version 2 with its best placement, if there is one.

    With ``waiting`` every node shares its processor, and the application's rate uses some node up to 90 %
    of its limit; without, no node waits, and a sample is gone before the next one arises.
    """
    given = version2_instance(seed)
    nodes = [
        node.replace(
            waiting="processor-sharing" if waiting else "none",
            max_utilisation=(0.3, 0.5, 0.8)[(seed + i) % 3] if waiting else 1.0,
        )
        for i, node in enumerate(given.nodes)
    ]
    application = given.applications[0].replace(rate=1e-9, max_latency=1e9)
    given = given.replace(nodes=nodes, applications=[application])
    found = finopt.solve(given, "labels")
    if found.placement is None or found.evaluation is None:
        return None
    rate = _rate(given, found.evaluation) if waiting else 0.4 / max(_slowest(given, found.placement), 1e-6)
    application = application.replace(rate=rate)
    return given.replace(applications=[application]), found.placement


def _rate(instance: Instance, evaluation: finopt.Evaluation) -> float:
    """At which some node is used up to 90 % of what it may be."""
    most = max(load.utilisation for load in evaluation.compute.values())
    return 0.9 * 1e-9 / most if most else 1.0


def _slowest(instance: Instance, placement: Placement) -> float:
    from finopt.evaluation.steps import exit_latencies

    found = exit_latencies(instance, instance.applications[0], placement.applications[0])
    return float(max(found.values()))
