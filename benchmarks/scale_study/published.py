"""The report on FIN as published: gap and time against gamma, lambda and size, and how its time grows."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from harness.growth import Point, by_size, fits
from harness.rows import PACKAGES, Row, grouped, known
from harness.tables import exponent, markdown, middle, most, percent, seconds, surroundings

from scale_study.plan import PUBLISHED, QUALITY, key_of

REFERENCE = "fin"
"""The same stages after the lossless reduction, with a growing gamma; it stands beside the published ones."""

FEWEST = 4
"""Different gammas, or sizes, from which on a fit says something."""

INTRO = """The three stages of the papers and nothing else (`fin-published`), gamma and lambda taken
literally; `fin` is ours, with the lossless reduction before them and a gamma that grows until the gap closes.
Random instances of `finopt.generate`. Gaps are relative to the proven optimum, over the instances with an
answer; *no answer*: rounding up or lambda loses every path. Times are medians over the instances, each run in
a process of its own; of repeated runs the fastest counts, which other work on the machine disturbs least.
Without an answer a run is longer: it looks for the number of levels that would do."""

LAMBDA = """The same instances without lambda (`none`) and with it. By *bound* an arc stays if the best energy
through it is at most (1 + lambda) times that of the cheapest path, whatever its latency: where the optimum
costs more than that, no path is left. By *levels* only paths that end on level lambda or above count."""

GROWTH = """time = a * gamma^b and a * arcs^b, least squares in log-log over the fastest run of each
instance. Constant costs (building the graph, checking the answer) weigh less on the larger half, whose
exponent says what the search does; on small instances they are nearly all of the time."""


class Parameters(NamedTuple):
    """gamma, and by which rule which lambda; all None for a method that is not FIN as published."""

    gamma: int | None
    lam_rule: str | None
    lam: float | None


def parameters(row: Row) -> Parameters:
    """With what a row was measured."""
    options = json.loads(row["options"])
    if row["method"] != PUBLISHED:
        return Parameters(None, None, None)
    lam = options.get("lam")
    return Parameters(options["gamma"], None if lam is None else options.get("lam_rule", "bound"), lam)


def fastest(rows: Iterable[Row]) -> list[Row]:
    """One row of each run, that of the least time where it was repeated."""
    timed = [row for row in rows if row.get("total_s") is not None and row["termination"] != "ERROR"]
    return [min(same, key=lambda row: row["total_s"]) for same in grouped(timed, key_of).values()]


def judged(rows: Sequence[Row]) -> list[Row]:
    """The rows of FIN as published and of the reference on instances whose optimum is proven."""
    best = QUALITY.optima(rows)
    return [
        row
        for row in QUALITY.with_gaps(rows)
        if best[QUALITY.key(row)] is not None and row["method"] in (PUBLISHED, REFERENCE)
    ]


def report(rows: Sequence[Row], picture: str | None) -> str:
    """The whole report."""
    known_rows = [row for row in rows if row["method"] != PUBLISHED or "gamma" in row["options"]]
    found = fastest(judged(known_rows))
    parts = ["# FIN as published: what gamma and lambda do", surroundings(rows[-1], PACKAGES), INTRO]
    parts += ["## Against gamma", _against_gamma(found)]
    parts += [f"![Gap against time]({picture})"] if picture else []
    parts += ["## Against lambda", *_against_lambda(found)]
    parts += ["## Against size", _against_size(found)]
    parts += ["## How the time grows", GROWTH, *_growth(known_rows)]
    return "\n\n".join(parts) + "\n"


# --- gap and time ---

FIGURES = ("instances", "no answer", "optimal", "gap: mean", "95 %", "worst", "time")


def _figures(rows: Sequence[Row]) -> list[str]:
    """The cells of `FIGURES`; *optimal* is the share of the instances whose answer is the optimum."""
    gaps = [max(0.0, gap) for gap in known(rows, "gap_to_optimum")]
    spread = [percent(statistics.fmean(gaps)), percent(percentile95(gaps))] if gaps else ["-", "-"]
    optimal = sum(gap < 1e-9 for gap in gaps) / len(rows)
    shares = [percent(1 - len(gaps) / len(rows)), percent(optimal)]
    return [str(len(rows)), *shares, *spread, most(gaps, percent), middle(known(rows, "total_s"), seconds)]


def percentile95(values: Sequence[float]) -> float:
    """What 95 % of the values do not exceed, between two of them in proportion."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _table(heads: Sequence[str], groups: Iterable[tuple[Sequence[str], Sequence[Row]]]) -> str:
    return markdown([*heads, *FIGURES], [[*name, *_figures(own)] for name, own in groups])


