"""Seeded tiny instances of 2-4 applications on 3-5 nodes that crowd each other out.

Of ten seeds one gives an instance that is infeasible only because of its capacities, one an instance that may
be anything, and eight an instance whose joint optimum costs more than the optima of its applications alone.
"""

from __future__ import annotations

import itertools
from enum import Enum
from fractions import Fraction
from typing import Any

from finopt.problem.instance import Instance
from tests.joint_oracle import joint_optimum
from tests.oracle import Choice, Task, frontier, frontier_optimum
from tests.random_instances import Maker

Record = dict[str, Any]

CROWDED = ("compute", "memory", "bandwidth", "all")
"""What gets scarce, by seed modulo 4."""

DEMAND = ((0.9, 1.2), (1.2, 2.0), (2.0, 4.0))
"""What the applications would take of the most wanted capacity alone, relative to what there is."""


def crowded_instance(seed: int) -> Instance:
    """Private devices with links both ways, one or two models, pins, both kinds of latency."""
    for attempt in range(1, 1000):
        instance = _Crowd(seed + 10**6 * attempt).crowd(CROWDED[seed % 4])
        if seed % 10 == 1 or _together(instance) is (
            Crowding.TOO_MANY if seed % 10 == 0 else Crowding.BINDING
        ):
            return instance
    raise AssertionError(f"no crowded instance from seed {seed}")


class Crowding(Enum):
    """What the capacities do to the applications of an instance."""

    FREE = "each gets what it would choose alone"
    BINDING = "they fit, but not all get what they would choose alone"
    TOO_MANY = "they do not fit together"
    HOPELESS = "one of them has no choice even if it were alone and capacities were ample"


def _together(instance: Instance) -> Crowding:
    alone = frontier_optimum(instance).objective
    if alone is None:
        return Crowding.HOPELESS
    together = joint_optimum(instance).objective
    if together is None:
        return Crowding.TOO_MANY
    return Crowding.BINDING if together > alone * (1 + 1e-6) else Crowding.FREE


