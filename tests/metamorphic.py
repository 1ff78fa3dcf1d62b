"""Changes of an instance of which the model says what they do to the optimum, whatever that is.

A property takes an instance as plain data and changes it. `SAME`: the optimum is the old one, times a factor
where units change. `LOOSER`: everything that was feasible still is, at no more; `TIGHTER` the other way
round. `WITH_ROOM` says of some that they are only the same where no capacity can bind, and looser otherwise.
A property that an instance has nothing for returns None.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import Enum
from typing import Any

Data = dict[str, Any]


class Relation(Enum):
    """How the optimum of the changed instance compares with that of the old one."""

    SAME = "the same"
    WITH_ROOM = "the same if no capacity can bind, else at most the old one"
    ONLY_WITH_ROOM = "the same if no capacity can bind, else anything"
    LOOSER = "at most the old one"
    TIGHTER = "at least the old one"


Change = Callable[[Data, random.Random], float | None]
"""Changes the data in place; what the optimum is multiplied with, or None if there is nothing to change."""

PROPERTIES: dict[str, tuple[Relation, Change]] = {}
"""Every property by the name of its function."""

SCALE = 8.0
"""A power of two: figures in other units have the same digits."""


def states(relation: Relation) -> Callable[[Change], Change]:
    """Register a property."""

    def register(change: Change) -> Change:
        PROPERTIES[change.__name__] = (relation, change)
        return change

    return register


def _scale(items: list[Data], factor: float, *keys: str) -> None:
    for item in items:
        for key in keys:
            if item.get(key) is not None:
                item[key] *= factor


def _entries(data: Data) -> list[Data]:
    return [entry for profile in data["profiles"] for entry in (*profile["blocks"], *profile["exits"])]


def _parts(data: Data) -> list[Data]:
    return [part for model in data["models"] for part in (*model["blocks"], *model["exits"])]


def _results_return(data: Data) -> bool:
    """Then the fastest way home is taken, which a change of the network may make a cheaper one."""
    return any(application["result_to"] for application in data["applications"])


# ---------------------------------------------------------------- names and orders


@states(Relation.SAME)
def other_names(data: Data, rng: random.Random) -> float:
    """Nodes, models, blocks, exits, devices and applications are called something else."""

    def new(name: str) -> str:
        return name if name == "source" else f"{name[::-1]} of {len(name)}"

    for node in data["nodes"]:
        node |= {"id": new(node["id"]), "device": node["device"] and new(node["device"])}
    for link in data["links"]:
        link |= {"source": new(link["source"]), "target": new(link["target"])}
    for model in data["models"]:
        model["id"] = new(model["id"])
        for part in (*model["blocks"], *model["exits"]):
            part["id"] = new(part["id"])
        for exit_ in model["exits"]:
            exit_["after"] = new(exit_["after"])
        for configuration in model["configurations"]:
            configuration["exits"] = list(map(new, configuration["exits"]))
    for profile in data["profiles"]:
        profile |= {"model": new(profile["model"]), "device": new(profile["device"])}
        for entry in (*profile["blocks"], *profile["exits"]):
            kind = "block" if "block" in entry else "exit"
            entry[kind] = new(entry[kind])
    for one in data["applications"]:
        one |= {key: new(one[key]) for key in ("id", "model", "source")}
        one["pinned"] = {new(block): new(node) for block, node in one["pinned"].items()}
        one["allowed"] = {new(block): list(map(new, nodes)) for block, nodes in one["allowed"].items()}
        one["result_to"] = one["result_to"] and new(one["result_to"])
    return 1.0


def _shuffled(name: str) -> Change:
    def change(data: Data, rng: random.Random) -> float:
        rng.shuffle(data[name])
        return 1.0

    change.__name__ = f"other_order_of_{name}"
    return change


for _name in ("nodes", "links", "applications", "profiles"):
    states(Relation.SAME)(_shuffled(_name))


@states(Relation.SAME)
def other_order_of_configurations(data: Data, rng: random.Random) -> float:
    for model in data["models"]:
        rng.shuffle(model["configurations"])
    return 1.0


# ---------------------------------------------------------------- units


@states(Relation.SAME)
def time_in_another_unit(data: Data, rng: random.Random) -> float:
    """Seconds become eighths: energies stay, rates and powers grow."""
    _scale(data["nodes"], SCALE, "compute", "power")
    _scale(data["links"], SCALE, "bandwidth")
    _scale(data["links"], 1 / SCALE, "delay")
    _scale(_entries(data), 1 / SCALE, "time")
    _scale(data["applications"], SCALE, "rate")
    _scale(data["applications"], 1 / SCALE, "max_latency")
    return SCALE


@states(Relation.SAME)
def energy_in_another_unit(data: Data, rng: random.Random) -> float:
    _scale(data["nodes"], SCALE, "power")
    _scale(data["links"], SCALE, "energy", "energy_per_transfer")
    _scale(_entries(data), SCALE, "energy")
    return SCALE


@states(Relation.SAME)
def operations_in_another_unit(data: Data, rng: random.Random) -> float:
    _scale(data["nodes"], SCALE, "compute")
    _scale(_parts(data), SCALE, "ops")
    return 1.0


@states(Relation.SAME)
def data_in_another_unit(data: Data, rng: random.Random) -> float:
    _scale(data["models"], SCALE, "input_bits")
    _scale(_parts(data), SCALE, "output_bits")
    _scale(data["links"], SCALE, "bandwidth")
    _scale(data["links"], 1 / SCALE, "energy")
    return 1.0


@states(Relation.SAME)
def memory_in_another_unit(data: Data, rng: random.Random) -> float:
    _scale(_parts(data), SCALE, "memory")
    _scale(data["nodes"], SCALE, "memory")
    return 1.0


# ---------------------------------------------------------------- what changes nothing


@states(Relation.SAME)
def a_useless_node(data: Data, rng: random.Random) -> float:
    """One that nothing leads to."""
    data["nodes"].append({**data["nodes"][0], "id": "useless", "tier": "cloud", "shared": True, "power": 0.0})
    return 1.0


@states(Relation.WITH_ROOM)
def a_twin_of_a_node(data: Data, rng: random.Random) -> float | None:
    """A shared node with all its links once more."""
    shared = [node for node in data["nodes"] if node["shared"]]
    if not shared:
        return None
    node = rng.choice(shared)
    data["nodes"].append({**node, "id": "twin of a node"})
    for link in list(data["links"]):
        ends = [end for end in ("source", "target") if link[end] == node["id"]]
        data["links"] += [{**link, end: "twin of a node"} for end in ends]
    return 1.0


@states(Relation.ONLY_WITH_ROOM)
def a_node_in_two_halves(data: Data, rng: random.Random) -> float | None:
    """Two with half the memory and half the time each, and all its links."""
    shared = [node for node in data["nodes"] if node["shared"] and node["waiting"] == "none"]
    if not shared:
        return None
    node = rng.choice(shared)
    _scale([node], 0.5, "memory", "max_utilisation")
    data["nodes"].append({**node, "id": "other half"})
    for link in list(data["links"]):
        ends = [end for end in ("source", "target") if link[end] == node["id"]]
        data["links"] += [{**link, end: "other half"} for end in ends]
    return 1.0


@states(Relation.WITH_ROOM)
def a_worse_parallel_link(data: Data, rng: random.Random) -> float | None:
    if not data["links"]:
        return None
    link = dict(rng.choice(data["links"]))
    _scale([link], 2.0, "energy", "energy_per_transfer", "delay")
    data["links"].append(link | {"bandwidth": link["bandwidth"] / 2})
    return 1.0


@states(Relation.SAME)
def both_directions_written_out(data: Data, rng: random.Random) -> float:
    links = []
    for link in data["links"]:
        links.append({**link, "bidirectional": False})
        if link["bidirectional"]:
            back = {"source": link["target"], "target": link["source"]}
            links.append({**link, **back, "bidirectional": False})
    data["links"] = links
    return 1.0


@states(Relation.SAME)
def a_configuration_twice(data: Data, rng: random.Random) -> float:
    for model in data["models"]:
        model["configurations"].append(dict(rng.choice(model["configurations"])))
    return 1.0


@states(Relation.SAME)
def a_dominated_configuration(data: Data, rng: random.Random) -> float:
    """The same exits and shares, less accurate."""
    for model in data["models"]:
        one = rng.choice(model["configurations"])
        model["configurations"].insert(0, {**one, "accuracy": one["accuracy"] / 2})
    return 1.0


@states(Relation.SAME)
def no_configuration_that_is_not_accurate_enough(data: Data, rng: random.Random) -> float | None:
    least = min(application["min_accuracy"] for application in data["applications"])
    for model in data["models"]:
        model["configurations"] = [c for c in model["configurations"] if c["accuracy"] >= least]
    return 1.0 if all(model["configurations"] for model in data["models"]) else None


@states(Relation.SAME)
def a_block_of_nothing(data: Data, rng: random.Random) -> float | None:
    """A block without operations behind another one, with the same output."""
    if data["profiles"]:
        return None
    for model in data["models"]:
        at = rng.randrange(len(model["blocks"]))
        nothing = {"id": "nothing", "ops": 0.0, "memory": 0.0}
        model["blocks"].insert(at + 1, {**model["blocks"][at], **nothing})
    return 1.0


@states(Relation.LOOSER)
def a_block_in_two_halves(data: Data, rng: random.Random) -> float | None:
    """Nothing is sent between them."""
    if data["profiles"]:
        return None
    for model in data["models"]:
        at = rng.randrange(len(model["blocks"]))
        block = model["blocks"][at]
        _scale([block], 0.5, "ops", "memory")
        model["blocks"].insert(at, {**block, "id": "first half", "output_bits": 0.0})
        for one in data["applications"]:
            for rule in (one["pinned"], one["allowed"]) if one["model"] == model["id"] else ():
                if block["id"] in rule:
                    rule["first half"] = rule[block["id"]]
    return 1.0


@states(Relation.SAME)
def every_node_is_allowed(data: Data, rng: random.Random) -> float:
    for one in data["applications"]:
        usable = [node["id"] for node in data["nodes"] if node["shared"] or node["id"] == one["source"]]
        model = next(model for model in data["models"] if model["id"] == one["model"])
        for block in model["blocks"]:
            one["allowed"].setdefault(block["id"], usable)
    return 1.0


@states(Relation.SAME)
def a_pin_that_is_allowed(data: Data, rng: random.Random) -> float:
    """A pin, said as the only node that is allowed."""
    for one in data["applications"]:
        one["allowed"] |= {block: [node] for block, node in one["pinned"].items()}
        one["pinned"] = {}
    return 1.0


@states(Relation.SAME)
def measured_as_computed(data: Data, rng: random.Random) -> float | None:
    """Each node is a class of devices, on which what it computes was measured."""
    if data["profiles"] or not all(block["ops"] for model in data["models"] for block in model["blocks"]):
        return None
    for node in data["nodes"]:
        node["device"] = f"device {node['id']}"
        for model in data["models"] if node["compute"] else ():
            parts = (*model["blocks"], *model["exits"])
            took = {part["id"]: part["ops"] / node["compute"] or 1e-18 for part in parts}
            blocks = [{"block": block["id"], "time": took[block["id"]]} for block in model["blocks"]]
            exits = [{"exit": exit_["id"], "time": took[exit_["id"]]} for exit_ in model["exits"]]
            known = {"model": model["id"], "device": node["device"]}
            data["profiles"].append({**known, "blocks": blocks, "exits": exits})
    return 1.0


@states(Relation.WITH_ROOM)
def applications_in_two_halves(data: Data, rng: random.Random) -> float | None:
    """Each application twice, at half its rate, with twice the memory."""
    _scale(data["applications"], 0.5, "rate")
    _scale(data["nodes"], 2.0, "memory")
    data["applications"] += [{**one, "id": f"{one['id']} again"} for one in data["applications"]]
    return 1.0


# ---------------------------------------------------------------- looser


@states(Relation.LOOSER)
def more_time(data: Data, rng: random.Random) -> float:
    _scale(data["applications"], rng.choice((1.5, 2.0, 100.0)), "max_latency")
    return 1.0


@states(Relation.LOOSER)
def any_accuracy(data: Data, rng: random.Random) -> float:
    for application in data["applications"]:
        application["min_accuracy"] = 0.0
    return 1.0


@states(Relation.LOOSER)
def memory_without_limit(data: Data, rng: random.Random) -> float:
    for node in data["nodes"]:
        node["memory"] = None
    return 1.0


@states(Relation.LOOSER)
def faster_nodes_for_the_same_energy(data: Data, rng: random.Random) -> float | None:
    if data["profiles"]:
        return None
    _scale(data["nodes"], 2.0, "compute", "power")
    return 1.0


@states(Relation.LOOSER)
def faster_links(data: Data, rng: random.Random) -> float | None:
    if _results_return(data):
        return None
    _scale(data["links"], 2.0, "bandwidth")
    return 1.0


@states(Relation.LOOSER)
def no_pins(data: Data, rng: random.Random) -> float:
    for application in data["applications"]:
        application |= {"pinned": {}, "allowed": {}}
    return 1.0


@states(Relation.LOOSER)
def half_the_rate(data: Data, rng: random.Random) -> float:
    _scale(data["applications"], 0.5, "rate")
    return 0.5


@states(Relation.LOOSER)
def shared_weights(data: Data, rng: random.Random) -> float:
    for model in data["models"]:
        model["shared_weights"] = True
    return 1.0


@states(Relation.LOOSER)
def an_application_less(data: Data, rng: random.Random) -> float | None:
    if len(data["applications"]) < 2:
        return None
    del data["applications"][rng.randrange(len(data["applications"]))]
    return 1.0


@states(Relation.LOOSER)
def nobody_needs_the_results(data: Data, rng: random.Random) -> float | None:
    if not _results_return(data):
        return None
    for application in data["applications"]:
        application["result_to"] = None
    return 1.0


@states(Relation.LOOSER)
def one_more_link(data: Data, rng: random.Random) -> float | None:
    if _results_return(data) or len(data["nodes"]) < 2:
        return None
    a, b = rng.sample(data["nodes"], 2)
    data["links"].append({"source": a["id"], "target": b["id"], "bandwidth": 1e9, "energy": 1e-9})
    return 1.0


# ---------------------------------------------------------------- tighter


@states(Relation.TIGHTER)
def less_time(data: Data, rng: random.Random) -> float:
    _scale(data["applications"], rng.choice((0.5, 0.8, 0.95)), "max_latency")
    return 1.0


@states(Relation.TIGHTER)
def the_best_accuracy(data: Data, rng: random.Random) -> float:
    best = {m["id"]: max(c["accuracy"] for c in m["configurations"]) for m in data["models"]}
    for application in data["applications"]:
        application["min_accuracy"] = best[application["model"]]
    return 1.0


@states(Relation.TIGHTER)
def dearer_nodes(data: Data, rng: random.Random) -> float:
    _scale(data["nodes"], 1.5, "power")
    _scale(_entries(data), 1.5, "energy")
    return 1.0


@states(Relation.TIGHTER)
def dearer_links(data: Data, rng: random.Random) -> float:
    _scale(data["links"], 1.5, "energy")
    return 1.0


@states(Relation.TIGHTER)
def transfers_cost(data: Data, rng: random.Random) -> float | None:
    if _results_return(data):
        return None
    for link in data["links"]:
        link["energy_per_transfer"] += 1e-3
    return 1.0


@states(Relation.TIGHTER)
def a_link_less(data: Data, rng: random.Random) -> float | None:
    if _results_return(data) or not data["links"]:
        return None
    del data["links"][rng.randrange(len(data["links"]))]
    return 1.0


@states(Relation.TIGHTER)
def waiting_on_every_node(data: Data, rng: random.Random) -> float:
    for node in (node for node in data["nodes"] if node["waiting"] == "none"):
        node |= {"max_utilisation": min(node["max_utilisation"], 0.75), "waiting": "processor-sharing"}
    return 1.0


@states(Relation.TIGHTER)
def results_return(data: Data, rng: random.Random) -> float | None:
    if _results_return(data):
        return None
    for application in data["applications"]:
        application["result_to"] = "source"
    for part in _parts(data):
        if "after" in part:
            part["output_bits"] = 80.0
    return 1.0
