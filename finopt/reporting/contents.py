"""What a page shows: headline, sentences, pictures, tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from finopt.problem.formatting import counted, percent, quantity
from finopt.problem.objective_words import objective
from finopt.problem.status import Status, Termination
from finopt.reporting.diagnosis import best_alone
from finopt.reporting.energy import energy_charts
from finopt.reporting.fronts import front_chart
from finopt.reporting.further import charged, further_tiles, limits_in_words
from finopt.reporting.latency import latency_chart
from finopt.reporting.limits import limits
from finopt.reporting.network import link_rows, tiers
from finopt.reporting.places import map_chart
from finopt.reporting.subject import TIERS, Subject
from finopt.reporting.table import application_rows
from finopt.reporting.words import short

__all__ = ["Subject", "contents"]

ENERGY = ("energy-block", "energy-node", "energy-link")
"""Charts of one section."""

LONGEST = 1000
"""Characters of a text of the result."""

VIOLATIONS = 20
"""Broken rules that are listed."""

VERDICT = {
    Status.OPTIMAL: "proven: no placement needs less",
    Status.FEASIBLE: "keeps every limit",
    Status.INFEASIBLE: "proven: no placement keeps every limit",
    Status.NO_SOLUTION: "no placement was found, and nothing is proven",
}

STOPPED = {
    Termination.COMPLETED: "came to an end",
    Termination.TIME_LIMIT: "stopped at the time limit",
    Termination.MEMORY_LIMIT: "stopped at the memory limit",
    Termination.LIMIT: "stopped at a limit of its own",
    Termination.INTERRUPTED: "was interrupted",
    Termination.ERROR: "failed",
}

NO_ANSWER = {
    Status.NO_SOLUTION: "A longer time limit or another method may find one.",
    Status.INFEASIBLE: "Looser limits or more capacity may change it.",
}


def contents(subject: Subject, seconds: float) -> dict[str, Any]:
    """Everything that the template shows."""
    instance, result, evaluation = subject.instance, subject.result, subject.evaluation
    known = evaluation is not None and len(evaluation.applications) > 0
    front = front_chart(subject)
    charts = {"front": front} if front else {}
    if known:
        made = [map_chart(subject), latency_chart(subject), *energy_charts(subject)]
        charts |= {chart.id: chart for chart in made if chart is not None}
    links, count = link_rows(subject) if known else ([], 0)
    return {
        "title": short(instance.name) or "Placement",
        "status": result.status,
        "reason": short(result.reason, LONGEST),
        "description": short(instance.description, LONGEST),
        "tiles": list(_tiles(subject, known)),
        "asked": _asked(subject),
        "decided": _decided(subject) if known else None,
        "method": _method(subject),
        "violations": list(_violations(subject)),
        "without": None if evaluation is not None else NO_ANSWER.get(result.status, ""),
        "best": best_alone(instance) if evaluation is None else [],
        "applications": len(instance.applications),
        "tiers": tiers(subject) if known else [],
        "links": links,
        "link_count": count,
        "charts": charts,
        "energy": [charts[name] for name in ENERGY if name in charts],
        "limits": limits(subject, seconds) if known else None,
        "table": application_rows(subject) if known else None,
        "specs": {name: chart.spec for name, chart in charts.items()},
    }


def _tiles(subject: Subject, known: bool) -> Iterator[tuple[str, str, str]]:
    """What is seen first: a word, a figure and a remark each."""
    result, evaluation = subject.result, subject.evaluation
    feasible = evaluation is None or evaluation.feasible
    yield (
        "status",
        str(result.status),
        VERDICT[result.status] if feasible else "breaks rules, see below",
    )
    if not known or evaluation is None:
        return
    power = float(subject.columns["power"].sum())
    yield (
        "energy" if subject.alone else "power",
        subject.in_words(power),
        "per inference" if subject.alone else f"of {counted(len(evaluation.applications), 'application')}",
    )
    if subject.instance.objective != "energy":
        yield subject.instance.objective, objective(subject.instance, evaluation.objective), "minimised"
    yield from further_tiles(subject, evaluation)
    worst = int(np.argmax(subject.of_limit))
    share = percent(float(subject.of_limit[worst]))
    latency = quantity(float(subject.columns["latency"][worst]), "s")
    limit = quantity(float(subject.demand.max_latency[subject.row[worst]]), "s")
    one, several = (latency, f"of {limit} ({share})"), (share, "of its limit at most")
    yield ("latency", *(one if subject.alone else several))
    accuracy = subject.columns["accuracy"]
    target = f"target {subject.demand.min_accuracy[subject.row[0]]:g}" if subject.alone else "at least"
    yield "accuracy", f"{accuracy.min():.4g}", target
    if result.gap is not None:
        gap = "0 %" if result.status is Status.OPTIMAL else percent(result.gap)
        yield "gap", gap, f"bound {objective(subject.instance, result.bound)}"


def _asked(subject: Subject) -> dict[str, Any]:
    """What the first paragraph says of the question."""
    instance, demand = subject.instance, subject.demand
    kinds = Counter[str](node.tier for node in instance.nodes)
    network = ", ".join(f"{kinds[tier]} {tier}" for tier in reversed(TIERS) if kinds[tier])
    asked: dict[str, Any] = {
        "network": f"{counted(len(instance.nodes), 'node')} ({network})",
        "links": counted(len(instance.directed_links), "directed link"),
        "models": [short(model.id) for model in instance.models[:5]],
        "more_models": max(0, len(instance.models) - 5),
        "objective": instance.objective,
        "limits": limits_in_words(subject),
    }
    if subject.alone:
        one = instance.applications[0]
        asked |= {"mean": one.latency == "mean", "accuracy": f"{one.min_accuracy:g}"}
        asked |= {"one": [short(name) for name in (one.id, one.model, one.source)]}
        asked |= {"limit": quantity(one.max_latency, "s"), "rate": f"{one.rate:g}"}
        return asked
    return asked | {
        "limit": _range(demand.max_latency, "s"),
        "rate": f"{_range(demand.rate, '')} per second",
        "accuracy": _range(demand.min_accuracy, ""),
    }


def _range(values: Any, unit: str) -> str:
    low, high = float(values.min()), float(values.max())
    shown = [quantity(value, unit) if unit else f"{value:.4g}" for value in (low, high)]
    return shown[0] if shown[0] == shown[1] else f"{shown[0]} to {shown[1]}"


def _decided(subject: Subject) -> dict[str, Any]:
    """What the first paragraph says of the answer."""
    evaluation, node_power = subject.evaluation, subject.powers[0]
    assert evaluation is not None
    tier: dict[str, str] = {node.id: node.tier for node in subject.instance.nodes}
    power: dict[str, float] = dict.fromkeys(TIERS, 0.0)
    for name, own in node_power.items():
        power[tier[name]] += own
    sending, total = sum(subject.powers[1].values()), float(subject.columns["power"].sum())
    parts = [(f"computing in tier {name}", power[name]) for name in reversed(TIERS) if power[name]]
    parts += [("sending", sending)] if sending else []
    decided: dict[str, Any] = {
        "parts": [f"{subject.in_words(own)} ({percent(own / total)}) {what}" for what, own in parts],
        "evaluated": len(evaluation.applications),
    }
    if subject.alone and subject.placed is not None:
        placed, application = subject.placed[0], subject.application(0)
        model = subject.instance.model_of(application)
        chosen = model.configurations[placed.configuration]
        leave = zip(chosen.exits, chosen.shares, strict=True)
        decided["exits"] = [(short(name), percent(share)) for name, share in leave]
        decided["runs"] = _runs(placed.nodes, [block.id for block in model.blocks])
    return decided


def _runs(nodes: Sequence[str], blocks: Sequence[str]) -> list[tuple[str, str]]:
    """Consecutive blocks and the node that they run on."""
    found: list[tuple[str, str]] = []
    begin = 0
    for i in range(1, len(nodes) + 1):
        if i == len(nodes) or nodes[i] != nodes[begin]:
            first, last = short(blocks[begin]), short(blocks[i - 1])
            found.append((first if begin == i - 1 else f"{first} to {last}", short(nodes[begin])))
            begin = i
    return found


def _method(subject: Subject) -> str:
    """Who decided, and why it stopped when."""
    result = subject.result
    solver = f" ({short(result.solver)})" if result.solver else ""
    seconds = quantity(result.runtime.total, "s", 3)
    return f"{short(result.method)}{solver} {STOPPED[result.termination]} after {seconds}"


def _violations(subject: Subject) -> Iterator[str]:
    """The rules that the placement breaks, and where its file says something else than it costs."""
    evaluation, stated = subject.evaluation, subject.result.objective
    if evaluation is None:
        return
    yield from (short(str(one), LONGEST) for one in evaluation.violations[:VIOLATIONS])
    if len(evaluation.violations) > VIOLATIONS:
        yield f"and {len(evaluation.violations) - VIOLATIONS} more"
    found = evaluation.objective + charged(subject, evaluation)
    if stated is not None and abs(found - stated) > 1e-6 * abs(found):
        yield f"the result states an objective of {stated:.6g}, its placement has {found:.6g}"
