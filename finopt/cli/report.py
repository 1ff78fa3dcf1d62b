"""Instances, results and evaluations as text for people; what the command line prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from heapq import nlargest
from pathlib import Path

from finopt.cli.placement_rows import placement_rows
from finopt.cli.sensitivity_lines import sensitivity_lines
from finopt.cli.version2_lines import (
    at_most,
    further_columns,
    further_lines,
    limits_line,
    moving_lines,
    profile_line,
    result_lines,
)
from finopt.evaluation.account import ApplicationEvaluation, Evaluation
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.loads import Load
from finopt.evaluation.result import Result
from finopt.evaluation.slice_rules import slices_of
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.formatting import percent, quantity, table
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Configuration, Model
from finopt.problem.objective_words import objective, objective_kind
from finopt.problem.status import Status, Termination

SHOWN = 20
"""So many applications, nodes and links are listed, of more only totals and the largest."""

LISTED = 200
"""Violations that are listed before the rest is only counted."""

LARGEST = 5
"""Of many applications those with the most power are listed."""

_STOPPED = {
    Termination.COMPLETED: "completed",
    Termination.TIME_LIMIT: "stopped at the time limit",
    Termination.MEMORY_LIMIT: "stopped at the memory limit",
    Termination.LIMIT: "stopped at a limit of the method",
    Termination.INTERRUPTED: "interrupted",
    Termination.ERROR: "stopped as its solver died",
}


def title(instance: Instance, path: str) -> str:
    """What to call an instance: its name, or the file's when it has none."""
    return instance.name or Path(path).name


def gap(result: Result) -> str:
    """The gap; what is proven optimal differs from its bound by rounding only."""
    return "0 %" if result.status is Status.OPTIMAL else percent(result.gap)


def status(result: Result) -> str:
    """The status, and why the method stopped when it was not done."""
    early = "" if result.termination is Termination.COMPLETED else f" ({result.termination})"
    return result.status + early


def stopped(result: Result) -> str:
    """Which method and solver stopped why and when."""
    times = f"build {quantity(result.runtime.build, 's', 3)}, solve {quantity(result.runtime.solve, 's', 3)}"
    solver = f" ({result.solver})" if result.solver else ""
    return f"{result.method}{solver} {_STOPPED[result.termination]}; {times}"


def plan(instance: Instance, result: Result) -> str:
    """The answer of a method: what it is worth, and where everything runs; of many applications totals."""
    head = headline(result, objective_kind(instance), partial(objective, instance))
    parts = ["\n".join([*head, *moving_lines(instance, result)])]
    evaluation = _evaluation(instance, result)
    if result.placement is not None and evaluation is not None:
        placed = result.placement.applications
        if len(placed) <= SHOWN:
            figures = {item.application: item for item in evaluation.applications}
            parts += [_application(instance, item, figures[item.application]) for item in placed]
            parts[-1] = "\n".join([parts[-1], *sensitivity_lines(instance, result)])
        else:
            parts += [*_many(instance, evaluation), _load_table(instance, evaluation)]
    if result.stats.get("prices"):
        from finopt.cli.fleet_report import prices  # loads numpy

        parts.append(prices(instance, result.stats["prices"], SHOWN))
    return "\n\n".join(part for part in parts if part)


def comparison(instance: Instance, results: Mapping[str, Result]) -> str:
    """One line per method, and below them why methods gave no answer or stopped early."""
    one = len(instance.applications) == 1
    kind = objective_kind(instance)
    header = ("method", "status", kind, "latency", "accuracy", "bound", "gap", "build", "solve")
    rows = [_comparison_row(instance, method, result, one) for method, result in results.items()]
    notes = [f"{method}: {result.reason}" for method, result in results.items() if result.reason]
    return "\n".join([table(header, rows, align="llrrrrrrr"), *notes])


def account(instance: Instance, evaluation: Evaluation) -> str:
    """The cost model's account of a placement: figures per application, loads, violations."""
    applications, broken = evaluation.applications, evaluation.violations
    few = len(applications) <= SHOWN
    parts = [_application_table(instance, applications)] if few else _many(instance, evaluation)
    parts.append(_load_table(instance, evaluation))
    if broken:
        lines = [f"violations: {len(broken)}", *map(str, broken[:LISTED])]
        parts.append("\n  ".join([*lines, *_rest(len(broken), "violations", LISTED)]))
    return "\n\n".join(part for part in parts if part)


