"""A network and a model small enough for arithmetic by hand.

phone -> hub -> cloud, three blocks, three exits.

    phone  1e9 op/s,  2 W: 2 nJ/op      phone->hub  1e7 bit/s, 100 nJ/bit, 1 ms
    hub    1e10 op/s, 10 W: 1 nJ/op     hub->cloud  1e8 bit/s,  10 nJ/bit, 5 ms
    cloud  1e11 op/s, 50 W: 0.5 nJ/op

    input 10000 bit; b1: 1 Mop, 2000 bit, 10 byte; b2: 4 Mop, 1000 bit, 20 byte; b3: 10 Mop, 10 bit, 40 byte
    x1 after b1: 0.1 Mop, 1 byte; x2 after b2: 0.2 Mop, 2 byte; x3 after b3: 0.3 Mop, 4 byte
"""

from __future__ import annotations

import copy
from typing import Any

from finopt import ApplicationPlacement, Evaluation, Placement, evaluate
from finopt.problem.instance import Instance

TOY: dict[str, Any] = {
    "nodes": [
        {"id": "phone", "tier": "mobile", "compute": 1e9, "power": 2.0, "memory": 1000.0},
        {"id": "hub", "tier": "edge", "compute": 1e10, "power": 10.0},
        {"id": "cloud", "tier": "cloud", "compute": 1e11, "power": 50.0},
        {"id": "laptop", "tier": "mobile", "compute": 1e10, "power": 2.0},
    ],
    "links": [
        {"source": "phone", "target": "hub", "bandwidth": 1e7, "energy": 1e-7, "delay": 1e-3},
        {"source": "hub", "target": "cloud", "bandwidth": 1e8, "energy": 1e-8, "delay": 5e-3},
        {"source": "phone", "target": "laptop", "bandwidth": 1e7, "energy": 1e-9, "bidirectional": True},
        {"source": "laptop", "target": "hub", "bandwidth": 1e7, "energy": 1e-9},
    ],
    "models": [
        {
            "id": "dnn",
            "input_bits": 10000,
            "blocks": [
                {"id": "b1", "ops": 1e6, "output_bits": 2000, "memory": 10},
                {"id": "b2", "ops": 4e6, "output_bits": 1000, "memory": 20},
                {"id": "b3", "ops": 1e7, "output_bits": 10, "memory": 40},
            ],
            "exits": [
                {"id": "x1", "after": "b1", "ops": 1e5, "memory": 1},
                {"id": "x2", "after": "b2", "ops": 2e5, "memory": 2},
                {"id": "x3", "after": "b3", "ops": 3e5, "memory": 4},
            ],
            "configurations": [
                {"exits": ["x1", "x2", "x3"], "shares": [0.5, 0.25, 0.25], "accuracy": 0.9},
                {"exits": ["x2"], "shares": [1.0], "accuracy": 0.7},
                {"exits": ["x1", "x3"], "shares": [0.4, 0.3], "accuracy": 0.85},
            ],
        }
    ],
    "applications": [
        {
            "id": "app",
            "model": "dnn",
            "source": "phone",
            "rate": 3.0,
            "max_latency": 0.01,
            "min_accuracy": 0.8,
        }
    ],
}
UP, ON = ("phone->hub",), ("hub->cloud",)
SPREAD = ApplicationPlacement("app", 0, ("phone", "hub", "cloud"), ((), UP, ON))
REMOTE = ApplicationPlacement("app", 2, ("cloud", "cloud", "cloud"), ((*UP, *ON), (), ()))


def toy(**application: Any) -> Instance:
    """The toy with some keys of its application changed."""
    data = copy.deepcopy(TOY)
    data["applications"][0] |= application
    return Instance.model_validate(data)


def account(instance: Instance, *placed: ApplicationPlacement) -> Evaluation:
    return evaluate(instance, Placement(placed))
