"""A small instance as plain data, and ways to damage it."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

GOOD: dict[str, Any] = {
    "format": "finopt-instance",
    "version": 1,
    "name": "small",
    "nodes": [
        {"id": "phone", "tier": "mobile", "compute": 11e9, "power": 6.0, "memory": 4e9},
        {"id": "tablet", "tier": "mobile", "compute": 22e9, "power": 9.0},
        {"id": "edge", "tier": "edge", "compute": 5e11, "power": 50.0, "shared": True},
    ],
    "links": [
        {"source": "phone", "target": "edge", "bandwidth": 1e8, "energy": 67e-9, "bidirectional": True},
        {"source": "tablet", "target": "edge", "bandwidth": 1e8, "energy": 67e-9, "delay": 0.001},
    ],
    "models": [
        {
            "id": "dnn",
            "input_bits": 24576,
            "blocks": [
                {"id": "conv1", "ops": 22.62e6, "output_bits": 1492992, "memory": 1e6},
                {"id": "conv2", "ops": 5e6, "output_bits": 320},
            ],
            "exits": [
                {"id": "early", "after": "conv1", "ops": 1e3},
                {"id": "final", "after": "conv2"},
            ],
            "configurations": [
                {"exits": ["early"], "shares": [1.0], "accuracy": 0.5637},
                {"exits": ["early", "final"], "shares": [0.25, 0.75], "accuracy": 0.8},
            ],
        }
    ],
    "applications": [
        {
            "id": "app",
            "model": "dnn",
            "source": "phone",
            "max_latency": 0.005,
            "min_accuracy": 0.8,
            "latency": "mean",
            "pinned": {"conv1": "phone"},
        }
    ],
}
GOOD_2: dict[str, Any] = {
    **GOOD,
    "version": 2,
    "nodes": [
        {**GOOD["nodes"][0], "device": "soc", "carbon": 1e-4, "price": 2e-6},
        {**GOOD["nodes"][1], "slices": [0.25, 0.5]},
        {**GOOD["nodes"][2], "device": "gpu", "max_utilisation": 0.75, "waiting": "processor-sharing"},
    ],
    "links": [
        {**GOOD["links"][0], "energy_per_transfer": 1e-3, "carbon": 3e-4, "price": 1e-12},
        {**GOOD["links"][1], "bandwidth_slices": [0.5, 1.0]},
    ],
    "models": [
        {
            **GOOD["models"][0],
            "exits": [{**exit_, "output_bits": 320.0} for exit_ in GOOD["models"][0]["exits"]],
            "shared_weights": True,
        }
    ],
    "profiles": [
        {
            "model": "dnn",
            "device": "soc",
            "source": "measured by hand",
            "blocks": [
                {"block": "conv1", "time": 2e-3, "energy": 1e-2},
                {"block": "conv2", "time": 5e-4},
            ],
            "exits": [{"exit": "early", "time": 1e-6}, {"exit": "final", "time": 1e-6, "energy": 1e-6}],
        },
        {
            "model": "dnn",
            "device": "gpu",
            "blocks": [{"block": "conv2", "time": 1e-5}],
            "exits": [{"exit": "final", "time": 1e-7}],
        },
    ],
    "applications": [
        {
            **GOOD["applications"][0],
            "allowed": {"conv1": ["phone", "edge"], "conv2": ["edge"]},
            "result_to": "source",
            "max_energy": 8.0,
            "max_carbon": 1.0,
            "max_cost": 1e-3,
        }
    ],
}
"""The small instance with every field of version 2."""

ABSENT = object()


def changed(*path: str | int, to: object, of: dict[str, Any] = GOOD) -> str:
    """The text of a good file with one thing changed, or taken out."""
    data = copy.deepcopy(of)
    item: Any = data
    for part in path[:-1]:
        item = item[part]
    if to is ABSENT:
        del item[path[-1]]
    elif isinstance(item, list) and path[-1] == len(item):
        item.append(to)
    else:
        item[path[-1]] = to
    return json.dumps(data)


JUNK: list[Any] = [
    None, True, False, 0, -1, 1, 0.5, 1e308, 1e-300, -0.0, 10**25, 10**400, float("nan"), float("inf"), "",
    "phone", "edge", "early", "final", "conv1", "mobile", "mean", "\ud800", "\u0000", "x" * 300, [], {}, [[]],
    {"id": "phone"}, {"id": {}}, ["early"], ["early", "early"], [0.5, 0.5], {"conv1": "edge"}, {"conv1": {}},
    [None], [["early"], {"a": 1}], "nodes", [{}],
]  # fmt: skip


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of everything in a document."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path] + [place for key, child in children for place in places(child, (*path, key))]


def mutate(rng: random.Random, data: Any) -> Any:
    """Replace, take out, double or rename something somewhere."""
    data = copy.deepcopy(data)
    path = rng.choice(places(data))
    if not path:
        return rng.choice(JUNK)
    item = data
    for part in path[:-1]:
        item = item[part]
    change = rng.random()
    if change < 0.6:
        item[path[-1]] = copy.deepcopy(rng.choice(JUNK))
    elif change < 0.75:
        del item[path[-1]]
    elif isinstance(item, list):
        item.append(copy.deepcopy(item[path[-1]]))
    else:
        item[rng.choice(["id", "shares", "pinned", "odd", ""])] = item.pop(path[-1])
    return data