def summary(instance: Instance, name: str) -> str:
    """What an instance holds: network, models, applications."""
    tiers = Counter(node.tier for node in instance.nodes)
    network = ", ".join(f"{tiers[tier]} {tier}" for tier in ("mobile", "edge", "cloud") if tiers[tier])
    sliced = sum(bool(node.slices) for node in instance.nodes)
    sliced_links = sum(bool(link.bandwidth_slices) for link in instance.directed_links)
    lines = [
        f"{name}: valid",
        f"  nodes         {len(instance.nodes)} ({network}){_with_slices(sliced)}",
        f"  links         {len(instance.directed_links)} directed{_with_slices(sliced_links)}",
        *(f"  model         {_model_line(model)}" for model in instance.models[:SHOWN]),
        *(f"  profile       {profile_line(instance, item)}" for item in instance.profiles[:SHOWN]),
        *(f"  {line}" for line in _rest(len(instance.profiles), "profiles")),
        *(f"  application   {_demand(instance, item)}" for item in instance.applications[:SHOWN]),
        *(f"  {line}" for line in _rest(len(instance.applications), "applications")),
    ]
    return "\n".join(lines)


def _with_slices(count: int) -> str:
    return f", {count} with slices" if count else ""


def _many(instance: Instance, evaluation: Evaluation) -> list[str]:
    """Totals of many applications, and those that need the most power."""
    from finopt.cli.fleet_report import figures, totals  # loads numpy

    parts = [totals(instance, evaluation)]
    if evaluation.applications:
        power = figures(instance, evaluation.applications).power
        largest = [evaluation.applications[int(i)] for i in (-power).argsort(kind="stable")[:LARGEST]]
        parts.append("most power:\n" + _application_table(instance, largest))
    return parts


def _evaluation(instance: Instance, result: Result) -> Evaluation | None:
    if result.evaluation is None and result.placement is not None:
        return evaluate(instance, result.placement)
    return result.evaluation


def headline(result: Result, kind: str, in_words: Callable[[float], str]) -> Iterator[str]:
    """What was found and proven, why there is no more, and how the method ended.

    Parameters
    ----------
    result : Result
        Of any method.
    kind : str
        What the objective is, see `objective_kind`.
    in_words : callable
        An objective or bound as text.
    """
    line = str(result.status)
    if result.objective is not None:
        line += f", {kind} {in_words(result.objective)}"
    if result.bound is not None and result.status is not Status.INFEASIBLE:
        line += f", bound {in_words(result.bound)}"
    if result.gap is not None:
        line += f", gap {gap(result)}"
    yield line
    if result.reason:
        yield result.reason
    yield stopped(result)


def _application(instance: Instance, placed: ApplicationPlacement, figures: ApplicationEvaluation) -> str:
    application = instance.application_by_id[placed.application]
    model = instance.model_of(application)
    configuration = model.configurations[placed.configuration]
    head = f"application {application.id!r}, model {model.id!r}, configuration {placed.configuration}"
    energy = f"{quantity(figures.energy, 'J', 5)} per inference{at_most(application, 'energy')}: " + _split(
        figures.compute_energy, figures.communication_energy, "J"
    )
    if application.rate != 1:
        energy += f"; at {application.rate:g} per second {quantity(figures.power, 'W', 5)}"
    latency = f"{quantity(figures.latency, 's')} of {quantity(application.max_latency, 's')}"
    latency += f" ({application.latency}): " + _split(
        figures.compute_latency, figures.communication_latency, "s"
    )
    lines = [
        head,
        f"  exits     {_exits(configuration)}",
        table((), placement_rows(model, configuration, placed), indent="  "),
        f"  accuracy  {configuration.accuracy:g} (target {application.min_accuracy:g})",
        f"  energy    {energy}",
        f"  latency   {latency}",
        *further_lines(instance, application, figures),
        *result_lines(instance, application, placed),
    ]
    return "\n".join(lines)


def _split(compute: float, communication: float, unit: str) -> str:
    return f"compute {quantity(compute, unit)} + communication {quantity(communication, unit)}"


def _exits(configuration: Configuration) -> str:
    early = zip(configuration.exits[:-1], configuration.shares[:-1], strict=True)
    names = [f"{name} ({percent(share)} leave)" for name, share in early]
    return ", ".join([*names, f"{configuration.exits[-1]} (final)"])


