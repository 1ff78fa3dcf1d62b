"""The arc-flow model in Pyomo; rows are numbered as in ``docs/model.md``.

Sets
    h in H              applications
    k = (h, c)          an application and one of its admissible configurations; accuracy (4), private nodes
                        and pins (10) hold by construction: they remove configurations and arcs
    a in A_k            arcs of the extended graph of k: compute block i on v, or carry stage i over a link
    q in Q              capacities: compute (6) and memory (7) of nodes, bandwidth (8) of links
Data
    cost[k, a]          power of the arc: rate times energy [W]
    resource[k, a, r]   what the arc uses of limit[k, r]; r = 0 is the latency [s]
    load[q, k, a]       what the arc uses of capacity[q]: op/s, byte or bit/s
Variables
    y[k] in {0, 1}      application h runs in configuration c
    w[q, p] in {0, 1}   part p (a block or exit of shared weights) is held in the memory q of a node
    x[k, a] in {0, 1}   its path uses arc a
Objective
    (3)  minimise sum over k, a of cost[k, a] x[k, a]
Rows
    (4)  sum over c of y[h, c] = 1                                          for every h
    (5)  sum over a of resource[k, a, r] x[k, a] <= limit[k, r] y[k]        for every k, r
    (6)  sum over k, a of load[q, k, a] x[k, a] <= capacity[q]              compute of every node
    (7)  the same for the memory of every node; of shared weights sum over p of memory[p] w[q, p] instead,
         with x[k, a] <= w[q, p] for every arc that computes part p there
    (8)  the same for the bandwidth of every link
    (9)  out(v) - in(v) = y[k] at the source, 0 in between, -y[k] over the targets together

Solvers work with absolute tolerances, and small figures drown in them. So the objective is divided by
``unit`` (about the optimum), each row (5) to (8) by its limit, and all are multiplied by ``SCALE``. Figures
that alone exceed what any good answer may have are cut there; no good answer contains them.
"""

from __future__ import annotations

import bisect
import itertools
import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyomo.environ as pyo
from pyomo.common.dependencies import scipy_available
from pyomo.common.gc_manager import PauseGC
from pyomo.core.expr import LinearExpression, SumExpression
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.plugins.standard_form import (
    LinearStandardFormCompiler,
    _LinearStandardFormCompiler_impl,
)

from finopt.formulations.scaled_figures import SCALE, scaled, share_of
from finopt.graph.extended import Capacity
from finopt.graph.resource import ResourceGraph
from finopt.problem.array_types import Floats, Ints
from finopt.problem.errors import BackendError
from finopt.problem.tolerances import MARGIN
from finopt.solvers.clock import CUT_SHORT, Clock
from finopt.solvers.highs import LinearModel

bool(scipy_available)  # Pyomo imports scipy on first use, which two threads must not do at once

# Pyomo writes to standard output which component an exception came from; that of the clock is no failure.
logging.getLogger("pyomo.core").addFilter(lambda record: not isinstance(sys.exception(), CUT_SHORT))

Cut = list[tuple[int, int]]
"""Arcs (k, a) of which not all may be used together."""


class SharedPart(NamedTuple):
    """A block or exit whose weights are shared: its memory [byte], and the arcs (k, a) that need it."""

    memory: float
    users: list[tuple[int, Ints]]


@dataclass(frozen=True)
class ArcFlow:
    """The sets and data of the model.

    Attributes
    ----------
    graphs : list of ResourceGraph
        One per k.
    owner : list of int
        The application h of each k.
    loads : mapping of Capacity to list of (k, load)
        What the arcs of k use of the capacity, shape (A_k,).
    capacity : mapping of Capacity to float
        Its limit.
    shared : mapping of Capacity to list of SharedPart
        Parts of shared weights in the memory of a node; the loads leave them out.
    """

    graphs: list[ResourceGraph]
    owner: list[int]
    loads: dict[Capacity, list[tuple[int, Floats]]] = field(default_factory=dict)
    capacity: dict[Capacity, float] = field(default_factory=dict)
    shared: dict[Capacity, list[SharedPart]] = field(default_factory=dict)

    @cached_property
    def first(self) -> list[int]:
        """The number of x[k, 0] among all x, for every k, and how many there are."""
        return [0, *itertools.accumulate(graph.arcs for graph in self.graphs)]

    @cached_property
    def own(self) -> dict[int, list[int]]:
        """The k of every application h, in the order of h."""
        own: dict[int, list[int]] = {h: [] for h in sorted(set(self.owner))}
        for k, h in enumerate(self.owner):
            own[h].append(k)
        return own


