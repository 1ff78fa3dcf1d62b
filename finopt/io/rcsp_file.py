"""Standard files of the resource-constrained shortest path: OR-Library and Zhu-Wilhelm text.

OR-Library (Beasley and Christofides, Networks 19, 1989), numbers separated by any white space:
``n m K``, K lower limits, K upper limits, n rows with what passing a vertex consumes, m rows
``tail head cost r1 .. rK``; vertices 1 to n, the path leads from 1 to n.

Zhu and Wilhelm (2013), line by line: names, ``n m source target``, names, K limits, names, m rows
``tail head cost r1 .. rK``; vertices from 0.

In memory vertices always count from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from finopt.graph.resource import RANGE, ResourceGraph
from finopt.problem.array_types import Floats
from finopt.problem.errors import LISTED, InstanceError, Problem, shown
from finopt.problem.fields import LARGEST, SMALLEST

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MOST_VERTICES = 10_000_000
"""More than this in a file that names few of them is a misprint, and would not fit into memory."""

Row = tuple[int, list[str]]
"""A line's number and its words."""

Word = tuple[int, str]
"""A line's number and one of its words."""


@dataclass(frozen=True, eq=False, repr=False)
class FileGraph(ResourceGraph):
    """A :class:`ResourceGraph` from a file.

    Attributes
    ----------
    first : int
        What the file calls vertex 0.
    """

    first: int = 0


def read(text: str, source: str) -> FileGraph:
    """Parse a resource-constrained shortest path.

    Raises
    ------
    InstanceError
        With the problems found: line, rule and value.
    """
    rows = [(i, line.split()) for i, line in enumerate(text.split("\n"), 1) if line.strip()]
    rows = rows or [(1, [])]
    reader = _Reader(source)
    by_name = text.lstrip()[:1].isalpha()
    graph, first = (_zhu_wilhelm(rows, reader), 0) if by_name else (_or_library(rows, reader), 1)
    return FileGraph(**{f.name: getattr(graph, f.name) for f in fields(ResourceGraph)}, first=first)


def write(graph: ResourceGraph, source: str) -> str:
    """The graph as OR-Library text; its source becomes vertex 1 and its target vertex n.

    Raises
    ------
    InstanceError
        The format cannot hold the graph.
    """
    problems = list(_misfits(graph))
    if problems:
        raise InstanceError(problems, source)
    number = _numbers(graph)
    rows: list[Iterable[float]] = [(graph.vertices, graph.arcs, graph.resources)]
    rows += [[0] * graph.resources, graph.budget]
    rows += [[0] * graph.resources] * graph.vertices
    ends = np.column_stack([number[graph.tail], number[graph.head]]).tolist()
    figures = np.column_stack([graph.cost, graph.resource]).tolist()
    rows += [[*pair, *values] for pair, values in zip(ends, figures, strict=True)]
    return "".join(" ".join(map(_figure, row)) + "\n" for row in rows)


