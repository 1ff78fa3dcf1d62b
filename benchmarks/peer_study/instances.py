"""The instances of the comparison, each rebuilt from its family, size and seed."""

from __future__ import annotations

import numpy as np
from harness.arguments import parse_size

import finopt
from finopt.graph.extended import extended_graph
from finopt.graph.resource import ResourceGraph
from finopt.problem.instance import Instance
from peer_study import kdl
from peer_study.plan import Run

LARGEST = 1000
"""Of the integer resources of the hard families."""

NOISE = 10
"""The cost of an arc is ``LARGEST`` less its resource, plus 1 to this."""

OUT_DEGREE = 5
"""Arcs from each vertex of the layered random graphs to the next layer."""


class Arcs:
    """A path problem as plain arrays: what a method is given when the clock starts.

    Parameters
    ----------
    vertices : int
        Vertices are 0 to vertices - 1; the path leads from the first to the last.
    tail, head, resource, cost : ndarray, shape (A,)
        The arcs.
    """

    def __init__(
        self, vertices: int, tail: np.ndarray, head: np.ndarray, resource: np.ndarray, cost: np.ndarray
    ) -> None:
        self.vertices, self.tail, self.head = vertices, tail, head
        self.resource, self.cost = resource, cost
        self.budget = float(resource.sum())

    def graph(self) -> ResourceGraph:
        """The arrays as finopt's path methods take them."""
        target, column = self.vertices - 1, self.resource.reshape(-1, 1)
        return ResourceGraph.build(
            self.vertices, self.tail, self.head, self.cost, column, 0, [target], [self.budget]
        )


Problem = Instance | Arcs


def problem(run: Run) -> Problem:
    """The instance of a run."""
    if run.family == "hard-layers":
        return layers(*parse_size(run.size), seed=run.seed)
    if run.family == "hard-grid":
        return grid(*parse_size(run.size), seed=run.seed)
    nodes, blocks = parse_size(run.size)
    return mesh(nodes, blocks, run.seed) if run.family == "mesh" else _halfway(kdl.network(blocks, run.seed))


def graph_of(given: Problem) -> ResourceGraph:
    """The path problem of an instance with one application and one configuration, or of arrays."""
    if isinstance(given, Arcs):
        return given.graph()
    return extended_graph(given, given.applications[0], 0)


def mesh(nodes: int, blocks: int, seed: int) -> Instance:
    """A generated instance on a full mesh with one configuration: a single path problem."""
    return _halfway(finopt.generate(nodes, blocks, configurations=1, topology="mesh", seed=seed))


def layers(width: int, count: int, *, seed: int) -> Arcs:
    """Source, ``count`` layers of ``width`` vertices, target; each vertex leads to some of the next layer."""
    rng = np.random.default_rng(seed)
    degree = min(width, OUT_DEGREE)
    here = np.arange(1, (count - 1) * width + 1)
    picks = [rng.permutation(width)[:degree] for _ in here]
    after = 1 + ((here - 1) // width + 1) * width
    first, last = np.arange(1, width + 1), np.arange((count - 1) * width + 1, count * width + 1)
    target = count * width + 1
    tail = np.concatenate([np.zeros(width, int), np.repeat(here, degree), last])
    head = np.concatenate([first, (after[:, None] + np.array(picks)).ravel(), np.full(width, target)])
    return _anticorrelated(target + 1, tail, head, rng)


def grid(rows: int, columns: int, *, seed: int) -> Arcs:
    """Corner to corner on a grid whose neighbours are joined both ways."""
    rng = np.random.default_rng(seed)
    vertex = np.arange(rows * columns).reshape(rows, columns)
    pairs = [(vertex[:, :-1], vertex[:, 1:]), (vertex[:-1], vertex[1:])]
    one = np.concatenate([a.ravel() for a, _ in pairs])
    other = np.concatenate([b.ravel() for _, b in pairs])
    return _anticorrelated(rows * columns, np.concatenate([one, other]), np.concatenate([other, one]), rng)


def _anticorrelated(vertices: int, tail: np.ndarray, head: np.ndarray, rng: np.random.Generator) -> Arcs:
    """Integer resources, costs that fall as they rise, a budget in the middle."""
    resource = rng.integers(1, LARGEST, tail.size).astype(float)
    cost = LARGEST - resource + rng.integers(1, NOISE + 1, tail.size)
    arcs = Arcs(vertices, tail, head, resource, cost)
    arcs.budget = float(int(halfway(arcs.graph())))
    return arcs


def _halfway(instance: Instance) -> Instance:
    """The instance with the limit of its application set by `halfway`."""
    limit = halfway(graph_of(instance))
    limited = instance.applications[0].model_copy(update={"max_latency": limit})
    return instance.model_copy(update={"applications": (limited,)})


def halfway(graph: ResourceGraph) -> float:
    """Halfway between what the path that uses least and the cheapest path use of the first resource.

    Raises
    ------
    ValueError
        The cheapest path uses no more than any other: no such budget binds.
    """
    uses = []
    for unit, multiplier in ((0.0, 1.0), (1.0, 0.0)):
        tree = graph.forward(unit, [multiplier])
        uses.append(float(tree.resource[graph.nearest_target(tree), 0]))
    least, loosest = uses
    if not loosest > least * (1 + 1e-6):
        raise ValueError("the budget would not bind on this seed: the cheapest path is the fastest")
    return (least + loosest) / 2
