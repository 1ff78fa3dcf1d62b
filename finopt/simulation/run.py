"""Simulate a plan: replications one after the other, and what they say together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from tqdm import tqdm

from finopt.evaluation.account import Evaluation
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.result import Result
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement
from finopt.simulation.draws import draw
from finopt.simulation.figures import Figures, Tables, figures
from finopt.simulation.flows import LINK, NODE, Flows
from finopt.simulation.replication import run, simpy
from finopt.simulation.simulation import Simulation
from finopt.simulation.study import Study
from finopt.simulation.summary import Summary
from finopt.solvers.interruption import Interrupt, noted

HARMLESS = ("latency", "compute", "memory", "bandwidth", "accuracy")
"""Rules that a placement may break and still be simulated: what comes of it is what one wants to see."""


def simulate(instance: Instance, placement: Placement | Result, **study: Any) -> Simulation:
    """Let samples arrive, queue at nodes and links, leave at exits and return, as a placement says.

    Parameters
    ----------
    instance : Instance
        What was placed.
    placement : Placement or Result
        The plan. It may be late or exceed capacities; everything else must be right.
    **study
        Fields of `Study`: ``arrivals``, ``nodes``, ``links``, ``exits``, ``samples``, ``horizon``,
        ``warm_up``, ``replications``, ``seed``.

    Returns
    -------
    Simulation
        After Ctrl-C with the replications that are done, which may be none.

    Raises
    ------
    InstanceError
        The result holds no placement, or one that is wrong, or nodes or links have slices; every reason is
        listed.
    OptionError
        A field of the study has a value that it cannot have.
    BackendError
        SimPy is not installed.

    Notes
    -----
    A sample takes about ten microseconds per visit of a node or link. Figures of a replication are kept until
    it is over; those of several are independent, and so are their intervals of confidence.

    Examples
    --------
    >>> import finopt
    >>> from finopt.simulation import simulate
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> result = finopt.solve(instance)
    >>> found = simulate(instance, result, arrivals="deterministic", samples=100, replications=2)
    >>> one = found.of("b-alexnet")
    >>> f"{one.energy.mean:.4f} J, planned {one.planned_energy:.4f} J"
    '0.1001 J, planned 0.1001 J'
    """
    asked = Study(**study)
    simpy()
    placed = _placement(placement)
    evaluation = evaluate(instance, placed)
    _check(instance, evaluation)
    flows = Flows(instance, {one.application: one for one in placed.applications})
    applications = instance.applications
    rates = np.array([application.rate for application in applications])
    window = asked.window(rates)
    limits = np.array([application.max_latency for application in applications])
    shared = {NODE: asked.nodes != "none", LINK: asked.links != "none"}
    tables = Tables(flows, limits, even=asked.even, shared=shared)
    with noted() as interrupt:
        found = list(_replications(asked, flows, tables, rates, window, interrupt))
        summary = Summary(instance, evaluation, flows, found)
        return Simulation(
            study=asked,
            warm_up=window[0],
            horizon=window[1] - window[0],
            replications=len(found),
            interrupted=len(found) < asked.replications,
            applications=tuple(summary.applications()),
            nodes=summary.of_kind(NODE),
            links=summary.of_kind(LINK),
        )


def _placement(placement: Placement | Result) -> Placement:
    if isinstance(placement, Placement):
        return placement
    if placement.placement is None:
        reason = f": {placement.reason}" if placement.reason else ""
        rule = f"there is none, the result states {placement.status}{reason}"
        raise InstanceError([Problem("placement", rule)], "result")
    return placement.placement


def _check(instance: Instance, evaluation: Evaluation) -> None:
    if instance.has_slices:
        raise InstanceError(list(_slices(instance)), "instance")
    broken = [one for one in evaluation.violations if one.rule not in HARMLESS]
    if broken:
        raise InstanceError([Problem("placement", str(one)) for one in broken], "result")


def _slices(instance: Instance) -> Iterator[Problem]:
    """Every node and link with slices, none of which can be simulated."""
    rule = "slices are not simulated; take them out of the instance and solve it again"
    for i, node in enumerate(instance.nodes):
        if node.slices:
            yield Problem(f"nodes[{i}].slices", f"node {node.id!r}: {rule}")
    for i, link in enumerate(instance.links):
        if link.bandwidth_slices:
            yield Problem(f"links[{i}].bandwidth_slices", f"link {link.source!r} -> {link.target!r}: {rule}")


def _replications(
    study: Study,
    flows: Flows,
    tables: Tables,
    rates: Any,
    window: tuple[float, float],
    interrupt: Interrupt,
) -> Iterator[Figures]:
    for number in tqdm(range(study.replications), unit="replication", disable=None, leave=False):
        samples = draw(study, number, rates, flows.flows, window[1])
        visits = run(study, flows, samples, interrupt)
        if visits is None:
            return
        yield figures(tables, samples, visits, window)
