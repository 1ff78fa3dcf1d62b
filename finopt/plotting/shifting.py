"""Shift nodes within their rows until few links run behind nodes or across each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Literal

import numpy as np

from finopt.plotting.geometry import Box

Key = tuple[Literal["node", "field"], str]

HIDDEN, CROSSING, LENGTH = 100.0, 15.0, 0.05
"""What counts how much: a link behind a node, two links that cross, a point of length."""

ASIDE = 0.01
"""And a point from the middle: pictures are balanced where nothing else decides."""

RIM, CLEAR = 7.0, 7.0
"""From the nodes to the ends of the rows, and from links to nodes they pass [pt]."""

STARTS, SWEEPS, FEW = 8, 4, 15
"""So many starts if there are few nodes, else one; so many sweeps over the nodes from each."""


def shift(
    rows: Sequence[Mapping[Key, Box]],
    links: Mapping[tuple[Key, Key], float],
    span: tuple[float, float],
    apart: float,
) -> dict[Key, Box]:
    """The boxes at better places in their rows, within the span and so far apart.

    Coordinate descent: one node is moved, or two neighbours change places, as long as it helps; from several
    orders to start with, always the same ones.
    """
    draw = Random(0)
    found = []
    for start in range(STARTS if sum(map(len, rows)) <= FEW else 1):
        mixed = [draw.sample(list(row), len(row)) if start else list(row) for row in rows]
        search = _Search(
            [spread(row, order, span, apart) for row, order in zip(rows, mixed, strict=True)],
            links,
            span,
            apart,
        )
        search.descend()
        found.append(search)
    return min(found, key=lambda search: search.best).boxes()


def spread(
    row: Mapping[Key, Box], order: Sequence[Key], span: tuple[float, float], apart: float
) -> dict[Key, Box]:
    """The boxes of a row in that order, with equal gaps, smaller at the ends where they have to be."""
    low, high = span
    free = high - low - sum(box.width for box in row.values())
    gap = end = free / (len(row) + 1)
    if gap < apart and len(row) > 1:
        gap, end = (free - 2 * RIM) / (len(row) - 1), RIM
    line, left = {}, low + end
    for key in order:
        line[key] = row[key].moved(left - row[key].left, 0.0)
        left += row[key].width + gap
    return line


class _Search:
    def __init__(
        self,
        rows: Sequence[Mapping[Key, Box]],
        links: Mapping[tuple[Key, Key], float],
        span: tuple[float, float],
        apart: float,
    ) -> None:
        self.given = {key: box for row in rows for key, box in row.items()}
        place = {key: i for i, key in enumerate(self.given)}
        self.rows = [[place[key] for key in row] for row in rows]
        boxes = self.given.values()
        self.x, self.y = (np.array([box.centre[k] for box in boxes]) for k in (0, 1))
        self.width = np.array([box.width for box in boxes])
        self.height = np.array([box.height for box in boxes])
        self.inset = np.array([box.spine()[0] - box.left for box in boxes])
        (self.low, self.high), self.apart = span, apart
        self.a = np.array([place[a] for a, _ in links], dtype=int)
        self.b = np.array([place[b] for _, b in links], dtype=int)
        self.weight = np.array(list(links.values()))
        self.best = self.cost(self.x)

    def boxes(self) -> dict[Key, Box]:
        """The boxes where they are now, all together in the middle."""
        x, half = self.x, self.width / 2
        aside = (self.low + self.high - (x - half).min() - (x + half).max()) / 2 if len(x) else 0.0
        shifts = zip(self.given.items(), (x + aside).tolist(), strict=True)
        return {key: box.moved(at - box.centre[0], 0.0) for (key, box), at in shifts}

    def descend(self) -> None:
        """Sweep until nothing helps any more."""
        for _ in range(SWEEPS):
            if not self.sweep():
                return

    def sweep(self) -> bool:
        """Try every node once; whether it helped."""
        before = self.best
        for row in self.rows:
            for i in row:
                self._move(row, i)
            for k in range(len(row) - 1):
                order = sorted(row, key=lambda i: float(self.x[i]))
                self._swap(order[k], order[k + 1])
        return self.best < before - 1e-6

    def cost(self, x: Any) -> float:
        """How bad a picture is with the nodes there."""
        aside = ASIDE * float(np.abs(x - (self.low + self.high) / 2).sum())
        if not len(self.a):
            return aside
        start, end = self._ends(x)
        length = np.hypot(end - start, self.y[self.b] - self.y[self.a])
        return (
            aside
            + HIDDEN * self._hidden(x, start, end)
            + CROSSING * self._crossings(start, end)
            + LENGTH * float(self.weight @ length)
        )

    def _ends(self, x: Any) -> tuple[Any, Any]:
        """Where the links start and end, as in :func:`finopt.plotting.geometry.joined`."""
        reach = self.width / 2 - self.inset
        low, high = x - reach, x + reach
        middle = (np.maximum(low[self.a], low[self.b]) + np.minimum(high[self.a], high[self.b])) / 2
        return tuple(np.clip(middle, low[i], high[i]) for i in (self.a, self.b))

    def _hidden(self, x: Any, start: Any, end: Any) -> float:
        """Pairs of a link and a node it runs behind."""
        t = np.linspace(0, 1, 40)[:, None]
        px = start + t * (end - start)
        py = self.y[self.a] + t * (self.y[self.b] - self.y[self.a])
        near_x = np.abs(px[:, :, None] - x) < self.width / 2 + CLEAR
        near_y = np.abs(py[:, :, None] - self.y) < self.height / 2 + CLEAR
        hidden = (near_x & near_y).any(axis=0)
        links = np.arange(len(self.a))
        hidden[links, self.a] = hidden[links, self.b] = False
        return float(self.weight @ hidden.sum(axis=1))

    def _crossings(self, start: Any, end: Any) -> float:
        """Pairs of links that cross, those that share a node left out."""
        p = np.stack([start, self.y[self.a]], axis=1)
        q = np.stack([end, self.y[self.b]], axis=1)
        side_p, side_q = _sides(p, q, p), _sides(p, q, q)
        across = side_p * side_q < -1e-9
        both = across & across.T
        return float(self.weight @ both @ self.weight) / 2

    def _move(self, row: Sequence[int], i: int) -> None:
        others = [j for j in row if j != i]
        room = self.width[i] / 2 + RIM
        count = 25 if len(self.x) <= FEW else 13
        for at in np.linspace(self.low + room, self.high - room, count).tolist():
            if all(abs(at - self.x[j]) >= (self.width[i] + self.width[j]) / 2 + self.apart for j in others):
                self._try({i: at})

    def _swap(self, left: int, right: int) -> None:
        start = self.x[left] - self.width[left] / 2
        end = self.x[right] + self.width[right] / 2
        self._try({right: start + self.width[right] / 2, left: end - self.width[left] / 2})

    def _try(self, places: Mapping[int, float]) -> None:
        x = self.x.copy()
        for i, at in places.items():
            x[i] = at
        cost = self.cost(x)
        if cost < self.best - 1e-6:
            self.x, self.best = x, cost


def _sides(p: Any, q: Any, points: Any) -> Any:
    """For each line from p to q on which side of it each point is: positive is left."""
    along = (q - p)[:, None, :]
    away = points[None, :, :] - p[:, None, :]
    return along[..., 0] * away[..., 1] - along[..., 1] * away[..., 0]
