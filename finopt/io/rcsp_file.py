"""Standard files of the resource-constrained shortest path: OR-Library and Zhu-Wilhelm text.

OR-Library (Beasley and Christofides, Networks 19, 1989), numbers separated by any white space:
``n m K``, K lower limits, K upper limits, n rows with what passing a vertex consumes, m rows
``tail head cost r1 .. rK``; vertices 1 to n, the path leads from 1 to n.

Zhu and Wilhelm (2013), line by line: names, ``n m source target``, names, K limits, names, m rows
``tail head cost r1 .. rK``; vertices from 0.

In memory vertices always count from 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from finopt.graph.resource import RANGE, ResourceGraph
from finopt.io.number_text import NumberText
from finopt.problem.array_types import Floats
from finopt.problem.errors import LISTED, LONGEST, InstanceError, Problem, shown
from finopt.problem.fields import LARGEST, SMALLEST

MOST_VERTICES = 10_000_000
"""More than this in a file that names few of them is a misprint, and would not fit into memory."""


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
    reader = _Reader(source, NumberText(text))
    by_name = len(reader.words) > 0 and reader.words.word(0)[0].isalpha()
    graph, first = (_zhu_wilhelm(reader), 0) if by_name else (_or_library(reader), 1)
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
    """Takes numbers out of a text and notes what is wrong with them; ranges are of its words."""

    def __init__(self, source: str, words: NumberText) -> None:
        self.source, self.words = source, words
        self.problems: list[Problem] = []
        self.more = 0

    def fail(self, line: int, rule: str, value: str = "", subject: str = "") -> None:
        """Note a problem; `stop` raises all of them together."""
        self.problems.append(Problem(f"line {line}", rule, value, subject))

    def wrong(self, word: int, rule: str, subject: str = "") -> None:
        """Note a problem with a word, which is shown."""
        self.fail(self.words.line(word), rule, shown(self.words.word(word)), subject)

    def stop(self) -> None:
        """Raise what was noted, if anything."""
        if self.problems:
            raise InstanceError(self.problems, self.source, self.more)

    def some(self, wrong: Sequence[int]) -> Sequence[int]:
        """The first of many wrong things, which are to be noted; the others are only counted."""
        self.more += len(wrong[LISTED:])
        return wrong[:LISTED]

    def values(self, at: range) -> Floats:
        """Words as numbers, nan for those that are none."""
        return self.words.values[at.start : at.stop : at.step]

    def figures(self, at: range, what: str) -> Floats:
        """Words as figures of a ResourceGraph, 0 for those that are none."""
        values = self.values(at)
        right = (values == 0) | ((values >= SMALLEST) & (values <= LARGEST))
        for i in self.some(np.flatnonzero(~right).tolist()):
            rule = RANGE if values[i] > 0 else "must be at least 0" if values[i] < 0 else "must be a number"
            self.wrong(at[i], rule, what)
        return np.where(right, values, 0.0)

    def whole(self, at: range, low: int, high: float, what: str, rule: str) -> NDArray[np.int64]:
        """Words as whole numbers of a range, `low` for those that are none."""
        values = self.values(at)
        right = (values >= low) & (values <= high) & (values == np.floor(values))
        for i in self.some(np.flatnonzero(~right).tolist()):
            self.wrong(at[i], rule, what)
        return np.where(right, values, low).astype(np.int64)

    def count(self, word: int, low: int, what: str, high: float = 1e9) -> int:
        """A word as a number of things."""
        rule = f"must be a whole number from {low} to {high:.0f}"
        return int(self.whole(range(word, word + 1), low, high, what, rule)[0])

    def vertices(self, at: range, count: int, first: int, what: str) -> NDArray[np.int64]:
        """Words as vertices, from 0 on."""
        last = count - 1 + first
        rule = f"must be a vertex from {first} to {last}"
        return self.whole(at, first, last, what, rule) - first

    def widths(self, rows: range, width: int, rule: str) -> None:
        """Note the rows that have another number of words."""
        ends = np.append(self.words.row_start, len(self.words))[rows.start : rows.stop + 1]
        found = np.diff(ends)
        for i in self.some(np.flatnonzero(found != width).tolist()):
            self.fail(int(self.words.row_line[rows[i]]), rule, f"{found[i]} words")

    def arcs(self, first_word: int, vertices: int, first: int, resources: int) -> _Arcs:
        """The rows of arcs, which are complete and end the text."""
        width = 3 + resources
        cut = [range(first_word + i, len(self.words), width) for i in range(width)]
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


def _or_library(reader: _Reader) -> ResourceGraph:
    words = reader.words
    if len(words) < 3:
        reader.fail(words.last_line, "a file begins with n, m and K: vertices, arcs, resources")
        reader.stop()
    n = reader.count(0, 1, "n")
    m = reader.count(1, 0, "m")
    k = reader.count(2, 1, "K")
    reader.stop()
    _complete(reader, (n, m, k))
    reader.stop()
    limits, passing, rest = 3, 3 + 2 * k, 3 + (2 + n) * k
    lower = reader.figures(range(limits, limits + k), "lower limit")
    for i in reader.some(np.flatnonzero(lower).tolist()):
        rule = "lower limits above 0 are not supported"
        reader.fail(words.line(limits + i), rule, f"{lower[i]:g}", "lower limit")
    upper = reader.figures(range(limits + k, passing), "upper limit")
    consumption = reader.figures(range(passing, rest), "consumption of a vertex").reshape(n, k)
    arcs = reader.arcs(rest, n, 1, k)
    if n == 1 and (consumption[0] > upper).any():
        reader.fail(words.line(passing), "the only vertex alone exceeds an upper limit")
    reader.stop()
    # A path leaves vertex 1 once and enters every other vertex on it once.
    use = arcs.use + consumption[arcs.head] + np.where(arcs.tail == 0, 1.0, 0.0)[:, None] * consumption[0]
    for arc in reader.some(np.flatnonzero((use > LARGEST).any(axis=1)).tolist()):
        rule = f"an arc and the vertices it joins may consume {LARGEST:g} together"
        reader.fail(words.line(rest + arc * (3 + k)), rule, f"{use[arc].max():.12g}")
    reader.stop()
    return ResourceGraph.build(n, arcs.tail, arcs.head, arcs.cost, use, 0, [n - 1], upper)


def _complete(reader: _Reader, sizes: tuple[int, int, int]) -> None:
    """Whether the file has as many numbers as its sizes ask for; if not, where some are missing."""
    n, m, k = sizes
    words = reader.words
    needed, held = k * (2 + n) + m * (3 + k), len(words) - 3
    if needed == held:
        return
    if len(words.row_start) == 3 + n + m:  # laid out as usual, so it can be said which row is wrong
        reader.widths(range(1, 3), k, f"a row of limits has K = {k} numbers")
        reader.widths(range(3, 3 + n), k, f"the row of a vertex has K = {k} numbers")
        rule = f"the row of an arc has tail, head, cost and K = {k} resources"
        reader.widths(range(3 + n, 3 + n + m), 3 + k, rule)
    elif held > needed:
        reader.wrong(3 + needed, "the file should end after the last arc")
    else:
        asked = f"n = {n}, m = {m} and K = {k} ask for {needed} numbers after them"
        reader.fail(words.last_line, f"the file ends too early: {asked}", str(held))


def _zhu_wilhelm(reader: _Reader) -> ResourceGraph:
    words = reader.words
    rows = len(words.row_start)
    if rows < 5:
        reader.fail(words.last_line, "a file has names, sizes, names, limits, names, then a line per arc")
        reader.stop()
    for row in (words.row(number) for number in (0, 2, 4)):
        if not np.isnan(words.values[row.start]):
            text = " ".join(words.word(i) for i in row[:LONGEST])
            rule = "this line has the names of the figures on the next"
            reader.fail(words.line(row.start), rule, shown(text))
            reader.stop()
    sizes, limits, first_arc = words.row(1), words.row(3), words.row(4).stop
    reader.widths(range(1, 2), 4, "this line has num_nodes, num_arcs, source and target")
    reader.stop()
    n = reader.count(sizes[0], 1, "num_nodes", MOST_VERTICES)
    m = reader.count(sizes[1], 0, "num_arcs")
    reader.stop()
    source = int(reader.vertices(sizes[2:3], n, 0, "source")[0])
    target = int(reader.vertices(sizes[3:4], n, 0, "target")[0])
    k = len(limits)
    if rows - 5 != m:
        rule = f"num_arcs must be the number of arc rows, {rows - 5}"
        reader.fail(words.line(sizes[1]), rule, str(m))
    budget = reader.figures(limits, "limit")
    reader.widths(range(5, rows), 3 + k, f"the row of an arc has tail, head, cost and {k} resources")
    reader.stop()
    arcs = reader.arcs(first_arc, n, 0, k)
    reader.stop()
    return ResourceGraph.build(n, arcs.tail, arcs.head, arcs.cost, arcs.use, source, [target], budget)


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