def build(flow: ArcFlow, unit: float, largest: float, cuts: Iterable[Cut], clock: Clock) -> Any:
    """The Pyomo model, normalised.

    Parameters
    ----------
    flow : ArcFlow
        Sets and data.
    unit : float
        Power that becomes ``SCALE`` in the objective [W].
    largest : float
        Power beyond which an arc is in no answer of interest [W].
    cuts : iterable of Cut
        Combinations of arcs that the exact check refused.
    clock : Clock
        Of the whole call.

    Raises
    ------
    OutOfTimeError
        The clock ran out.
    """
    model = pyo.ConcreteModel(doc="arc-flow model of the placement")
    with PauseGC():  # nothing of so many objects is garbage, and looking for it takes up to a second
        add_variables(model, flow, clock)
        add_objective(model, flow, unit, largest, clock)
        add_choice(model, flow, clock)
        add_limits(model, flow, clock)
        add_capacities(model, flow, clock)
        add_sharing(model, flow, clock)
        add_flow(model, flow, clock)
        add_cuts(model, flow, cuts)
    return model


def add_variables(model: Any, flow: ArcFlow, clock: Clock) -> None:
    """x, whose numbers are `ArcFlow.first`'s, y and w."""
    count = flow.first[-1]
    # Pyomo looks at no clock while it makes a set of pairs, or all variables of a set.
    model.x = pyo.Var(pyo.RangeSet(0, count - 1), domain=pyo.Binary, dense=False, doc="path of k uses arc a")
    for number in clock.through(range(count)):
        model.x.add(number)
    model.y = pyo.Var(range(len(flow.graphs)), domain=pyo.Binary, doc="configuration is chosen")
    held = [
        (q, p) for q, capacity in enumerate(flow.loads) for p in range(len(flow.shared.get(capacity, ())))
    ]
    model.w = pyo.Var(held, domain=pyo.Binary, doc="shared weights are held")


def add_objective(model: Any, flow: ArcFlow, unit: float, largest: float, clock: Clock) -> None:
    """(3): total power."""
    costs = [scaled(np.minimum(graph.cost, largest), unit) for graph in clock.through(flow.graphs)]
    terms = [_weighted(model, flow, [(k, cost)], clock) for k, cost in enumerate(costs)]
    model.power = pyo.Objective(expr=SumExpression(terms), doc="(3) total power")


def add_choice(model: Any, flow: ArcFlow, clock: Clock) -> None:
    """(4): every application runs in exactly one configuration."""
    model.choice = pyo.ConstraintList(doc="(4) one configuration per application")
    for own in clock.through(flow.own.values()):
        model.choice.add(pyo.quicksum(model.y[k] for k in own) == 1)


def add_limits(model: Any, flow: ArcFlow, clock: Clock) -> None:
    """(5): latency, or whatever the budgets of the graph stand for."""
    model.limits = pyo.ConstraintList(doc="(5) latency limit")
    for k, graph in enumerate(flow.graphs):
        for r, limit in enumerate(graph.limit):
            use = share_of(graph.resource[:, r], limit)
            if use.any():
                model.limits.add(_weighted(model, flow, [(k, use)], clock) <= SCALE * model.y[k])


def add_capacities(model: Any, flow: ArcFlow, clock: Clock) -> None:
    """(6) to (8): compute and memory of nodes, bandwidth of links."""
    model.capacities = pyo.ConstraintList(doc="(6) compute, (7) memory, (8) bandwidth")
    for q, (capacity, loads) in enumerate(flow.loads.items()):
        limit = MARGIN * flow.capacity[capacity]
        shares = ((k, share_of(load, limit)) for k, load in loads)
        parts = flow.shared.get(capacity, ())
        held = pyo.quicksum(
            float(share_of(np.array([part.memory]), limit)[0]) * model.w[q, p] for p, part in enumerate(parts)
        )
        used = _weighted(model, flow, shares, clock)
        model.capacities.add((used + held if parts else used) <= SCALE)


def add_sharing(model: Any, flow: ArcFlow, clock: Clock) -> None:
    """(7): who computes a part of shared weights has it held."""
    model.sharing = pyo.ConstraintList(doc="(7) shared weights are held where they are used")
    for q, capacity in enumerate(flow.loads):
        for p, part in enumerate(flow.shared.get(capacity, ())):
            for k, a in clock.through((k, a) for k, arcs in part.users for a in arcs.tolist()):
                model.sharing.add(model.x[flow.first[k] + a] <= model.w[q, p])


def add_flow(model: Any, flow: ArcFlow, clock: Clock) -> None:
    """(9): one unit from the source to any target for the chosen configuration."""
    model.flow = pyo.ConstraintList(doc="(9) flow conservation")
    for k, graph in enumerate(flow.graphs):
        out: list[list[Any]] = [[] for _ in range(graph.vertices)]
        into: list[list[Any]] = [[] for _ in range(graph.vertices)]
        for a, (tail, head) in enumerate(clock.through(zip(graph.tail, graph.head, strict=True))):
            out[tail].append(model.x[flow.first[k] + a])
            into[head].append(model.x[flow.first[k] + a])
        targets = set(graph.targets.tolist())
        for v in clock.through(range(graph.vertices)):
            if v != graph.source and not (out[v] or into[v]):
                continue
            net = _balance(model, k, out[v], into[v], v == graph.source)
            # The balances sum to zero, so y[k] units end on the targets together.
            model.flow.add(pyo.inequality(-1, net, 0) if v in targets else net == 0)
        model.flow.add(_ending(model, flow, k) == model.y[k])