def _against_gamma(rows: Sequence[Row]) -> str:
    """All instances, nothing left out by lambda."""
    plain = [row for row in rows if parameters(row).lam is None]
    return _table(["gamma"], [([_gamma(key)], own) for key, own in _ordered(plain, parameters)])


def _against_lambda(rows: Sequence[Row]) -> Iterator[str]:
    """On the instances that were solved with some lambda."""
    some = {QUALITY.key(row) for row in rows if parameters(row).lam is not None}
    gammas = {parameters(row).gamma for row in rows if parameters(row).lam is not None}
    own = [row for row in rows if QUALITY.key(row) in some and parameters(row).gamma in gammas]
    if not own:
        yield "No runs with lambda."
        return
    yield LAMBDA
    groups = _ordered(own, parameters)
    yield _table(["gamma", "rule", "lambda"], [(_lambda(key), same) for key, same in groups])


def _against_size(rows: Sequence[Row]) -> str:
    """Nothing left out by lambda."""
    plain = [row for row in rows if parameters(row).lam is None]
    groups = _ordered(plain, lambda row: (row["nodes"], row["blocks"], *parameters(row)))
    lines = [([f"{key[0]} x {key[1]}", _gamma(Parameters(*key[2:]))], own) for key, own in groups]
    return _table(["nodes x blocks", "gamma"], lines)


def _ordered(rows: Sequence[Row], key: Callable[[Row], tuple[Any, ...]]) -> list[tuple[Any, list[Row]]]:
    """The rows of each key by growing keys; None counts as less than anything."""
    groups = grouped(rows, key)
    return sorted(groups.items(), key=lambda item: [(part is not None, part) for part in item[0]])


def _gamma(key: Parameters) -> str:
    return f"`{REFERENCE}`" if key.gamma is None else str(key.gamma)


def _lambda(key: Parameters) -> list[str]:
    return [str(key.gamma), key.lam_rule or "", "none" if key.lam is None else f"{key.lam:g}"]


# --- how the time grows ---


def _growth(rows: Sequence[Row]) -> Iterator[str]:
    for variable, series in (("gamma", growth_with_gamma(rows)), ("arcs", growth_with_arcs(rows))):
        few = f"Too few different {variable} for a fit."
        yield _growth_table(variable, series) if series else few


def growth_with_gamma(rows: Iterable[Row]) -> dict[str, list[Point]]:
    """(gamma, seconds) of each size on which enough gammas were measured, nothing left out by lambda."""
    sizes = grouped(_unpruned(rows), lambda row: f"{row['nodes']} x {row['blocks']}, {_kind(row)}")
    return {
        name: [(float(parameters(row).gamma or 0), row["total_s"]) for row in own]
        for name, own in sizes.items()
        if len({parameters(row).gamma for row in own}) >= FEWEST
    }


def growth_with_arcs(rows: Iterable[Row]) -> dict[str, list[Point]]:
    """(arcs, seconds) of each gamma and model with which enough networks were measured, as above."""
    gammas = grouped(
        _unpruned(rows),
        lambda row: f"gamma {parameters(row).gamma}, {row['blocks']} blocks, {_kind(row)}",
    )
    return {
        name: [(float(row["arcs"]), row["total_s"]) for row in own]
        for name, own in gammas.items()
        if len({row["nodes"] for row in own}) >= FEWEST
    }


def _kind(row: Row) -> str:
    """What of an instance is neither its size nor its seed."""
    return f"{row['topology']}, {row['configurations']} configurations, tightness {row['tightness']:g}"


def _unpruned(rows: Iterable[Row]) -> list[Row]:
    return [row for row in fastest(rows) if row["method"] == PUBLISHED and parameters(row).lam is None]


def _growth_table(variable: str, series: dict[str, list[Point]]) -> str:
    lines = []
    for name, points in series.items():
        sizes = by_size(points)
        ends = [f"{group[0][0]:g}" for group in (sizes[0], sizes[-1])]
        times = [middle([time for _, time in group], seconds) for group in (sizes[0], sizes[-1])]
        lines.append([name, " to ".join(ends), " to ".join(times), *map(exponent, fits(sizes))])
    head = ["instances", variable, "median time", f"b over {variable}", "b on the larger half"]
    return markdown(head, lines)
