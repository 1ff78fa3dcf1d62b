"""Seeded tiny instances of 2-4 applications with everything that makes arrays empty, sums equal or figures 0.

Every seed has one of the `TRAITS`, by seed modulo their number, and some have further
ones by chance. 1-5 nodes, 1-3 blocks, 1-3 configurations: small enough for `tests.joint_oracle`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from finopt.problem.instance import Instance
from tests.oracle import Task, frontier
from tests.random_instances import Maker

Record = dict[str, Any]

TRAITS = (
    "one node",
    "one block",
    "no links",
    "islands",
    "private",
    "ties",
    "zero energies",
    "zero latencies",
    "zero work",
    "wide",
    "exact latencies",
    "exact capacities",
    "nobody admissible",
    "somebody inadmissible",
    "scarce compute",
    "scarce memory",
    "scarce bandwidth",
    "scarce all",
    "no memory",
    "late",
)

FURTHER = 0.04
"""How often an instance has each of the other traits, too."""

SCARCE = (0.3, 0.8, 1.0, 1.5, 2.5, 6.0)
"""How often all applications would exceed what the largest node or link has, if all ran there."""


def degenerate_instance(seed: int) -> Instance:
    """An instance with the seed's trait."""
    return _Degenerate(seed).instance_with(TRAITS[seed % len(TRAITS)])


