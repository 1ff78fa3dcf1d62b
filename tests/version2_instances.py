"""Random instances with the features of version 2 of the model, drawn over those of `tests.random_instances`.

Every combination of features occurs: bit k of a seed says whether feature k of `FEATURES` is in.
"""

from __future__ import annotations

import random
from typing import Any

from finopt.problem.instance import Instance
from tests.oracle import Task, frontier
from tests.random_instances import Maker, Record

LADDERS = ((0.25, 0.5, 1.0), (0.1, 0.3), (0.5,), (0.2, 0.4, 0.6, 0.8), (0.125, 0.75), (1.0,))
"""Slices of a node."""

FEATURES = ("profiles", "utilisation", "waiting", "transfers", "allowed", "results", "relays")


def features_of(seed: int) -> list[str]:
    """The features of an instance."""
    return [name for k, name in enumerate(FEATURES) if seed >> k & 1]


def version2_instance(seed: int) -> Instance:
    """3-5 nodes, 2-4 blocks, one application; capacities seldom bind."""
    return decorated(small(seed), seed)


def small(seed: int) -> Instance:
    """An instance of version 1 to draw features over."""
    return Maker(seed).instance(nodes=(3, 5), blocks=(2, 4), configurations=(1, 3))


def sliced_instance(seed: int) -> Instance:
    """3-4 nodes, 2-4 blocks, one application, slices of nodes beside the features of the seed."""
    plain = Maker(seed).instance(nodes=(3, 4), blocks=(2, 4), configurations=(1, 3))
    return decorated(plain, seed, "slices")


