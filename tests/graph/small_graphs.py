"""Small resource graphs drawn by hypothesis, and their optimum by enumeration in fractions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from hypothesis import strategies as st

from finopt.graph.resource import ResourceGraph

TOLERANCE = 1 + Fraction(1, 10**9)

Path = tuple[int, ...]


def paths(graph: ResourceGraph) -> Iterator[Path]:
    """Every simple path from the source to a target, by arcs."""
    targets = set(graph.targets.tolist())
    leaving: dict[int, list[int]] = {}
    for a, tail in enumerate(graph.tail.tolist()):
        leaving.setdefault(tail, []).append(a)

    def extend(vertex: int, visited: frozenset[int], path: Path) -> Iterator[Path]:
        if vertex in targets:
            yield path
        for a in leaving.get(vertex, []):
            head = int(graph.head[a])
            if head not in visited:
                yield from extend(head, visited | {head}, (*path, a))

    yield from extend(graph.source, frozenset([graph.source]), ())


def cost(graph: ResourceGraph, path: Path) -> Fraction:
    """Cost of a path."""
    return sum((Fraction(float(graph.cost[a])) for a in path), Fraction(0))


def used(graph: ResourceGraph, path: Path, k: int = 0) -> Fraction:
    """What a path uses of resource k."""
    return sum((Fraction(float(graph.resource[a, k])) for a in path), Fraction(0))


def optimum(graph: ResourceGraph, budget: Sequence[Fraction] | None = None) -> tuple[Fraction, Path] | None:
    """The cheapest path within the budgets; None when there is none."""
    limits = budget or [Fraction(float(b)) * TOLERANCE for b in graph.budget]
    fits = [p for p in paths(graph) if all(used(graph, p, k) <= limits[k] for k in range(graph.resources))]
    return min(((cost(graph, p), p) for p in fits), default=None)


FIGURES = st.one_of(
    st.integers(0, 6).map(float),
    st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.7, 1e-9, 1e-3, 1e3]),
    st.floats(0, 10, allow_subnormal=False).map(lambda x: round(x, 6)),
)


@st.composite
def graphs(draw: st.DrawFn, most_resources: int = 3) -> ResourceGraph:
    """Up to 6 vertices, 14 arcs (parallel ones and cycles too), ties, zeros, several targets."""
    vertices = draw(st.integers(1, 6))
    resources = draw(st.integers(1, most_resources))
    ends = st.tuples(st.integers(0, vertices - 1), st.integers(0, vertices - 1)).filter(
        lambda e: e[0] != e[1]
    )
    arcs = draw(st.lists(ends, max_size=14)) if vertices > 1 else []
    figures = st.lists(FIGURES, min_size=len(arcs), max_size=len(arcs))
    return ResourceGraph.build(
        vertices,
        [u for u, _ in arcs],
        [v for _, v in arcs],
        draw(figures),
        list(zip(*[draw(figures) for _ in range(resources)], strict=True)),
        0,
        draw(st.lists(st.integers(0, vertices - 1), min_size=1, max_size=2, unique=True)),
        draw(
            st.lists(
                st.one_of(FIGURES, st.integers(2, 20).map(float)), min_size=resources, max_size=resources
            )
        ),
    )