class _Degenerate(Maker):
    """Draws the parts of one instance, then changes them trait by trait."""

    def instance_with(self, trait: str) -> Instance:
        self.traits = {trait, *(other for other in TRAITS if self.chance(FURTHER))}
        if self.traits & {"ties", "exact latencies", "exact capacities"}:
            self.even, self.wide = True, False
        self.wide = self.wide or "wide" in self.traits
        data = self.parts()
        for name in TRAITS:  # figures before limits on them, whatever the seed's own trait is
            if name in self.traits:
                getattr(self, "make_" + name.replace(" ", "_"), lambda data: None)(data)
        self.limit_latencies(data)
        for name in ("exact capacities", "late", "nobody admissible", "somebody inadmissible"):
            if name in self.traits:
                getattr(self, "then_" + name.replace(" ", "_"))(data)
        return Instance.model_validate(data)

    def parts(self) -> Record:
        """Any network with one or two models, and applications that are in no hurry."""
        nodes = self.nodes(1 if "one node" in self.traits else self.rng.randint(1, 5))
        links = self.links(nodes) if len(nodes) > 1 else []
        blocks = 1 if "one block" in self.traits else self.rng.randint(1, 3)
        models = [
            {**self.model(blocks, self.rng.randint(1, 3)), "id": f"dnn{i}"}
            for i in range(self.rng.choice((1, 1, 2)))
        ]
        count = self.rng.choice((2, 2, 3, 4))
        return {
            "name": f"degenerate {self.seed}",
            "nodes": nodes,
            "links": links,
            "models": models,
            "applications": [self.wish(i, nodes, models) for i in range(count)],
        }

    def wish(self, number: int, nodes: list[Record], models: list[Record]) -> Record:
        model, source = self.rng.choice(models), self.rng.choice(nodes)["id"]
        usable = [n["id"] for n in nodes if n.get("shared", n["tier"] != "mobile") or n["id"] == source]
        pins = [block["id"] for block in model["blocks"] if self.chance(0.1)]
        accuracies = [0.0, *(c["accuracy"] for c in model["configurations"])]
        return {
            "id": f"app{number}",
            "model": model["id"],
            "source": source,
            "rate": self.rng.choice((1e-3, 0.1, 0.1, 1.0, 1.0, 3.7)),
            "max_latency": 1e9,
            "min_accuracy": self.rng.choice(accuracies),
            "latency": self.rng.choice(("worst", "mean")),
            "pinned": {block: self.rng.choice(usable) for block in pins},
        }

    # ------------------------------------------------------------ the network

    def make_no_links(self, data: Record) -> None:
        data["links"] = []

    def make_islands(self, data: Record) -> None:
        """Every other node can only reach its like."""
        side = {node["id"]: i % 2 for i, node in enumerate(data["nodes"])}
        data["links"] = [k for k in data["links"] if side[k["source"]] == side[k["target"]]]

    def make_private(self, data: Record) -> None:
        """Nobody helps anybody, and so nothing is pinned elsewhere."""
        for node in data["nodes"]:
            node["shared"] = False
        for application in data["applications"]:
            home = application["source"]
            application["pinned"] = dict.fromkeys(application["pinned"], home)

    def make_ties(self, data: Record) -> None:
        """All nodes, all links and all applications alike."""
        same = {name: data["nodes"][0][name] for name in ("compute", "power")}
        for node in data["nodes"]:
            node.update(same)
        for link in data["links"]:
            link.update({name: data["links"][0].get(name, 0.0) for name in ("bandwidth", "energy", "delay")})
        first = data["applications"][0]
        if self.chance(0.5):
            data["applications"] = [{**first, "id": one["id"]} for one in data["applications"]]

    # ------------------------------------------------------------ figures

    def make_zero_energies(self, data: Record) -> None:
        for part in data["nodes"]:
            part["power"] = 0.0
        for part in data["links"]:
            part["energy"] = 0.0

    def make_zero_latencies(self, data: Record) -> None:
        """Steps that take no time, beside others that do."""
        for link in data["links"]:
            link["delay"] = 0.0
        for model in data["models"]:
            model["input_bits"] = 0.0
            for block in model["blocks"]:
                block["output_bits"] = 0.0

    def make_zero_work(self, data: Record) -> None:
        for model in data["models"]:
            for part in (*model["blocks"], *model["exits"]):
                part["ops"] = 0.0

    def make_wide(self, data: Record) -> None:
        """1e-9 J for a sample on one node next to 1e3 J on another."""
        ops = max((b["ops"] for model in data["models"] for b in model["blocks"]), default=0.0) or 1.0
        for node in data["nodes"]:
            joules = self.rng.choice((1e-9, 1e3))
            node["power"] = float(f"{joules * node['compute'] / ops:.3g}")

    # ------------------------------------------------------------ capacities

    def make_scarce_compute(self, data: Record) -> None:
        self.crowd(data, "ops", [node["compute"] for node in data["nodes"]])

    def make_scarce_bandwidth(self, data: Record) -> None:
        self.crowd(data, "bits", [link["bandwidth"] for link in data["links"]])

    def make_scarce_memory(self, data: Record) -> None:
        wanted = self.wanted(data)["memory"]
        for node in data["nodes"]:
            node["memory"] = float(f"{wanted / self.rng.choice(SCARCE) / len(data['nodes']):.4g}")

    def make_scarce_all(self, data: Record) -> None:
        self.make_scarce_compute(data)
        self.make_scarce_memory(data)

    def make_no_memory(self, data: Record) -> None:
        """Nodes that hold nothing at all."""
        for node in data["nodes"]:
            if self.chance(0.6):
                node["memory"] = 0.0

    def crowd(self, data: Record, kind: str, capacities: list[float]) -> None:
        """Multiply the rates until all together want so many times what the largest has."""
        wanted = self.wanted(data)[kind]
        if wanted and capacities:
            factor = max(capacities) * self.rng.choice(SCARCE) / wanted
            for application in data["applications"]:
                application["rate"] = max(1e-6, float(f"{application['rate'] * factor:.4g}"))

    def wanted(self, data: Record) -> dict[str, float]:
        """What all applications would take together if each put all of its work on one node, or link."""
        total = dict.fromkeys(("ops", "bits", "memory"), 0.0)
        models = {model["id"]: model for model in data["models"]}
        for application in data["applications"]:
            model = models[application["model"]]
            total["ops"] += application["rate"] * sum(block["ops"] for block in model["blocks"])
            total["bits"] += application["rate"] * model["input_bits"]
            total["memory"] += sum(block["memory"] for block in model["blocks"])
        return total

    # ------------------------------------------------------------ limits

    def limit_latencies(self, data: Record) -> None:
        """From the fastest way on; with the trait exactly on that of some way."""
        instance = Instance.model_validate(data)
        for application, told in zip(instance.applications, data["applications"], strict=True):
            front = [float(choice.latency) for choice in frontier(Task(instance, application))]
            fastest, slowest = (front[-1], front[0]) if front else (1.0, 1.0)
            exact = "exact latencies" in self.traits
            choices = (self.rng.choice(front or [1.0]), fastest, 1.3 * slowest, 100.0 * slowest)
            weights = (60, 40, 0, 0) if exact else (10, 5, 45, 40)
            told["max_latency"] = max(1e-9, self.rng.choices(choices, weights)[0])

    def then_exact_capacities(self, data: Record) -> None:
        """Memory and compute that the cheapest ways of some applications, or of all, use up exactly."""
        instance = Instance.model_validate(data)
        total: dict[tuple[str, str], Fraction] = {}
        for application in instance.applications[: self.rng.randint(1, len(instance.applications))]:
            task = Task(instance, application)
            cheapest = min((c for c in frontier(task) if c.took <= task.limit), default=None)
            for name, load in task.loads(cheapest).items() if cheapest else ():
                total[name] = total.get(name, Fraction(0)) + load
        for node in data["nodes"]:
            memory = total.get(("memory", node["id"]))
            if memory is not None and self.chance(0.7):
                node["memory"] = float(memory)
        self.fill_one_node(data, total)

    def fill_one_node(self, data: Record, total: dict[tuple[str, str], Fraction]) -> None:
        """Rates with which one of the nodes is exactly full."""
        busy = [(name, load) for (kind, name), load in total.items() if kind == "compute" and load]
        if not busy or self.chance(0.3):
            return
        name, load = self.rng.choice(busy)
        compute = next(node["compute"] for node in data["nodes"] if node["id"] == name)
        for application in data["applications"]:
            application["rate"] = max(1e-6, float(Fraction(application["rate"]) * Fraction(compute) / load))

    def then_late(self, data: Record) -> None:
        """Some wait for nothing: hardly a way is fast enough."""
        for application in data["applications"]:
            if self.chance(0.5):
                application["max_latency"] = max(1e-9, application["max_latency"] * 0.3)

    def then_nobody_admissible(self, data: Record) -> None:
        for application in data["applications"]:
            application["min_accuracy"] = 1.0

    def then_somebody_inadmissible(self, data: Record) -> None:
        self.rng.choice(data["applications"])["min_accuracy"] = 1.0
