"""Seeded random instances with one application: small enough for the oracle, otherwise as varied as can be.

`random_instance` never lets a capacity bind, so that the oracle's frontier is exact; its latency limit lies
among the latencies that are worth having, some exactly on one of them, some out of reach.
`binding_instance` is tiny, and its optimum without capacities overloads a node or a link.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from finopt.problem.instance import Instance
from tests.oracle import Task, frontier, frontier_optimum, plain_optimum

Record = dict[str, Any]

ROUND = (1.0, 2.0, 4.0, 5.0)
"""Leading digits of figures whose sums and quotients come out even: limits met exactly, and ties."""


def random_instance(seed: int) -> Instance:
    """3-8 nodes, 2-6 blocks, 1-6 configurations; capacities cannot bind."""
    return Maker(seed).instance(nodes=(3, 8), blocks=(2, 6), configurations=(1, 6))


def binding_instance(seed: int) -> Instance:
    """3-4 nodes, 2-3 blocks, 1-2 configurations; the optimum without capacities would overload something."""
    for attempt in range(1000):
        maker = Maker(seed + 10**6 * (attempt + 1))
        relaxed = maker.instance(nodes=(3, 4), blocks=(2, 3), configurations=(1, 2))
        tightened = maker.tightened(relaxed, ("compute", "memory", "bandwidth")[seed % 3])
        if tightened is not None:
            return tightened
    raise AssertionError(f"no binding instance from seed {seed}")


def joint_instance(seed: int) -> Instance:
    """A binding instance whose application gets company: rarer, more patient, of any accuracy."""
    data = binding_instance(seed).model_dump()
    (first,) = data["applications"]
    other = {"id": "other", "rate": 0.3 * first["rate"], "max_latency": 2 * first["max_latency"]}
    data["applications"] = [first, {**first, **other, "min_accuracy": 0.0}]
    return Instance.model_validate(data)


class Maker:
    """Draws the parts of one instance."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.even = self.chance(0.4)  # round figures: exact sums and ties
        self.wide = not self.even and self.chance(0.15)  # 1e-9 J next to 1e3 J

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def figure(self, low: float, high: float) -> float:
        """Log-uniform with three digits, or with one of few leading digits."""
        exponent = self.rng.uniform(math.log10(low), math.log10(high))
        if self.even:
            return self.rng.choice(ROUND) * 10.0 ** math.floor(exponent)
        return float(f"{10**exponent:.3g}")

    def or_zero(self, low: float, high: float, probability: float = 0.1) -> float:
        return 0.0 if self.chance(probability) else self.figure(low, high)

    # -------------------------------------------------------------- network

    def nodes(self, count: int) -> list[Record]:
        nodes = [self.node("device", "mobile")]
        for i in range(1, count):
            if len(nodes) > 1 and self.chance(0.15):
                nodes.append({**self.rng.choice(nodes[1:]), "id": f"twin{i}"})
            else:
                tier = self.rng.choices(("mobile", "edge", "cloud"), (1, 5, 3))[0]
                nodes.append(self.node(f"{tier}{i}", tier))
        return nodes

    def node(self, name: str, tier: str) -> Record:
        compute, power = {
            "mobile": ((1e8, 2e10), (0.1, 10.0)),
            "edge": ((5e9, 2e12), (2.0, 300.0)),
            "cloud": ((1e11, 5e13), (10.0, 2000.0)),
        }[tier]
        if self.wide:
            power = (1e-8, 1e4)
        node = {
            "id": name,
            "tier": tier,
            "compute": self.figure(*compute),
            "power": self.or_zero(*power, 0.05),
        }
        if self.chance(0.12):
            node["shared"] = tier == "mobile"  # a helpful phone, or somebody's own server
        return node

    def links(self, nodes: list[Record]) -> list[Record]:
        names = [node["id"] for node in nodes]
        same = self.link() if self.chance(0.2) else None  # one technology everywhere: ties
        kind = self.rng.choice(("full", "tree", "tree", "sparse", "one way"))
        pairs = list(getattr(self, "pairs_" + kind.replace(" ", "_"))(names))
        pairs += [self.rng.choice(pairs)] if pairs and self.chance(0.2) else []  # a parallel link
        links = [{"source": a, "target": b, **(same or self.link())} for a, b in pairs]
        for link in links:
            if kind != "one way" and not self.chance(0.1):
                link["bidirectional"] = True
        return links

    def link(self) -> Record:
        energy = (1e-13, 1e-3) if self.wide else (1e-10, 1e-7)
        link = {"bandwidth": self.figure(1e7, 1e10), "energy": self.or_zero(*energy, 0.05)}
        if self.chance(0.5):
            link["delay"] = self.or_zero(1e-5, 1e-2)
        return link

    def pairs_full(self, names: list[str]) -> Iterator[tuple[str, str]]:
        for i, a in enumerate(names):
            yield from ((a, b) for b in names[i + 1 :])

    def pairs_tree(self, names: list[str]) -> Iterator[tuple[str, str]]:
        for i in range(1, len(names)):
            yield self.rng.choice(names[:i]), names[i]

    def pairs_sparse(self, names: list[str]) -> Iterator[tuple[str, str]]:
        yield from self.pairs_tree(names)
        for _ in range(len(names) // 2):
            yield tuple(self.rng.sample(names, 2))  # type: ignore[misc]

    def pairs_one_way(self, names: list[str]) -> Iterator[tuple[str, str]]:
        for _ in range(2 * len(names)):
            yield tuple(self.rng.sample(names, 2))  # type: ignore[misc]

    # -------------------------------------------------------------- model and application

    def model(self, blocks: int, configurations: int) -> Record:
        exits = [i for i in range(blocks - 1) if self.chance(0.6)] + [blocks - 1]
        return {
            "id": "dnn",
            "input_bits": self.or_zero(1e4, 5e6, 0.05),
            "blocks": [
                {
                    "id": f"b{i}",
                    "ops": self.or_zero(1e6, 5e9, 0.08),
                    "output_bits": self.or_zero(1e2, 5e6, 0.05),
                    "memory": self.or_zero(1e5, 1e9, 0.3),
                }
                for i in range(blocks)
            ],
            "exits": [
                {
                    "id": f"x{i}",
                    "after": f"b{i}",
                    "ops": self.or_zero(1e3, 1e7, 0.3),
                    "memory": self.or_zero(1e3, 1e6, 0.5),
                }
                for i in exits
            ],
            "configurations": [self.configuration(exits) for _ in range(configurations)],
        }

    def configuration(self, exits: list[int]) -> Record:
        enabled = [i for i in exits if self.chance(0.6)] or [exits[-1]]
        left, shares = 100, []
        for _ in enabled:
            shares.append(self.rng.randint(0, left) if self.chance(0.9) else 0)
            left -= shares[-1]
        if self.chance(0.7):
            shares[-1] += left
        accuracy = 0.5 + 0.08 * len(enabled) / len(exits) + self.rng.randint(0, 300) / 1000
        return {
            "exits": [f"x{i}" for i in enabled],
            "shares": [share / 100 for share in shares],
            "accuracy": round(accuracy, 3),
        }

    def application(self, model: Record, nodes: list[Record]) -> Record:
        accuracies = sorted(c["accuracy"] for c in model["configurations"])
        target = self.rng.choice([0.0, *accuracies, *accuracies[: len(accuracies) // 2]])
        usable = [n["id"] for n in nodes if n.get("shared", n["tier"] != "mobile") or n["id"] == "device"]
        pins = [block["id"] for block in model["blocks"] if self.chance(0.12)]
        return {
            "id": "app",
            "model": "dnn",
            "source": "device",
            "rate": self.rng.choice((1.0, 1.0, 1.0, 0.1, 0.5, 30.0)),
            "max_latency": 1e9,
            "min_accuracy": 0.99 if self.chance(0.03) else target,
            "latency": self.rng.choice(("worst", "mean")),
            "pinned": {block: self.rng.choice(usable) for block in pins} if self.chance(0.5) else {},
        }

    # -------------------------------------------------------------- the whole

    def instance(
        self, nodes: tuple[int, int], blocks: tuple[int, int], configurations: tuple[int, int]
    ) -> Instance:
        network = self.nodes(self.rng.randint(*nodes))
        model = self.model(self.rng.randint(*blocks), self.rng.randint(*configurations))
        data = {
            "name": f"random {self.seed}",
            "nodes": network,
            "links": self.links(network),
            "models": [model],
            "applications": [self.application(model, network)],
        }
        self.loosen(data)
        data["applications"][0]["max_latency"] = self.limit(Instance.model_validate(data))
        return Instance.model_validate(data)

    def loosen(self, data: Record) -> None:
        """A rate and memories with which nothing can be overloaded; some memories are met exactly."""
        model, application = data["models"][0], data["applications"][0]
        ops = sum(Fraction(x["ops"]) for x in model["blocks"] + model["exits"])
        bits = Fraction(model["input_bits"]) + sum(Fraction(b["output_bits"]) for b in model["blocks"])
        memory = sum(Fraction(x["memory"]) for x in model["blocks"] + model["exits"])
        rates = [Fraction(n["compute"]) / ops for n in data["nodes"] if ops]
        rates += [Fraction(k["bandwidth"]) / bits for k in data["links"] if bits]
        slowest = float(min(rates, default=Fraction(1)))
        if application["rate"] > slowest:
            application["rate"] = float(f"{0.9 * slowest:.2g}")
        for node in data["nodes"]:
            if self.chance(0.3):
                node["memory"] = float(memory) * self.rng.choice((1.0, 2.0)) or 0.0

    def limit(self, instance: Instance) -> float:
        """A latency limit among what is reachable, now and then exactly on it, or below all of it."""
        front = frontier(Task(instance, instance.applications[0]))
        if not front:
            return 1.0
        fastest, slowest = float(front[-1].latency), float(front[0].latency)
        limit = self.rng.choices(
            (
                fastest + (slowest - fastest) * self.rng.random(),
                float(self.rng.choice(front).latency),  # met exactly
                fastest,
                0.99 * fastest,  # out of reach
                1.5 * slowest,
            ),
            (60, 15, 8, 6, 11),
        )[0]
        return limit or 1e-6

    def tightened(self, loose: Instance, kind: str) -> Instance | None:
        """The instance with a memory or a rate that overloads its optimum; some become infeasible."""
        data = loose.model_dump()
        application = data["applications"][0]
        application["max_latency"] *= self.rng.choice((1.0, 3.0, 100.0))
        task = Task(loose := Instance.model_validate(data), loose.applications[0])
        best = min((c for c in frontier(task) if c.took <= task.limit), default=None)
        loads = task.loads(best) if best else {}
        loads = {name: load for (what, name), load in loads.items() if what == kind and load}
        if not loads:
            return None
        name = max(loads, key=loads.__getitem__)
        if kind == "memory":
            node = next(n for n in data["nodes"] if n["id"] == name)
            node["memory"] = float(loads[name]) * self.rng.choice((0.3, 0.6, 0.9, 0.999))
        else:
            capacity = (
                loose.node_by_id[name].compute if kind == "compute" else loose.link_by_id[name].bandwidth
            )
            factor = Fraction(capacity) / loads[name] * Fraction(self.rng.choice((101, 110, 150, 300)), 100)
            application["rate"] = float(f"{float(Fraction(application['rate']) * factor):.6g}")
        tight = Instance.model_validate(data)
        objective = plain_optimum(tight).objective
        binds = objective != frontier_optimum(tight).objective
        return tight if binds and (objective is None) == (self.seed % 8 == 0) else None
