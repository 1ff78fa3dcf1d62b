"""Why an application cannot be placed, in words: which limit, and the best value that can be reached."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from finopt.evaluation.loads import CAPACITY
from finopt.graph.extended import Capacity, extended_graph
from finopt.graph.path import least_cost
from finopt.graph.pattern import factors_of
from finopt.graph.resource import ResourceGraph
from finopt.graph.sliced import arc_graph
from finopt.problem.array_types import Floats
from finopt.problem.formatting import plain_amount
from finopt.problem.instance import Application, Instance
from finopt.problem.network import Node
from finopt.problem.objective import LIMIT_OF, Figure
from finopt.problem.tolerances import MARGIN

UNITS = {"compute": "op/s", "memory": "byte", "bandwidth": "bit/s"}

NAMED = 8
"""Objects that a message lists."""

EXAMINED = 200
"""Applications without room that are looked at to tell what is scarce; there may be very many."""


def explain(instance: Instance, application: Application, binding: Sequence[Capacity] = ()) -> str:
    """The reason why one application alone has no feasible placement.

    Parameters
    ----------
    instance : Instance
    application : Application
        Known to be infeasible.
    binding : sequence of Capacity
        Capacities that were found to bind on the way to the proof.

    Returns
    -------
    str
        Names the limit and the best value that can be reached for it.
    """
    subject = f"application {application.id!r}"
    admissible = instance.admissible(application)
    model = instance.model_of(application)
    if not admissible:
        best = max(configuration.accuracy for configuration in model.configurations)
        return (
            f"{subject}: no configuration of model {model.id!r} reaches the accuracy target"
            f" {application.min_accuracy:g}; the highest accuracy is {best:g}"
        )
    if not math.isfinite(least_latency(instance, application, capacities=False)):
        return f"{subject}: {_unreachable(instance, application, admissible)}"
    least = least_latency(instance, application, capacities=False)
    if least > application.max_latency * MARGIN:
        return (
            f"{subject}: the latency limit {application.max_latency:g} s cannot be met;"
            f" the least latency of any admissible configuration is {least:.9g} s"
        )
    beyond = out_of_reach(instance, application)
    if beyond:
        return f"{subject}: {beyond}"
    names = ", ".join(map(str, binding)) or "nodes and links"
    least = least_latency(instance, application, capacities=True)
    if not math.isfinite(least):
        return f"{subject}: {_too_large(instance, application, admissible)}"
    return (
        f"{subject}: no placement keeps {_all_limits(application)} and the"
        f" capacities ({names}); block by block within the capacities the least latency is {least:.9g} s"
    )


def out_of_reach(instance: Instance, application: Application) -> str:
    """Which limit on energy, carbon or cost no placement in time or not could keep; empty: none by itself."""
    for figure, most in application.limits.items():
        least = _least_of(instance, application, figure)
        if least > most * MARGIN:
            limit = f"{LIMIT_OF[figure]} {plain_amount(most, figure, 6)}"
            best = f"the least {figure} of any admissible configuration is {plain_amount(least, figure)}"
            return f"the limit {limit} cannot be met; {best}"
    return ""


def _least_of(instance: Instance, application: Application, figure: Figure) -> float:
    """The least that an inference takes of a figure, whatever else it takes and moving costs."""
    asked = instance.after(None).minimising(figure)
    graphs = [extended_graph(asked, application, c, capacities=False) for c in asked.admissible(application)]
    return min(map(least_cost, graphs), default=math.inf) / application.rate


def _all_limits(application: Application) -> str:
    """The limits of an application by name."""
    latency = f"the latency limit {application.max_latency:g} s"
    if not application.limits:
        return f"both {latency}"
    limits = [f"{LIMIT_OF[f]} {plain_amount(most, f, 6)}" for f, most in application.limits.items()]
    return ", ".join([latency, *limits])


def explain_path(graph: ResourceGraph) -> str:
    """The reason why a graph that is known to have no path within its budgets has none."""
    least = [graph.forward(0.0, only).distance[graph.targets].min() for only in np.eye(graph.resources)]
    if math.isinf(least[0]):
        return "there is no path from the source to a target"
    for k, (use, budget) in enumerate(zip(least, graph.budget, strict=True), 1):
        if use > budget * MARGIN:
            return f"resource {k}: the least use of any path, {use:.9g}, exceeds the budget {budget:.9g}"
    return "each budget alone can be kept, but no path keeps all of them"


def explain_all(instance: Instance) -> str:
    """The reason why an instance with any number of applications has no feasible placement."""
    reasons = []
    for application in instance.applications:
        least = least_latency(instance, application, capacities=True)
        if not least <= application.max_latency * MARGIN or out_of_reach(instance, application):
            reasons.append(explain(instance, application))
    if reasons:
        return "; ".join(reasons)
    if len(instance.applications) == 1:
        return explain(instance, instance.applications[0])
    if any(application.limits for application in instance.applications):
        return "no placement keeps the limits of all applications and the capacities of nodes and links"
    return "every application fits alone, but together they exceed the capacities of nodes or links"


def explain_unplaced(
    instance: Instance,
    used: Mapping[Capacity, float | Fraction],
    unplaced: Sequence[Application],
    count: int | None = None,
) -> str:
    """Which applications found no room beside the others, and what of the network is used up.

    Parameters
    ----------
    instance : Instance
    used : mapping of Capacity to number
        What the applications that are placed use: op/s, byte or bit/s.
    unplaced : sequence of Application
        The others, at least one; the first `EXAMINED` will do.
    count : int, optional
        How many others there are. Default: those that are given.

    Returns
    -------
    str
        Names at most `NAMED` applications and resources each. A resource is scarce when less is left of it
        than some application without room needs for its largest block, or to send the largest data between
        two; the fullest come first.
    """
    count = count or len(unplaced)
    names = _listed([repr(application.id) for application in unplaced[:NAMED]], count)
    what = f"no room was found for {count} of {len(instance.applications)} applications: {names}"
    scarce = _scarce(instance, used, unplaced[:EXAMINED])
    if not scarce:
        return f"{what}; no single resource explains it, only several together"
    return f"{what}; scarce: {_listed(scarce[:NAMED], len(scarce))}"


def _scarce(
    instance: Instance, used: Mapping[Capacity, float | Fraction], unplaced: Sequence[Application]
) -> list[str]:
    """What has too little left, in words, the fullest first."""
    needed = {kind: _least_need(instance, unplaced, kind) for kind in UNITS}
    sources = {application.source for application in unplaced}
    usable = {node.id for node in instance.nodes if node.shared or node.id in sources}
    found = []
    for capacity, amount in used.items():
        if capacity.kind == "bandwidth":
            link = instance.link_by_id[capacity.id]
            size, ends = link.bandwidth, {link.source, link.target}
        else:
            size, ends = getattr(instance.node(capacity.id), CAPACITY[capacity.kind]), {capacity.id}
        if amount and ends <= usable and size is not None and size - float(amount) < needed[capacity.kind]:
            share = float(amount) / size if size else 1.0
            text = f"{capacity} ({float(amount):.4g} of {size:.4g} {UNITS[capacity.kind]} used, {share:.0%})"
            found.append((-share, text))
    return [text for _, text in sorted(found)]


def _least_need(instance: Instance, applications: Sequence[Application], kind: str) -> float:
    """What the largest stage takes at least: least over configurations, most over applications."""
    return max(
        min(
            float(factors_of(instance, application, c).loads[kind].max())
            for c in instance.admissible(application)
        )
        for application in applications
    )


def _listed(items: Sequence[str], count: int) -> str:
    """The first few of so many, and how many more there are."""
    return ", ".join(items) + (f" and {count - len(items)} more" if count > len(items) else "")


def least_latency(instance: Instance, application: Application, *, capacities: bool) -> float:
    """Least latency over the admissible configurations [s]; inf where no placement exists at all."""
    least = math.inf
    for configuration in instance.admissible(application):
        graph = arc_graph(instance, application, configuration, capacities=capacities)
        tree = graph.forward(0.0, np.eye(graph.resources)[0])
        least = min(least, float(tree.distance[graph.targets].min()))
    return least


def _unreachable(instance: Instance, application: Application, admissible: Sequence[int]) -> str:
    """The first block that the data cannot reach."""
    stage, _ = _furthest(instance, application, admissible, capacities=False)
    block = instance.model_of(application).blocks[stage]
    pin = application.pinned.get(block.id)
    where = f"node {pin!r}, to which it is pinned" if pin else "any node that may compute it"
    return f"block {block.id!r} cannot reach {where}: there is no route over the links it may use"


def _too_large(instance: Instance, application: Application, admissible: Sequence[int]) -> str:
    """The first block that no node has room for, or whose input no route can carry."""
    stage, configuration = _furthest(instance, application, admissible, capacities=True)
    graph = extended_graph(instance, application, configuration, capacities=False)
    block = instance.model_of(application).blocks[stage].id
    nodes = graph.pattern.node[graph.arc[graph.stage == stage]]
    here = nodes[nodes >= 0]
    for kind, unit, needs in (
        ("compute", "op/s", graph.computing.per_node(graph.computing.load)[stage, here]),
        ("memory", "byte", np.full(here.size, graph.factors.memory[stage])),
    ):
        sizes = graph.pattern.capacity[kind][here]
        owner = "a node"
        if kind == "compute" and instance.has_slices:
            sizes, owner = np.minimum(sizes, _largest_slices(graph.pattern.nodes)[here]), "a node or slice"
        if (needs > MARGIN * sizes).all():
            most = f"the most that {owner} it may use has is {sizes.max():.6g} {unit}"
            return f"block {block!r} needs {needs.min():.6g} {unit}; {most}"
    needed = float(graph.factors.bits[stage])
    return (
        f"no route to a node with room for block {block!r} carries its input of {needed:.6g} bit/s"
        f" within the bandwidth of its links{' and their slices' if instance.has_slices else ''}"
    )


def _largest_slices(nodes: Sequence[Node]) -> Floats:
    """The most op/s that a visit of each node can have."""
    return np.array([node.compute * max(node.slices, default=1.0) for node in nodes])


def _furthest(
    instance: Instance, application: Application, admissible: Sequence[int], *, capacities: bool
) -> tuple[int, int]:
    """The last stage that can be reached in any admissible configuration, and that configuration."""
    reached = []
    for configuration in admissible:
        graph = arc_graph(instance, application, configuration, capacities=capacities)
        tree = graph.forward(0.0, np.eye(graph.resources)[0])
        vertices = np.flatnonzero(np.isfinite(tree.distance)).astype(np.int32)
        reached.append((int(graph.stage_of(vertices).max()), configuration))
    return max(reached)
