"""Draws a population: who starts where with which model, rate, accuracy target and latency limit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.io.project.applications import Population
from finopt.io.project.faults import Faults
from finopt.io.project.notes import Note
from finopt.problem.application import Application
from finopt.problem.application_table import ApplicationTable
from finopt.problem.errors import shown
from finopt.problem.formatting import counted
from finopt.problem.generators.fleet_network import rounded
from finopt.problem.generators.latency_range import least_latency
from finopt.problem.instance import Instance
from finopt.problem.model import Model
from finopt.problem.network import Node
from finopt.problem.references import SOURCE, suggest

Array = NDArray[np.float64]

TIMES_FASTEST = (2.0, 4.0)
"""Latency limits of a population that says nothing of them."""


MOST_LISTED = 10_000
"""Applications that stand in the instance file itself; more are a table."""


class Drawn(NamedTuple):
    """The applications, and what was assumed."""

    applications: Sequence[Application]
    notes: list[Note]


def draw(population: Population, instance: Instance, seed: int, faults: Faults) -> Drawn:
    """The applications of a population on nodes and models of an instance, whose own do not matter.

    Parameters
    ----------
    population : Population
        What is asked for.
    instance : Instance
        Its nodes, links, models and profiles.
    seed : int
        Of the draws.
    faults : Faults
        Takes note of what is wrong; then nothing is drawn.
    """
    models = _models(population, instance, faults)
    starts = _starts(population, instance, faults)
    _check_accuracy(population, models, faults)
    _check_result(population, instance, faults)
    if faults.problems or not models or not starts:
        return Drawn([], [])
    rng = np.random.default_rng(seed)
    weights = np.array([1.0 if population.models is None else population.models[m.id] for m in models])
    which = rng.choice(len(models), size=population.count, p=weights / weights.sum())
    where = rng.integers(len(starts), size=population.count)
    rates = _log_uniform(rng, population.rate, population.count)
    targets = _targets(rng, population, [models[i] for i in which.tolist()])
    applications = [
        Application(
            id=f"{population.prefix}{i + 1}",
            model=models[model].id,
            source=starts[start].id,
            rate=rate,
            max_latency=1.0,
            min_accuracy=target,
            latency=population.latency,
            result_to=population.result_to,
        )
        for i, (model, start, rate, target) in enumerate(
            zip(which.tolist(), where.tolist(), rates.tolist(), targets.tolist(), strict=True)
        )
    ]
    limits = _limits(rng, population, instance, applications, faults)
    applications = [
        one.model_copy(update={"max_latency": limit}) for one, limit in zip(applications, limits, strict=True)
    ]
    told = _notes(population, models, starts, seed)
    return Drawn(
        applications if len(applications) <= MOST_LISTED else ApplicationTable.of(applications), told
    )


def _models(population: Population, instance: Instance, faults: Faults) -> list[Model]:
    known = instance.model_by_id
    for name in population.models or ():
        if name not in known:
            path = f"applications.models[{shown(name)}]"
            faults.add(path, "no such model", shown(name), partial(suggest, name, known))
    wanted = known if population.models is None else population.models
    return [known[name] for name in wanted if name in known and (population.models or {}).get(name, 1) > 0]


def _starts(population: Population, instance: Instance, faults: Faults) -> list[Node]:
    """The nodes at which samples arise."""
    if isinstance(population.start, tuple):
        known = instance.node_by_id
        for i, name in enumerate(population.start):
            if name not in known:
                path = f"applications.start[{i}]"
                faults.add(path, "no such node", shown(name), partial(suggest, name, known))
        return [known[name] for name in population.start if name in known]
    tier = population.start or "mobile"
    found = [node for node in instance.nodes if node.tier == tier and node.computes]
    if not found and population.start is None:
        found = [node for node in instance.nodes if node.computes]
    if not found:
        faults.add("applications.start", "there is no node of this tier that computes", shown(tier))
    return found


def _check_accuracy(population: Population, models: Sequence[Model], faults: Faults) -> None:
    for model in models if population.min_accuracy else ():
        best = max(one.accuracy for one in model.configurations)
        if population.min_accuracy and population.min_accuracy[1] > best:
            rule = f"model {model.id!r} reaches {best:g} at most"
            faults.add("applications.min_accuracy", rule, f"{population.min_accuracy[1]:g}")


def _check_result(population: Population, instance: Instance, faults: Faults) -> None:
    name, known = population.result_to, instance.node_by_id
    if name not in (None, SOURCE) and name not in known:
        hint = partial(suggest, name, [*known, SOURCE])
        faults.add("applications.result_to", "no such node", shown(name), hint)


def _targets(rng: np.random.Generator, population: Population, models: Sequence[Model]) -> Array:
    """Accuracy targets to four digits, or to two what one of the model's configurations reaches."""
    drawn = rng.random(len(models))
    if population.min_accuracy is not None:
        low, high = population.min_accuracy
        return np.clip(np.round(low + (high - low) * drawn, 4), low, high)
    reached = [[int(100 * one.accuracy) / 100 for one in model.configurations] for model in models]
    return np.array([each[int(at * len(each))] for each, at in zip(reached, drawn.tolist(), strict=True)])


