"""The picture of very many applications: a box per tier, and what flows between tiers."""

from __future__ import annotations

from collections import Counter, defaultdict

from networkx import MultiDiGraph

from finopt.plotting.scene import TIERS, Shown, title
from finopt.problem.formatting import quantity
from finopt.problem.placement import Placement


def totals(shown: Shown, placement: Placement) -> MultiDiGraph:
    """Of every tier nodes in use, blocks, applications and power; of what it sends bit/s and power."""
    instance, evaluation = shown.instance, shown.evaluation
    tier: dict[str, str] = {node.id: node.tier for node in instance.nodes}
    used = {application.source for application in instance.applications}
    blocks, applications = Counter[str](), Counter[str]()
    for placed in placement.applications:
        where = [tier[node] for node in placed.nodes]
        blocks.update(where)
        applications.update(set(where))
        used.update(placed.nodes)
    bits: dict[tuple[str, str], float] = defaultdict(float)
    power: dict[str | tuple[str, str], float] = defaultdict(float)
    node_power, link_power = shown.powers
    for node in instance.nodes:
        power[node.tier] += node_power.get(node.id, 0.0)
    for link in instance.directed_links:
        if load := evaluation.bandwidth[link.id].used:
            used.update((link.source, link.target))
            way = tier[link.source], tier[link.target]
            bits[way], power[way] = bits[way] + load, power[way] + link_power.get(link.id, 0.0)
    picture = MultiDiGraph(title=title(shown), legend=[], notes={})
    of, busy = Counter(tier.values()), Counter(tier[node] for node in used)
    for name in filter(of.get, TIERS):
        rows = [
            f"{name}   {quantity(power[name], 'W')}",
            f"{busy[name]} of {of[name]} node{'s' if of[name] > 1 else ''} in use",
            f"{blocks[name]} blocks of {applications[name]} applications",
        ]
        if sent := bits[name, name]:
            rows.append(f"sent within it: {quantity(sent, 'bit/s')}, {quantity(power[name, name], 'W')}")
        picture.add_node(name, tier=name, used=True, rows=[(row, None) for row in rows])
    for (a, b), load in sorted(bits.items()):
        if a != b:
            label = f"{quantity(load, 'bit/s')}\n{quantity(power[a, b], 'W')}"
            picture.add_edge(a, b, application=0, link=f"{a}->{b}", label=label)
    return picture
