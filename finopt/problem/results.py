"""What returning the results adds to computing a block on a node, rows (1), (2), (8) and (11).

A result takes the same way back whatever came before, so it belongs to the step that makes it: the block with
the exit behind it, on its node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from finopt.problem.array_types import Bools, Floats
from finopt.problem.coefficients import enabled_parts, link_figures
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Configuration, Model, leaving
from finopt.problem.moving import charge
from finopt.problem.network import Node
from finopt.problem.objective import Figure
from finopt.problem.return_routes import ReturnRoute, return_routes


@dataclass(frozen=True, eq=False)
class Sent:
    """The results of one exit: after which stage, how much of it [bit/s], over which links from each node."""

    stage: int
    bits: float
    links: Sequence[tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Results:
    """What results add, by stage and node.

    Attributes
    ----------
    energy : ndarray, shape (F+1, V)
        Power of sending them back [W].
    seconds : ndarray, shape (F+1, V)
        What they add to the latency of the whole way; 0 where an early exit has a budget of its own.
    runs : ndarray of bool, shape (F+1, V)
        Where results have a way.
    exits : tuple of Sent
        The loads.
    early : tuple of (int, ndarray of shape (V,))
        Exits that samples may be later through than at the end: the stage, and seconds of the way back.
    """

    energy: Floats
    seconds: Floats
    runs: Bools
    exits: tuple[Sent, ...]
    early: tuple[tuple[int, Floats], ...]

    def sent(self, stage: int, node: int) -> Iterator[tuple[str, float]]:
        """The links over which results go when a node has computed a stage, and bit/s of each."""
        for one in self.exits:
            if one.stage == stage:
                yield from ((link, one.bits) for link in one.links[node])


def results_of(
    instance: Instance,
    application: Application,
    configuration: int,
    nodes: Sequence[Node],
    figure: Figure | None = None,
) -> Results | None:
    """What the results of an application add on some nodes; None if nobody needs them.

    Where energy stands is another figure if that is asked for; by default what the instance minimises.
    """
    if application.destination is None:
        return None
    weigh = _weigher(instance, figure or instance.objective)
    model = instance.model_of(application)
    chosen = model.configurations[configuration]
    stages = model.final_block(chosen) + 1
    shape = stages, len(nodes)
    energy, seconds, runs = np.zeros(shape), np.zeros(shape), np.ones(shape, bool)
    exits, early = [], []
    for stage, name, share in leaving(model, chosen):
        bits = model.exit_by_id[name].output_bits
        found = return_routes(instance, application, bits)
        routes = [found.get(node.id) for node in nodes]
        took = _column([route and route.seconds for route in routes])
        energy[stage] += application.rate * float(share) * _column([r and weigh(r, bits) for r in routes])
        runs[stage] &= [route is not None for route in routes]
        if application.latency == "mean":
            seconds[stage] += float(share) * took
        elif name == chosen.exits[-1]:
            seconds[stage] += took
        elif may_be_last(model, chosen, stage, bits):
            early.append((stage, took))
        links = [() if route is None else route.links for route in routes]
        exits.append(Sent(stage, application.rate * float(share) * bits, links))
    return Results(energy, seconds, runs, tuple(exits), tuple(early))


def additions_of(
    instance: Instance, application: Application, configuration: int, nodes: Sequence[Node]
) -> Results | None:
    """What results add to the steps that make them, and moving to the blocks that are moved, at the rate."""
    results = results_of(instance, application, configuration, nodes)
    moved = moving_table(instance, application, configuration, nodes)
    if moved is None:
        return results
    runs = np.isfinite(moved)
    energy = np.where(runs, moved, 0.0)
    if results is None:
        return Results(energy, np.zeros(energy.shape), runs, (), ())
    return replace(results, energy=results.energy + energy, runs=results.runs & runs)


def moving_table(
    instance: Instance, application: Application, configuration: int, nodes: Sequence[Node]
) -> Floats | None:
    """What bringing every stage to every node adds to the objective per second, shape (F+1, V).

    inf where it cannot be brought; None where moving costs nothing.
    """
    if not instance.moves:
        return None
    stages = list(enabled_parts(instance.model_of(application), configuration))
    charges = [[charge(instance, application, parts, node.id) for node in nodes] for parts in stages]
    return np.array([[np.inf if one is None else float(one) for one in row] for row in charges])


def _weigher(instance: Instance, figure: Figure) -> Callable[[ReturnRoute, float], object]:
    """What a result of so many bits adds to a figure on its way."""
    if figure == "energy":
        return lambda route, bits: route.energy
    links = instance.directed_links
    number = {link.id: e for e, link in enumerate(links)}
    per_bit, per_transfer, *_ = link_figures(links, figure)

    def weigh(route: ReturnRoute, bits: float) -> float:
        over = [number[name] for name in route.links]
        return float((bits * per_bit[over] + per_transfer[over]).sum())

    return weigh


def may_return_late(instance: Instance, application: Application) -> bool:
    """Whether some early exit of an application has a budget of its own."""
    if application.destination is None or application.latency == "mean":
        return False
    model = instance.model_of(application)
    return any(
        may_be_last(
            model, model.configurations[c], model.exit_block(name), model.exit_by_id[name].output_bits
        )
        for c in instance.admissible(application)
        for name in model.configurations[c].exits[:-1]
    )


def may_be_last(model: Model, configuration: Configuration, stage: int, bits: float) -> bool:
    """Whether a sample that leaves early may be the last to have its result returned.

    It is not where its result is no larger than anything that is sent on: the way of a sample that goes on
    is then a way for its result as well, and it takes the fastest.
    """
    last = model.final_block(configuration)
    final = model.exit_by_id[configuration.exits[-1]].output_bits
    return bits > min((final, *model.stage_bits[stage + 1 : last + 1]))


def _column(figures: Sequence[object]) -> Floats:
    return np.array([0.0 if figure is None else float(figure) for figure in figures])  # type: ignore[arg-type]