def _limits(
    rng: np.random.Generator,
    population: Population,
    instance: Instance,
    applications: Sequence[Application],
    faults: Faults,
) -> list[float]:
    """Latency limits [s]; those relative to the least possible one are rounded up."""
    if population.max_latency is not None:
        limits: list[float] = _log_uniform(rng, population.max_latency, len(applications)).tolist()
        return limits
    factors = _log_uniform(rng, population.times_fastest or TIMES_FASTEST, len(applications))
    fastest = _fastest(instance, applications)
    stranded = np.flatnonzero(~np.isfinite(fastest)).tolist()
    if stranded:
        one = applications[stranded[0]]
        rule = (
            f"{counted(len(stranded), 'application')} can nowhere run with the accuracy asked for,"
            f" the first at node {one.source!r} with model {one.model!r}"
        )
        faults.add("applications.start", rule, "", "look at links and profiles")
        return [1.0] * len(applications)
    found: list[float] = rounded(fastest * factors, 6, up=True).tolist()
    return found


def _fastest(instance: Instance, applications: Sequence[Application]) -> Array:
    """The least latency of each [s], looked for once for those that are alike."""
    alike = _alike(instance)
    known: dict[tuple[object, ...], float] = {}
    found = []
    for one in applications:
        key = (one.model, alike[one.source], tuple(instance.admissible(one)))
        if key not in known:
            known[key] = least_latency(instance, one)
        found.append(known[key])
    return np.array(found)


def _alike(instance: Instance) -> dict[str, tuple[object, ...]]:
    """By node what the latencies of those who start there depend on: of private nodes figures and links."""
    links: dict[str, list[tuple[str, str, float, float]]] = {node.id: [] for node in instance.nodes}
    for link in instance.directed_links:
        links[link.source].append(("to", link.target, link.bandwidth, link.delay))
        links[link.target].append(("from", link.source, link.bandwidth, link.delay))
    alike: dict[str, tuple[object, ...]] = {}
    for node in instance.nodes:
        figures = (node.compute, node.slowdown, node.device, tuple(sorted(links[node.id])))
        alike[node.id] = (node.id,) if node.shared else figures
    return alike


def _log_uniform(rng: np.random.Generator, between: tuple[float, float], count: int) -> Array:
    low, high = between
    return np.clip(rounded(low * (high / low) ** rng.random(count)), low, high)


def _notes(population: Population, models: Sequence[Model], starts: Sequence[Node], seed: int) -> list[Note]:
    texts = [f"{population.count} drawn with seed {seed}, starting at {counted(len(starts), 'node')}"]
    if population.models is None and len(models) > 1:
        texts.append(f"{len(models)} models equally frequent")
    if "rate" not in population.model_fields_set:
        texts.append("rates 0.1 to 1 samples per second, log-uniform")
    if population.max_latency is None:
        low, high = population.times_fastest or TIMES_FASTEST
        texts.append(f"latency limits {low:g} to {high:g} times the least possible latency")
    if population.min_accuracy is None:
        texts.append("accuracy targets: what a configuration of the model reaches, in full per cent")
    return [Note("applications", text) for text in texts]
