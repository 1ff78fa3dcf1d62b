"""Latency of applications as stacked bars: computing and sending, in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from finopt.evaluation.contributions import contributions
from finopt.problem.application import Application
from finopt.problem.formatting import percent, quantity
from finopt.reporting.charts import COLOUR, ROW, Chart, bar, height, horizontal
from finopt.reporting.subject import TIERS, Subject
from finopt.reporting.words import in_picture, number, scaled, short

SHOWN = 25
"""Bars: of more applications those nearest to their limits."""


class Piece(NamedTuple):
    """A run of computing on a node, or of sending over a link."""

    kind: str
    where: str
    seconds: float


class Bar(NamedTuple):
    """One application: what its latency is made of, in the order of time."""

    application: Application
    latency: float
    pieces: list[Piece]

    @property
    def in_words(self) -> str:
        """Latency, limit and which kind of both."""
        latency, limit = quantity(self.latency, "s"), quantity(self.application.max_latency, "s")
        share = percent(self.latency / self.application.max_latency)
        return f"{latency} of {limit} ({share}, {self.application.latency})"


def latency_chart(subject: Subject) -> Chart | None:
    """The bars of the applications nearest to their limits; in seconds for one, else as shares of limits."""
    if subject.placed is None or not len(subject.placed):
        return None
    nearest = np.argsort(-subject.of_limit, kind="stable")[:SHOWN]
    bars = [_bar(subject, int(i)) for i in nearest]
    count, all_of_them = len(bars), len(subject.placed)
    relative = not subject.alone
    title = "Latency and what it is made of"
    if count < all_of_them:
        title += f": the {count} applications of {all_of_them} nearest to their limits"
    factors = [1 / one.application.max_latency if relative else 1.0 for one in bars]
    longest = [max(one.latency, one.application.max_latency) for one in bars]
    factor, unit = (100.0, "% of the limit") if relative else scaled(longest, "s")
    scale = [factor * own for own in factors]
    limits = [one.application.max_latency * own for one, own in zip(bars, scale, strict=True)]
    data = [*_traces(subject, bars, scale), _limits(bars, limits)]
    axes = horizontal(
        [in_picture(one.application.id) for one in bars],
        f"latency [{unit}]",
        range=[0, 1.05 * factor * max(a * b for a, b in zip(longest, factors, strict=True))],
    )
    alt = "; ".join(f"{short(one.application.id)}: {one.in_words}" for one in bars[:5])
    kinds = (
        {p.kind for one in bars for p in one.pieces},
        {_tier(subject, p) for one in bars for p in one.pieces},
    )
    return Chart(
        "latency", title, alt, data, axes, height(count), ("application", "latency", "made of"), _rows(bars),
        _legend(*kinds),
    )  # fmt: skip


def _bar(subject: Subject, number: int) -> Bar:
    """An application, with runs on one node and over one link as one piece."""
    application = subject.application(number)
    parts = contributions(subject.instance, application, subject.placements[number])
    pieces = [
        Piece(kind, where, float(sum((part.seconds for part in run), Fraction(0))))
        for (kind, where), run in groupby(parts, key=lambda part: (part.kind, part.where))
    ]
    return Bar(application, float(subject.columns["latency"][number]), [p for p in pieces if p.seconds])


def _tier(subject: Subject, piece: Piece) -> str:
    return subject.instance.node(piece.where).tier if piece.kind == "computing" else ""


def _traces(subject: Subject, bars: Sequence[Bar], scale: Sequence[float]) -> list[dict[str, Any]]:
    """The first pieces of all bars, the second ones, and so on."""
    traces = []
    for k in range(max(len(one.pieces) for one in bars)):
        own = [one.pieces[k] if k < len(one.pieces) else None for one in bars]
        lengths = [number(p.seconds * s) if p else None for p, s in zip(own, scale, strict=True)]
        colours = [_colour(subject, piece) if piece else COLOUR["limit"] for piece in own]
        hover = [
            f"{in_picture(one.application.id, 60)}<br>{_in_words(piece, in_picture)}" if piece else ""
            for one, piece in zip(bars, own, strict=True)
        ]
        traces.append(bar(lengths, colours, hover))
    return traces


def _colour(subject: Subject, piece: Piece) -> str:
    return COLOUR[_tier(subject, piece) or piece.kind]


def _in_words(piece: Piece, name: Any) -> str:
    on = "on" if piece.kind == "computing" else "over"
    return f"{piece.kind} {on} {name(piece.where)}: {quantity(piece.seconds, 's')}"


def _limits(bars: Sequence[Bar], limits: Sequence[float]) -> dict[str, Any]:
    """A mark at each limit."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [number(limit) for limit in limits],
        "y": list(range(len(bars))),
        "marker": {
            "symbol": "line-ns-open",
            "size": ROW - 8,
            "color": COLOUR["limit"],
            "line": {"width": 2.5, "color": COLOUR["limit"]},
        },
        "hovertext": [f"limit of {in_picture(one.application.id, 60)}: {one.in_words}" for one in bars],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _rows(bars: Sequence[Bar]) -> list[tuple[str, str, str]]:
    return [
        (short(one.application.id), one.in_words, "; ".join(_in_words(piece, short) for piece in one.pieces))
        for one in bars
    ]


def _legend(kinds: set[str], tiers: set[str]) -> tuple[tuple[str, str], ...]:
    computing = [(COLOUR[tier], f"computing: {tier}") for tier in reversed(TIERS) if tier in tiers]
    others = [(COLOUR[kind], kind) for kind in ("sending", "returning") if kind in kinds]
    return (*computing, *others, (COLOUR["limit"], "limit"))
