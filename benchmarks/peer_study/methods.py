"""Solve an instance with a method of finopt or of others, with the clock running from the instance on."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

from harness.child import answer

import finopt
from finopt.graph.resource import ResourceGraph
from finopt.problem.instance import Instance
from peer_study.instances import Arcs, Problem, graph_of
from peer_study.outcome import Answer, Peer, checked_cost
from peer_study.plan import FINOPT

_PEERS = {
    "cspy": ("with_cspy", "PEER"),
    "highs": ("with_highs", "PEER"),
    "highs-nopresolve": ("with_highs", "WITHOUT_PRESOLVE"),
    "cpsat": ("with_cpsat", "PEER"),
}
"""Module and name of each; only the one that runs is imported."""

STATS = ("arcs_kept", "labels", "gamma", "relaxed")
"""Figures of finopt's methods that become columns."""


def solve(method: str, given: Problem, time_limit_s: float, **options: Any) -> dict[str, Any]:
    """The answer as figures of a row, among them ``build_s``, ``solve_s`` and ``total_s``.

    Building is everything until a method holds its graph or model; checking the answer is part of finopt's
    own time, and comes after the clock has stopped for the others.
    """
    if method in FINOPT:
        return _finopt(method, given, time_limit_s, options)
    module, name = _PEERS[method]
    return _peer(getattr(import_module(f"peer_study.{module}"), name), given, time_limit_s)


def _finopt(method: str, given: Problem, time_limit_s: float, options: dict[str, Any]) -> dict[str, Any]:
    began = time.perf_counter()
    target: Instance | ResourceGraph = given.graph() if isinstance(given, Arcs) else given
    arrays_s = time.perf_counter() - began
    result = finopt.solve(target, method, time_limit=time_limit_s - arrays_s, threads=1, **options)
    total_s = time.perf_counter() - began
    build_s = arrays_s + result.runtime.build
    return {
        **answer(result),
        "build_s": build_s,
        "solve_s": total_s - build_s,
        "total_s": total_s,
        **{name: result.stats[name] for name in STATS if name in result.stats},
    }


def _peer(peer: Peer, given: Problem, time_limit_s: float) -> dict[str, Any]:
    began = time.perf_counter()
    graph = graph_of(given)
    model = peer.build(graph)
    build_s = time.perf_counter() - began
    left = time_limit_s - build_s
    found = peer.search(model, left) if left > 0 else Answer(None, finished=False)
    total_s = time.perf_counter() - began
    times = {"solver": peer.name, "build_s": build_s, "solve_s": total_s - build_s, "total_s": total_s}
    if not found.finished:  # what it holds may be a bad path, without a flag
        return {**times, "status": "NO_SOLUTION", "termination": "TIME_LIMIT", "reason": "time limit"}
    cost = None if found.path is None else checked_cost(graph, found.path)
    status = "INFEASIBLE" if cost is None else "OPTIMAL"
    return {**times, "status": status, "termination": "COMPLETED", "objective": cost, "bound": cost}
