"""Energy by block, node and link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest

import numpy as np

from finopt.problem.coefficients import stage_factors
from finopt.problem.columns import ragged
from finopt.problem.compute_tables import compute_table
from finopt.problem.formatting import percent
from finopt.problem.instance import Instance
from finopt.reporting.charts import COLOUR, Chart, bar, height, horizontal
from finopt.reporting.subject import TIERS, Subject
from finopt.reporting.words import in_picture, number, scaled, short

SHOWN = 15
"""Bars of a chart; what they leave out is one bar more."""

Powers = Mapping[str, Sequence[float]]
"""By the name of a bar the power in every tier [W]; of what belongs to no tier in the first place."""


def energy_charts(subject: Subject) -> Iterator[Chart]:
    """Of blocks, of nodes and of links, each where there is any."""
    node_power, link_power = subject.powers
    tier = {node.id: TIERS.index(node.tier) for node in subject.instance.nodes}
    by_node = {name: _in_tier(power, tier[name]) for name, power in node_power.items() if power}
    by_link = {name: [power] for name, power in link_power.items() if power}
    blocks = block_powers(subject)
    total = sum(node_power.values()) + sum(link_power.values())
    for kind, found, colours in (
        ("block", blocks, TIERS),
        ("node", by_node, TIERS),
        ("link", by_link, ("sending",)),
    ):
        if any(map(any, found.values())):
            yield _chart(subject, kind, found, colours, total)


def _in_tier(power: float, tier: int) -> list[float]:
    return [power if k == tier else 0.0 for k in range(len(TIERS))]


def _chart(subject: Subject, kind: str, powers: Powers, colours: Sequence[str], total: float) -> Chart:
    """Horizontal bars of the largest, one colour for each tier."""
    shown = _largest(powers, len(colours), in_order=kind == "block" and subject.alone)
    energies = {name: [subject.energy(power) for power in own] for name, own in shown.items()}
    factor, unit = scaled(map(sum, energies.values()), subject.unit)
    rows = _rows(subject, shown, total)
    hover = [f"{in_picture(name, 60)}<br>{words}, {share}" for name, words, share in rows]
    used = [(k, colour) for k, colour in enumerate(colours) if any(own[k] for own in energies.values())]
    data = [
        bar([number(own[k] * factor) for own in energies.values()], COLOUR[colour], hover)
        for k, colour in used
    ]
    what = "energy per inference" if subject.alone else "power of all applications"
    longest = 1.05 * factor * max(map(sum, energies.values()))
    axes = horizontal([in_picture(name) for name in shown], f"{what} [{unit}]", range=[0, longest])
    return Chart(
        id=f"energy-{kind}",
        title=f"By {kind}" + (" (where it runs)" if kind == "block" else ""),
        alt="; ".join(f"{name} {words}" for name, words, _ in rows[:5]),
        data=data,
        axes=axes,
        height=height(len(shown)),
        header=(kind, "energy" if subject.alone else "power", "share"),
        rows=rows,
        legend=tuple((COLOUR[colour], colour) for _, colour in used if kind != "link"),
    )


def _rows(subject: Subject, powers: Powers, total: float) -> list[tuple[str, str, str]]:
    """Name, energy and share of everything."""
    return [
        (short(name), subject.in_words(sum(own)), percent(sum(own) / total)) for name, own in powers.items()
    ]


def _largest(powers: Powers, width: int, *, in_order: bool) -> Powers:
    """The largest, and the sum of the others; in the order of the model or by size."""
    kept = nlargest(SHOWN, powers, key=lambda name: sum(powers[name]))
    left = [powers[name] for name in powers if name not in set(kept)]
    names = [name for name in powers if name in set(kept)] if in_order else kept
    found = {name: powers[name] for name in names}
    if left:
        found[f"{len(left)} others"] = [sum(own[k] for own in left) for k in range(width)]
    return found


def block_powers(subject: Subject) -> Powers:
    """Power of every block with its classifiers, by the tier it runs in [W]; empty if it cannot be told.

    Notes
    -----
    Of all applications of a model and configuration at once: a table of stages and nodes is looked up.
    """
    placed, demand = subject.placed, subject.demand
    instance = subject.instance.minimising("energy")  # whose tables are of joules
    if placed is None or not len(placed):
        return {}
    tier = np.array([TIERS.index(node.tier) for node in instance.nodes])
    found: dict[tuple[str, str], np.ndarray] = {}
    keys = np.stack([demand.model[subject.row], placed.configuration], axis=1)
    for key in np.unique(keys, axis=0):
        rows = np.flatnonzero((keys == key).all(axis=1))
        joules = _joules(instance, subject, int(rows[0]))
        entries, begin = ragged(placed.node_start, rows)
        counts = np.diff(begin)
        stage = np.arange(begin[-1]) - np.repeat(begin[:-1], counts)
        node = subject.node[entries]
        watts = joules[stage, node] * np.repeat(demand.rate[subject.row[rows]], counts)
        model = instance.model_by_id[demand.model_ids[int(key[0])]]
        for i, block in enumerate(model.blocks[: len(joules)]):
            here = stage == i
            own = np.bincount(tier[node[here]], watts[here], minlength=len(TIERS))
            found[model.id, block.id] = found.get((model.id, block.id), 0.0) + own
    several = len({model for model, _ in found}) > 1
    return {f"{model}: {block}" if several else block: own.tolist() for (model, block), own in found.items()}


def _joules(instance: Instance, subject: Subject, number: int) -> np.ndarray:
    """Expected joules of every stage on every node, for the model and configuration of an application."""
    application = subject.application(number)
    model, configuration = instance.model_of(application), int(subject.columns["configuration"][number])
    factors = stage_factors(model, configuration, mean=False)
    table = compute_table(instance, application, configuration, factors, instance.nodes)
    return np.asarray(table.per_node(table.energy))