class _Reader:
    """Turns words into numbers and notes what is wrong with them."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.more = 0

    def fail(self, line: int, rule: str, value: str = "", subject: str = "") -> None:
        """Note a problem; `stop` raises all of them together."""
        self.problems.append(Problem(f"line {line}", rule, value, subject))

    def stop(self) -> None:
        """Raise what was noted, if anything."""
        if self.problems:
            raise InstanceError(self.problems, self.source, self.more)

    def some(self, wrong: Sequence[int]) -> Sequence[int]:
        """The first of many wrong things, which are to be noted; the others are only counted."""
        self.more += len(wrong[LISTED:])
        return wrong[:LISTED]

    def figures(self, words: Sequence[Word], what: str) -> Floats:
        """Words as figures of a ResourceGraph, 0 for those that are none."""
        values = np.array([float(w) if NUMBER.fullmatch(w) else np.nan for _, w in words])
        right = (values == 0) | ((values >= SMALLEST) & (values <= LARGEST))
        for i in self.some(np.flatnonzero(~right).tolist()):
            rule = RANGE if values[i] > 0 else "must be at least 0" if values[i] < 0 else "must be a number"
            self.fail(words[i][0], rule, shown(words[i][1]), what)
        return np.where(right, values, 0.0)

    def whole(self, words: Sequence[Word], low: int, high: float, what: str, rule: str) -> NDArray[np.int64]:
        """Words as whole numbers of a range, `low` for those that are none."""
        values = np.array([float(w) if NUMBER.fullmatch(w) else np.nan for _, w in words])
        right = (values >= low) & (values <= high) & (values == np.floor(values))
        for i in self.some(np.flatnonzero(~right).tolist()):
            self.fail(words[i][0], rule, shown(words[i][1]), what)
        return np.where(right, values, low).astype(np.int64)

    def count(self, word: Word, low: int, what: str, high: float = 1e9) -> int:
        """A word as a number of things."""
        rule = f"must be a whole number from {low} to {high:.0f}"
        return int(self.whole([word], low, high, what, rule)[0])

    def vertices(self, words: Sequence[Word], count: int, first: int, what: str) -> NDArray[np.int64]:
        """Words as vertices, from 0 on."""
        last = count - 1 + first
        rule = f"must be a vertex from {first} to {last}"
        return self.whole(words, first, last, what, rule) - first

    def widths(self, rows: Sequence[Row], width: int, rule: str) -> None:
        """Note the rows that have another number of words."""
        wrong = [i for i, (_, row) in enumerate(rows) if len(row) != width]
        for i in self.some(wrong):
            self.fail(rows[i][0], rule, f"{len(rows[i][1])} words")

    def arcs(self, words: list[Word], vertices: int, first: int, resources: int) -> _Arcs:
        """The rows of arcs, which are complete."""
        width = 3 + resources
        cut = [words[i::width] for i in range(width)]
        tail = self.vertices(cut[0], vertices, first, "tail")
        head = self.vertices(cut[1], vertices, first, "head")
        cost = self.figures(cut[2], "cost")
        use = [self.figures(column, f"resource {k + 1}") for k, column in enumerate(cut[3:])]
        self.problems.sort(key=lambda problem: int(problem.path.split()[1]))
        return _Arcs(tail, head, cost, np.column_stack(use))


@dataclass(frozen=True)
class _Arcs:
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    cost: Floats
    use: Floats


def _or_library(rows: list[Row], reader: _Reader) -> ResourceGraph:
    words = list(_words(rows))
    if len(words) < 3:
        reader.fail(rows[-1][0], "a file begins with n, m and K: vertices, arcs, resources")
        reader.stop()
    n = reader.count(words[0], 1, "n")
    m = reader.count(words[1], 0, "m")
    k = reader.count(words[2], 1, "K")
    reader.stop()
    _complete(reader, rows, words, (n, m, k))
    reader.stop()
    limits, passing, rest = words[3:][: 2 * k], words[3 + 2 * k :][: n * k], words[3 + (2 + n) * k :]
    lower = reader.figures(limits[:k], "lower limit")
    for i in reader.some(np.flatnonzero(lower).tolist()):
        reader.fail(limits[i][0], "lower limits above 0 are not supported", f"{lower[i]:g}", "lower limit")
    upper = reader.figures(limits[k:], "upper limit")
    consumption = reader.figures(passing, "consumption of a vertex").reshape(n, k)
    arcs = reader.arcs(rest, n, 1, k)
    if n == 1 and (consumption[0] > upper).any():
        reader.fail(passing[0][0], "the only vertex alone exceeds an upper limit")
    reader.stop()
    # A path leaves vertex 1 once and enters every other vertex on it once.
    use = arcs.use + consumption[arcs.head] + np.where(arcs.tail == 0, 1.0, 0.0)[:, None] * consumption[0]
    for arc in reader.some(np.flatnonzero((use > LARGEST).any(axis=1)).tolist()):
        rule = f"an arc and the vertices it joins may consume {LARGEST:g} together"
        reader.fail(rest[arc * (3 + k)][0], rule, f"{use[arc].max():.12g}")
    reader.stop()
    return ResourceGraph.build(n, arcs.tail, arcs.head, arcs.cost, use, 0, [n - 1], upper)


def _complete(reader: _Reader, rows: list[Row], words: list[Word], sizes: tuple[int, int, int]) -> None:
    """Whether the file has as many numbers as its sizes ask for; if not, where some are missing."""
    n, m, k = sizes
    needed, held = k * (2 + n) + m * (3 + k), len(words) - 3
    if needed == held:
        return
    if len(rows) == 3 + n + m:  # laid out as usual, so it can be said which row is wrong
        reader.widths(rows[1:3], k, f"a row of limits has K = {k} numbers")
        reader.widths(rows[3 : 3 + n], k, f"the row of a vertex has K = {k} numbers")
        reader.widths(rows[3 + n :], 3 + k, f"the row of an arc has tail, head, cost and K = {k} resources")
    elif held > needed:
        line, word = words[3 + needed]
        reader.fail(line, "the file should end after the last arc", shown(word))
    else:
        asked = f"n = {n}, m = {m} and K = {k} ask for {needed} numbers after them"
        reader.fail(words[-1][0], f"the file ends too early: {asked}", str(held))


def _zhu_wilhelm(rows: list[Row], reader: _Reader) -> ResourceGraph:
    if len(rows) < 5:
        reader.fail(rows[-1][0], "a file has names, sizes, names, limits, names, then a line per arc")
        reader.stop()
    for line, row in rows[0:5:2]:
        if NUMBER.fullmatch(row[0]):
            reader.fail(line, "this line has the names of the figures on the next", shown(" ".join(row)))
            reader.stop()
    sizes, limits, arc_rows = list(_words(rows[1:2])), list(_words(rows[3:4])), rows[5:]
    reader.widths(rows[1:2], 4, "this line has num_nodes, num_arcs, source and target")
    reader.stop()
    n = reader.count(sizes[0], 1, "num_nodes", MOST_VERTICES)
    m = reader.count(sizes[1], 0, "num_arcs")
    reader.stop()
    source = int(reader.vertices(sizes[2:3], n, 0, "source")[0])
    target = int(reader.vertices(sizes[3:4], n, 0, "target")[0])
    k = len(limits)
    if len(arc_rows) != m:
        reader.fail(sizes[1][0], f"num_arcs must be the number of arc rows, {len(arc_rows)}", str(m))
    budget = reader.figures(limits, "limit")
    reader.widths(arc_rows, 3 + k, f"the row of an arc has tail, head, cost and {k} resources")
    reader.stop()
    arcs = reader.arcs(list(_words(arc_rows)), n, 0, k)
    reader.stop()
    return ResourceGraph.build(n, arcs.tail, arcs.head, arcs.cost, arcs.use, source, [target], budget)


def _words(rows: Iterable[Row]) -> Iterator[Word]:
    return ((line, word) for line, row in rows for word in row)


def _misfits(graph: ResourceGraph) -> Iterator[Problem]:
    """Why an OR-Library file cannot hold a graph."""
    if graph.targets.size != 1:
        yield Problem("targets", "an OR-Library file has one target", str(graph.targets.size))
    elif graph.vertices > 1 and graph.source == graph.targets[0]:
        yield Problem("source", "an OR-Library file has a source that is not the target", str(graph.source))
    if graph.resources == 0:
        yield Problem("resource", "an OR-Library file has at least one resource", "0")
    for name in ("cost", "resource", "budget"):
        values = getattr(graph, name)
        wrong = values[(values != 0) & ((values < SMALLEST) | (values > LARGEST))]
        if wrong.size:
            yield Problem(name, RANGE, f"{wrong[0]:g}")


def _numbers(graph: ResourceGraph) -> NDArray[np.int64]:
    """The number of every vertex in the file: the source is swapped to 1, the target to n."""
    number = np.arange(1, graph.vertices + 1)
    for vertex, wanted in ((graph.source, 1), (int(graph.targets[0]), graph.vertices)):
        other = int(np.flatnonzero(number == wanted)[0])
        number[[vertex, other]] = number[[other, vertex]]
    return number


def _figure(value: float) -> str:
    """The shortest text that is read as the same number."""
    return str(int(value)) if value < 1e15 and value == int(value) else repr(float(value))