class _Crowd(Maker):
    """Draws the parts of one instance."""

    def crowd(self, scarce: str) -> Instance:
        nodes = self.network()
        models = [self.small_model(i) for i in range(self.rng.choice((1, 1, 2)))]
        sources = [node["id"] for node in nodes if node["tier"] == "mobile"]
        data: Record = {
            "name": f"crowded {self.seed}",
            "nodes": nodes,
            "links": list(self.both_ways(nodes)),
            "models": models,
            "applications": [
                self.request(i, nodes, models, sources) for i in range(self.rng.choice((2, 2, 3, 3, 4)))
            ],
        }
        for i, limit in enumerate(self.limits(Instance.model_validate(data))):
            data["applications"][i]["max_latency"] = limit
        return self.crowded(data, scarce)

    def network(self) -> list[Record]:
        """One or two devices, one or two edge servers, at most one cloud; three to five of them."""
        devices = self.rng.choice((1, 1, 2))
        edges = self.rng.choice((1, 2)) if devices == 2 else 2
        tiers = ["mobile"] * devices + ["edge"] * edges + ["cloud"] * (self.chance(0.5))
        nodes = [self.node(f"{tier}{i}", tier) for i, tier in enumerate(tiers)]
        for node in nodes:
            if node["tier"] != "mobile":
                node["shared"] = True
        return nodes

    def both_ways(self, nodes: list[Record]) -> Any:
        """Devices to one or two edge servers, up and down with own figures; a chain of the others."""
        edges = [node["id"] for node in nodes if node["tier"] == "edge"]
        shared = [node["id"] for node in nodes if node["tier"] != "mobile"]
        for device in (node["id"] for node in nodes if node["tier"] == "mobile"):
            for edge in self.rng.sample(edges, self.rng.randint(1, len(edges))):
                yield {"source": device, "target": edge, **self.link()}
                yield {"source": edge, "target": device, **self.link()}
        for a, b in itertools.pairwise(shared):
            yield {"source": a, "target": b, **self.link(), "bidirectional": True}

    def small_model(self, number: int) -> Record:
        return {**self.model(self.rng.randint(2, 3), self.rng.randint(1, 3)), "id": f"dnn{number}"}

    def request(self, number: int, nodes: list[Record], models: list[Record], sources: list[str]) -> Record:
        model, source = self.rng.choice(models), self.rng.choice(sources)
        lowest = min(one["accuracy"] for one in model["configurations"])
        usable = [node["id"] for node in nodes if node["tier"] != "mobile" or node["id"] == source]
        pins = [block["id"] for block in model["blocks"] if self.chance(0.1)]
        return {
            "id": f"app{number}",
            "model": model["id"],
            "source": source,
            "rate": self.rng.choice((0.5, 1.0, 1.0, 2.0, 3.7)),
            "max_latency": 1e9,
            "min_accuracy": lowest
            if self.chance(0.8)
            else self.rng.choice(model["configurations"])["accuracy"],
            "latency": self.rng.choice(("worst", "mean")),
            "pinned": {block: self.rng.choice(usable) for block in pins},
        }

    def limits(self, instance: Instance) -> list[float]:
        """From the fastest choice to far beyond the slowest worth having, now and then exactly on one."""
        return [self.patience(Task(instance, application)) for application in instance.applications]

    def patience(self, task: Task) -> float:
        front = [float(choice.latency) for choice in frontier(task)]
        if not front:
            return 1.0
        fastest, slowest = front[-1], front[0]
        between = fastest + (slowest - fastest) * self.rng.random()
        choices = (3.0 * slowest, 1.2 * between, between, self.rng.choice(front), 0.99 * fastest)
        return self.rng.choices(choices, (40, 30, 20, 9, 1))[0] or 1e-6

    def crowded(self, data: Record, scarce: str) -> Instance:
        """Rates and memories at which what each application likes best does not fit together."""
        instance = Instance.model_validate(data)
        liked = _liked(instance)
        demand = self.rng.uniform(*self.rng.choices(DEMAND, (20, 50, 30))[0])
        self.scale_rates(data, instance, liked, scarce, demand)
        if scarce in ("memory", "all"):
            for node in data["nodes"]:
                load = liked.get(("memory", node["id"]), Fraction(0))
                if load and node["tier"] != "mobile":
                    node["memory"] = float(f"{float(load) / demand:.6g}")
        return Instance.model_validate(data)

    def scale_rates(
        self, data: Record, instance: Instance, liked: dict[Any, Fraction], scarce: str, demand: float
    ) -> None:
        """Multiply all rates so that the most wanted compute or bandwidth is wanted as often as asked for."""
        wanted = [
            load / Fraction(_capacity(instance, kind, name))
            for (kind, name), load in liked.items()
            if kind != "memory" and scarce in (kind, "all", "memory")
        ]
        most = float(max(wanted, default=Fraction(0)))
        factor = (0.3 if scarce == "memory" else demand) / most if most else 1.0
        for application in data["applications"]:
            application["rate"] = float(f"{application['rate'] * factor:.6g}")


def _liked(instance: Instance) -> dict[Any, Fraction]:
    """What every application would take if it were alone."""
    total: dict[Any, Fraction] = {}
    for application in instance.applications:
        task = Task(instance, application)
        in_time = [choice for choice in frontier(task) if choice.took <= task.limit]
        for name, load in _loads(task, in_time).items():
            total[name] = total.get(name, Fraction(0)) + load
    return total


def _loads(task: Task, choices: list[Choice]) -> dict[Any, Fraction]:
    return task.loads(min(choices)) if choices else {}


def _capacity(instance: Instance, kind: str, name: str) -> float:
    return instance.node_by_id[name].compute if kind == "compute" else instance.link_by_id[name].bandwidth
