"""The arc-flow model in Pyomo: nothing of it is made for long without a look at the clock."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest

import finopt
from finopt.formulations.arcflow import ArcFlow, add_variables, build, compile_model
from finopt.formulations.milp import arc_flow
from finopt.solvers.clock import OFTEN, Clock, OutOfTimeError


class Looks(Clock):
    """A clock that has expired after so many looks."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OutOfTimeError


@pytest.fixture(scope="module")
def flow() -> ArcFlow:
    """Some thousand arcs."""
    return arc_flow(finopt.generate(30, 6, topology="mesh", seed=1), Clock())


def test_variables_are_made_with_a_look_now_and_then(flow: ArcFlow) -> None:
    assert flow.first[-1] > 10 * OFTEN
    model = pyo.ConcreteModel()
    with pytest.raises(OutOfTimeError):
        add_variables(model, flow, Looks(3))
    assert len(model.x) == 3 * OFTEN


def test_arcs_are_numbered_graph_after_graph(flow: ArcFlow) -> None:
    sizes = [graph.arcs for graph in flow.graphs]
    assert flow.first == [sum(sizes[:k]) for k in range(len(sizes) + 1)]


def test_the_arcs_that_were_chosen_are_read_back(flow: ArcFlow) -> None:
    clock = Clock()
    compiled = compile_model(build(flow, 1.0, 1e4, [], clock), flow, clock)
    column = {number: j for j, number in compiled.number.items()}
    values = compiled.linear.lower.copy()
    last = len(flow.graphs) - 1
    chosen = {last: [a for a in (0, 5, flow.graphs[last].arcs - 1) if flow.first[last] + a in column]}
    for a in chosen[last]:
        values[column[flow.first[last] + a]] = 1.0
    values[column[flow.first[0]]] = 1.0  # of a configuration that is not chosen
    values[compiled.choice_column[last]] = 1.0
    used = compiled.used(values)
    assert {k: arcs.tolist() for k, arcs in used.items()} == chosen