def _comparison_row(instance: Instance, method: str, result: Result, one: bool) -> tuple[str, ...]:
    evaluation = _evaluation(instance, result)
    latency, accuracy = _worst(instance, evaluation.applications if evaluation else (), one)
    return (
        method,
        status(result),
        objective(instance, result.objective),
        latency,
        accuracy,
        objective(instance, result.bound),
        gap(result),
        quantity(result.runtime.build, "s", 3),
        quantity(result.runtime.solve, "s", 3),
    )


def _worst(instance: Instance, applications: Sequence[ApplicationEvaluation], one: bool) -> tuple[str, str]:
    """The latency, with several applications the largest share of a limit, and the least accuracy."""
    if not applications:
        return "-", "-"
    if one:
        return quantity(applications[0].latency, "s"), f"{applications[0].accuracy:.4f}"
    from finopt.cli.fleet_report import figures  # loads numpy

    columns = figures(instance, applications)
    share, accuracy = float(columns.latency_share.max()), float(columns.accuracy.min())
    return percent(share) + " of limit", f"{accuracy:.4f}"


def _application_table(instance: Instance, applications: Sequence[ApplicationEvaluation]) -> str:
    if not applications:
        return ""
    header = (
        *("application", "configuration", "energy", "compute", "communication"),
        *("latency", "limit", "accuracy", "target"),
    )
    rows = []
    for item in applications:
        demand = instance.application_by_id[item.application]
        energies = (item.energy, item.compute_energy, item.communication_energy)
        rows.append(
            (
                *(item.application, str(item.configuration)),
                *(quantity(energy, "J", 5) for energy in energies),
                *(quantity(time, "s") for time in (item.latency, demand.max_latency)),
                *(f"{accuracy:.4f}" for accuracy in (item.accuracy, demand.min_accuracy)),
            )
        )
    return further_columns(instance, applications, header, rows)


def _load_table(instance: Instance, evaluation: Evaluation) -> str:
    """The most loaded nodes and links, those in use only."""
    loads: list[tuple[str, str, str, Load]] = []
    for kind, unit, of in (
        ("compute", "op/s", evaluation.compute),
        ("memory", "B", evaluation.memory),
        ("bandwidth", "bit/s", evaluation.bandwidth),
    ):
        loads += [(kind, name, unit, load) for name, load in of.items() if load.used > 0]
    if not loads:
        return ""
    busiest = nlargest(SHOWN, loads, key=lambda item: item[3].utilisation)
    rows = [
        (
            *(name, kind, quantity(load.used, unit) + _reserved(instance, kind, name)),
            *(("no limit", "-") if load.capacity is None else _limit(instance, kind, name, load, unit)),
        )
        for kind, name, unit, load in busiest
    ]
    header = ("node or link", "load", "used", "capacity", "utilisation")
    return "\n".join([table(header, rows, align="llrrr"), *_rest(len(loads), "loads")])


def _reserved(instance: Instance, kind: str, name: str) -> str:
    owner = "link" if kind == "bandwidth" else "node"
    return " reserved" if kind != "memory" and slices_of(instance, owner, name) else ""


def _limit(instance: Instance, kind: str, name: str, load: Load, unit: str) -> tuple[str, str]:
    capacity = quantity(load.capacity, unit)
    if kind == "compute" and instance.node(name).max_utilisation < 1:
        capacity += f" ({percent(instance.node(name).max_utilisation)} of the node)"
    return capacity, percent(load.utilisation)


def _model_line(model: Model) -> str:
    counts = (
        f"{len(model.blocks)} blocks, {len(model.exits)} exits, {len(model.configurations)} configurations"
    )
    best = max(configuration.accuracy for configuration in model.configurations)
    return f"{model.id!r}: {counts}, accuracy up to {best:g}"


def _demand(instance: Instance, application: Application) -> str:
    usable = len(instance.admissible(application))
    configurations = len(instance.model_of(application).configurations)
    return (
        f"{application.id!r}: model {application.model!r} from {application.source!r}, "
        f"{application.latency} latency at most {quantity(application.max_latency, 's')}, "
        f"accuracy at least {application.min_accuracy:g} ({usable} of {configurations} configurations)"
        + (f", result to {application.destination!r}" if application.destination else "")
        + limits_line(application)
    )


def _rest(count: int, what: str, shown: int = SHOWN) -> list[str]:
    return [f"... and {count - shown} more {what}"] if count > shown else []
