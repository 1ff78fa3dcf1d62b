"""Early exits as measured: the confidence thresholds chosen with the placement, or one before the other.

Configurations are BranchyNet's measured threshold settings, energy is expected over their exit shares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.rows import Row

import finopt
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Instance
from finopt.problem.model import reach
from finopt.problem.placement import Placement
from paper_study.scenario import INSTANCES, limited

COLUMNS = (
    "network",
    "latency",
    "max_latency_s",
    "min_accuracy",
    "choice",
    "status",
    "energy_j",
    "latency_s",
    "accuracy",
    "configuration",
    "nodes",
)

TOGETHER = "together"
LEAST_OPS = "thresholds first: fewest operations"
MOST_ACCURATE = "thresholds first: most accurate"
PLACEMENT_FIRST = "placement first"
CHOICES = (TOGETHER, LEAST_OPS, MOST_ACCURATE, PLACEMENT_FIRST)

CASES = (
    # file, name, latency limits [s], accuracy targets
    (
        "b-alexnet-cifar10-worst",
        "B-AlexNet, CIFAR-10",
        (3.2e-3, 3.3e-3, 3.5e-3, 3.9e-3, 4e-3, 5.6e-3),
        (0.75, 0.77, 0.78, 0.785, 0.79, 0.792),
    ),
    (
        "b-alexnet-cifar10-mean",
        "B-AlexNet, CIFAR-10",
        (3.16e-3, 3.18e-3, 3.3e-3, 3.4e-3, 3.5e-3, 3.7e-3),
        (0.75, 0.77, 0.78, 0.785, 0.79, 0.792),
    ),
    (
        "b-lenet-mnist-worst",
        "B-LeNet, MNIST",
        (4e-5, 5e-5, 1e-4, 2e-4, 2.5e-4),
        (0.985, 0.988, 0.99, 0.991, 0.992),
    ),
)


def study(tick: Callable[[], object] = lambda: None) -> list[Row]:
    """A row per network, limit, target and order of choosing."""
    rows = []
    for file, name, limits, targets in CASES:
        instance = finopt.load(INSTANCES / f"early_exit/{file}.json")
        for limit in limits:
            for target in targets:
                point = limited(instance, limit, target)
                common = {"network": name, "latency": point.applications[0].latency}
                common |= {"max_latency_s": limit, "min_accuracy": target}
                rows += [common | row for row in answers(point)]
            tick()
    return rows


def answers(instance: Instance) -> Iterator[Row]:
    """The plan that each order of choosing leads to."""
    ways = (_best(instance), _least_ops(instance), _most_accurate(instance), _placement_first(instance))
    for choice, placed in zip(CHOICES, ways, strict=True):
        yield {
            "choice": choice,
            "status": "FEASIBLE" if placed else "INFEASIBLE",
            **_figures(instance, placed),
        }


def _best(instance: Instance) -> ApplicationPlacement | None:
    result = finopt.solve(instance, "fin")
    return result.placement.applications[0] if result.placement else None


def _least_ops(instance: Instance) -> ApplicationPlacement | None:
    """The setting that computes least, whatever it sends; then the best placement for it."""
    choices = _admissible(instance)
    return _with(instance, min(choices, key=lambda c: _operations(instance, c))) if choices else None


def _most_accurate(instance: Instance) -> ApplicationPlacement | None:
    """The most accurate setting, of equals the one that computes least; then the best placement for it."""
    settings = instance.models[0].configurations
    choices = _admissible(instance)
    if not choices:
        return None
    return _with(instance, max(choices, key=lambda c: (settings[c].accuracy, -_operations(instance, c))))


def _placement_first(instance: Instance) -> ApplicationPlacement | None:
    """The best placement for the setting that computes most; then the cheapest setting on these nodes."""
    choices = _admissible(instance)
    fixed = _with(instance, max(choices, key=lambda c: _operations(instance, c))) if choices else None
    if fixed is None:
        return None
    found = []
    for configuration in choices:
        model = instance.models[0]
        blocks = model.final_block(model.configurations[configuration]) + 1
        if blocks > len(fixed.nodes):
            continue
        placed = ApplicationPlacement(
            fixed.application, configuration, fixed.nodes[:blocks], fixed.routes[:blocks]
        )
        evaluation = finopt.evaluate(instance, Placement((placed,)))
        if evaluation.feasible:
            found.append((evaluation.objective, configuration, placed))
    return min(found)[2] if found else None


def _admissible(instance: Instance) -> list[int]:
    return list(instance.admissible(instance.applications[0]))


def _operations(instance: Instance, configuration: int) -> float:
    """Expected operations of a setting per sample, exits included."""
    model = instance.models[0]
    setting = model.configurations[configuration]
    shares = reach(model, setting)
    enabled = [model.exit_by_id[name] for name in setting.exits]
    at_exits = sum(float(shares[model.block_index[exit_.after]]) * exit_.ops for exit_ in enabled)
    return at_exits + sum(float(share) * model.blocks[i].ops for i, share in enumerate(shares))


def _with(instance: Instance, configuration: int) -> ApplicationPlacement | None:
    """The best placement of one setting."""
    model = instance.models[0]
    only = model.model_copy(update={"configurations": (model.configurations[configuration],)})
    placed = _best(instance.model_copy(update={"models": (only,)}))
    if placed is None:
        return None
    return ApplicationPlacement(placed.application, configuration, placed.nodes, placed.routes)


def _figures(instance: Instance, placed: ApplicationPlacement | None) -> Row:
    if placed is None:
        return {}
    (one,) = finopt.evaluate(instance, Placement((placed,))).applications
    return {
        "energy_j": one.energy,
        "latency_s": one.latency,
        "accuracy": one.accuracy,
        "configuration": placed.configuration,
        "nodes": " ".join(placed.nodes),
    }


def extra(rows: list[Row], choice: str) -> list[float]:
    """What choosing together saves compared with a choice, where that choice has a plan."""
    pairs = [(row, other) for row, other in _paired(rows, choice) if other.get("energy_j") is not None]
    return [1 - row["energy_j"] / other["energy_j"] for row, other in pairs]


def missed(rows: list[Row], choice: str) -> int:
    """At how many points a choice finds no plan although there is one."""
    return sum(1 for row, other in _paired(rows, choice) if row.get("energy_j") and not other.get("energy_j"))


def _paired(rows: list[Row], choice: str) -> Iterator[tuple[Row, Row]]:
    names = "network", "latency", "max_latency_s", "min_accuracy"
    others = {tuple(row[n] for n in names): row for row in rows if row["choice"] == choice}
    for row in rows:
        if row["choice"] == TOGETHER:
            yield row, others[tuple(row[n] for n in names)]