def _weighted(model: Any, flow: ArcFlow, shares: Iterable[tuple[int, Floats]], clock: Clock) -> Any:
    """The sum over k and a of share[k][a] x[k, a]."""
    used = ((k, use, a) for k, use in shares for a in np.flatnonzero(use))
    terms = [(float(use[a]), model.x[flow.first[k] + int(a)]) for k, use, a in clock.through(used)]
    return LinearExpression(linear_coefs=[c for c, _ in terms], linear_vars=[x for _, x in terms])


def _balance(model: Any, k: int, out: list[Any], into: list[Any], is_source: bool) -> Any:
    """What leaves a vertex, less what enters it, less what starts there."""
    start = [model.y[k]] if is_source else []
    signs = [1.0] * len(out) + [-1.0] * (len(into) + len(start))
    return LinearExpression(linear_coefs=signs, linear_vars=out + into + start)


def _ending(model: Any, flow: ArcFlow, k: int) -> Any:
    """Units that end on the targets: what leaves the source and the vertices in between does not return."""
    graph, first = flow.graphs[k], flow.first[k]
    targets = np.isin(np.arange(graph.vertices), graph.targets)
    into = [model.x[first + a] for a in np.flatnonzero(targets[graph.head]).tolist()]
    out = [model.x[first + a] for a in np.flatnonzero(targets[graph.tail]).tolist()]
    start = [model.y[k]] if targets[graph.source] else []
    signs = [1.0] * (len(into) + len(start)) + [-1.0] * len(out)
    return LinearExpression(linear_coefs=signs, linear_vars=into + start + out)


def add_cuts(model: Any, flow: ArcFlow, cuts: Iterable[Cut]) -> None:
    """Combinations of arcs that break a limit by less than the solver can tell."""
    model.cuts = pyo.ConstraintList(doc="answers that the exact check refused")
    for cut in cuts:
        model.cuts.add(pyo.quicksum(model.x[flow.first[k] + a] for k, a in cut) <= len(cut) - 1)


@dataclass(frozen=True)
class Compiled:
    """The model as arrays, and where its variables went.

    Attributes
    ----------
    linear : LinearModel
        What HiGHS takes.
    flow : ArcFlow
        Its sets and data.
    number : dict of int to int
        Of the x[k, a] that a column is, see `ArcFlow.first`; arcs without any coefficient have none.
    choice_column : list of int
        Column of each y[k].
    """

    linear: LinearModel
    flow: ArcFlow
    number: dict[int, int]
    choice_column: list[int]

    def chosen(self, values: Floats) -> list[int]:
        """The k with y[k] = 1."""
        return [k for k, j in enumerate(self.choice_column) if values[j] > 0.5]

    def used(self, values: Floats) -> dict[int, Ints]:
        """For every chosen k the arcs with x[k, a] = 1, ascending."""
        arcs: dict[int, list[int]] = {k: [] for k in self.chosen(values)}
        for j in np.flatnonzero(values > 0.5).tolist():
            number = self.number.get(j, -1)
            k = bisect.bisect(self.flow.first, number) - 1
            if k in arcs:
                arcs[k].append(number - self.flow.first[k])
        return {k: np.array(sorted(used), np.int32) for k, used in arcs.items()}


def compile_model(model: Any, flow: ArcFlow, clock: Clock) -> Compiled:
    """Turn the Pyomo model into arrays.

    Raises
    ------
    OutOfTimeError
        The clock ran out.
    BackendError
        Rows or columns got lost on the way.
    """
    form = _standard_form(model, clock)
    kinds = np.array([row.bound_type for row in form.rows])
    position = {id(column): j for j, column in enumerate(form.columns)}
    matrix = form.A.tocsc()
    if matrix.shape != (len(form.rows), len(form.columns)) or any(
        id(y) not in position for y in model.y.values()
    ):
        raise BackendError("the compiled model lost rows or columns")
    count = len(form.columns)
    linear = LinearModel(
        cost=np.asarray(form.c.todense()).reshape(-1) if count else np.zeros(0),
        matrix=matrix,
        row_lower=np.where(kinds <= 0, form.rhs, -np.inf),
        row_upper=np.where(kinds >= 0, form.rhs, np.inf),
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, bool),
    )
    columns = clock.through(model.x.items())
    number = {position[id(x)]: index for index, x in columns if id(x) in position}
    return Compiled(linear, flow, number, [position[id(model.y[k])] for k in model.y])


def _standard_form(model: Any, clock: Clock) -> Any:
    """Pyomo's standard form, with a look at the clock at every row and every part of the objective."""

    class Visitor(LinearRepnVisitor):  # type: ignore[misc]
        def beforeChild(self, node: Any, child: Any, index: int) -> Any:  # noqa: N802
            clock.check()
            return super().beforeChild(node, child, index)

        def walk_expression(self, expression: Any) -> Any:
            clock.check()
            return super().walk_expression(expression)

    with PauseGC():
        writer = _LinearStandardFormCompiler_impl(LinearStandardFormCompiler.CONFIG({"mixed_form": True}))
        writer._get_visitor = Visitor
        return writer.write(model)