def link_sliced_instance(seed: int) -> Instance:
    """3 nodes, 2-3 blocks, one application, slices of links and every other time of nodes."""
    plain = Maker(seed).instance(nodes=(3, 3), blocks=(2, 3), configurations=(1, 2))
    return decorated(plain, seed, *(("slices",) if seed // 128 % 2 else ()), "link slices")


def link_sliced_pair(seed: int) -> Instance:
    """The same with a second application that may be less accurate."""
    data = Maker(seed).instance(nodes=(3, 3), blocks=(2, 2), configurations=(1, 2)).model_dump()
    (first,) = data["applications"]
    data["applications"] = [first, {**first, "id": "other", "min_accuracy": 0.0}]
    return decorated(Instance.model_validate(data), seed, *(("slices",) if seed % 2 else ()), "link slices")


def sliced_pair(seed: int) -> Instance:
    """The same with 2-3 blocks and a second application, less accurate, that wants slices as well."""
    data = Maker(seed).instance(nodes=(3, 4), blocks=(2, 3), configurations=(1, 2)).model_dump()
    (first,) = data["applications"]
    data["applications"] = [first, {**first, "id": "other", "min_accuracy": 0.0}]
    return decorated(Instance.model_validate(data), seed, "slices")


def decorated(instance: Instance, seed: int, *more: str) -> Instance:
    """The instance with features, and latency limits that are worth having."""
    rng = random.Random(seed)
    data = instance.model_dump()
    data["version"] = 2
    for name in (*features_of(seed), *more):
        ADD[name](data, rng)
    given = Instance.model_validate(data)
    for application, record in zip(given.applications, data["applications"], strict=True):
        record["max_latency"] = limit(Task(given, application), rng, record["max_latency"])
    return Instance.model_validate(data)


def limit(task: Task, rng: random.Random, instead: float) -> float:
    """Between the fastest and the cheapest choice, on one of them or out of reach."""
    took = sorted(choice.took for choice in frontier(task))
    if not took:
        return instead
    fastest, slowest = float(took[0]), float(took[-1])
    between = fastest + (slowest - fastest) * rng.random()
    chosen = (between, float(rng.choice(took)), fastest, 0.99 * fastest, 1.5 * slowest)
    return rng.choices(chosen, (50, 25, 8, 5, 12))[0] or 1e-6


def add_profiles(data: Record, rng: random.Random) -> None:
    """Two or three classes of devices; some entries without energy, blocks and nodes without any."""
    devices = ["nano", "orin", "server"][: rng.randint(2, 3)]
    for node in data["nodes"]:
        if rng.random() < 0.8:
            node["device"] = rng.choice(devices)
    used = {node["device"] for node in data["nodes"] if node["device"]}
    data["profiles"] = [
        profile(model, device, rng)
        for model in data["models"]
        for device in sorted(used)
        if rng.random() < 0.8
    ]


def profile(model: Record, device: str, rng: random.Random) -> Record:
    """Measured blocks: most of them, and every exit behind one of these."""
    blocks = [block["id"] for block in model["blocks"] if rng.random() < 0.85]
    blocks = blocks or [model["blocks"][0]["id"]]
    exits = [exit_["id"] for exit_ in model["exits"] if exit_["after"] in blocks]
    speed, even = 10 ** rng.uniform(-4, -2), rng.random() < 0.3

    def entry(kind: str, name: str, scale: float) -> Record:
        time = scale * (rng.choice((1.0, 2.0, 5.0)) if even else rng.uniform(0.2, 3.0))
        energy = rng.choice((0.0, time * rng.uniform(0.5, 20.0)))
        return {kind: name, "time": time, **({"energy": energy} if rng.random() < 0.6 else {})}

    return {
        "model": model["id"],
        "device": device,
        "source": "drawn",
        "blocks": [entry("block", name, speed) for name in blocks],
        "exits": [entry("exit", name, speed / 50) for name in exits],
    }


def add_utilisation(data: Record, rng: random.Random) -> None:
    """Some nodes may only be used in part."""
    for node in data["nodes"]:
        if rng.random() < 0.6:
            node["max_utilisation"] = rng.choice((0.25, 0.5, 0.8, 0.9))


def add_waiting(data: Record, rng: random.Random) -> None:
    """On some nodes samples wait."""
    for node in data["nodes"]:
        if rng.random() < 0.6:
            node["max_utilisation"] = rng.choice((0.25, 0.5, 0.8, 0.9))
            node["waiting"] = "processor-sharing"


def add_transfers(data: Record, rng: random.Random) -> None:
    """What a hop costs whatever is sent."""
    for link in data["links"]:
        if rng.random() < 0.8:
            link["energy_per_transfer"] = rng.choice((1e-5, 1e-3, 10 ** rng.uniform(-6, -1)))


def add_allowed(data: Record, rng: random.Random) -> None:
    """Some blocks on some nodes only."""
    for application in data["applications"]:
        model = next(m for m in data["models"] if m["id"] == application["model"])
        usable = _usable(data, application)
        for block in model["blocks"]:
            if rng.random() < 0.5:
                names = set(rng.sample(usable, rng.randint(1, len(usable))))
                names |= (
                    {application["pinned"][block["id"]]} if block["id"] in application["pinned"] else set()
                )
                application["allowed"][block["id"]] = sorted(names)


def add_results(data: Record, rng: random.Random) -> None:
    """Results of all sizes, back to the source or to somewhere else."""
    for model in data["models"]:
        sizes = [model["input_bits"], *(block["output_bits"] for block in model["blocks"])]
        for exit_ in model["exits"]:
            exit_["output_bits"] = rng.choice((0.0, 80.0, 80.0, 3.0 * max(sizes), float(rng.choice(sizes))))
    for application in data["applications"]:
        application["result_to"] = rng.choice(["source", "source", *_usable(data, application)])


def add_relays(data: Record, rng: random.Random) -> None:
    """Nodes that only forward, now and then the source itself."""
    for node in data["nodes"]:
        if rng.random() < (0.1 if node["id"] == "device" else 0.3):
            node["compute"] = 0.0


def add_slices(data: Record, rng: random.Random) -> None:
    """On most nodes visits reserve slices, and the work of an application is of their size."""
    for node in data["nodes"]:
        if rng.random() < 0.7:
            node["slices"] = rng.choice(LADDERS)
            node["waiting"] = "none"
    for application in data["applications"]:
        model = next(m for m in data["models"] if m["id"] == application["model"])
        ops = sum(block["ops"] for block in model["blocks"])
        took = [ops / node["compute"] for node in data["nodes"] if node["compute"] > 0]
        took += [sum(entry["time"] for entry in profile["blocks"]) for profile in data["profiles"]]
        seconds = max(took, default=0.0) if rng.random() < 0.6 else rng.choice(took or [0.0])
        before = application["rate"]
        application["rate"] = rng.choice((0.05, 0.15, 0.3, 0.6)) / seconds if seconds else before
        for link in data["links"]:  # which are to carry as much of the work as before
            link["bandwidth"] = min(1e15, link["bandwidth"] * max(1.0, application["rate"] / before))


def add_link_slices(data: Record, rng: random.Random) -> None:
    """On most links hops reserve slices of the bandwidth, and what applications send is of their size."""
    sent = max(m["input_bits"] + sum(block["output_bits"] for block in m["blocks"]) for m in data["models"])
    rate = max(application["rate"] for application in data["applications"])
    for link in data["links"]:
        if rng.random() < 0.7:
            link["bandwidth_slices"] = rng.choice(LADDERS)
            link["bandwidth"] = min(1e15, rng.choice((0.8, 1.5, 3.0, 8.0)) * max(1.0, rate * sent))


def _usable(data: Record, application: Record) -> list[str]:
    return [node["id"] for node in data["nodes"] if node["shared"] or node["id"] == application["source"]]


ADD: dict[str, Any] = {
    "profiles": add_profiles,
    "utilisation": add_utilisation,
    "waiting": add_waiting,
    "transfers": add_transfers,
    "allowed": add_allowed,
    "results": add_results,
    "relays": add_relays,
    "slices": add_slices,
    "link slices": add_link_slices,
}
