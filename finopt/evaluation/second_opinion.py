"""Where the two judges of placements, `evaluate` and `independent`, say different things."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

from finopt.evaluation.account import Evaluation
from finopt.evaluation.independent import Rule, Verdict
from finopt.problem.objective import TOTAL, Figure

ROUNDED = 1e-12
"""Figures of an evaluation are fractions rounded once, or sums in doubles with a bound on the error."""

LOADS = {"compute": "node", "memory": "node", "bandwidth": "link"}


def disagreements(evaluation: Evaluation, verdict: Verdict, minimised: Figure = "energy") -> Iterator[str]:
    """Every figure and every rule of which the two say different things, in words.

    The second judge knows nothing of what was placed before: what moving costs is taken as it is said.
    """
    totals = {"power": verdict.power, "carbon": verdict.total_carbon, "cost": verdict.total_cost}
    total = totals[TOTAL[minimised]]
    objective = None if total is None else total + Fraction(evaluation.moving)
    yield from _apart("the objective", _known(evaluation.objective), {"": objective})
    for name, judged in totals.items():
        yield from _apart(f"the total {name}", _known(getattr(evaluation, name)), {"": judged})
    own = evaluation.applications
    yield from _apart("the energy of application", {a.application: a.energy for a in own}, verdict.energy)
    yield from _apart("the carbon of application", {a.application: a.carbon for a in own}, verdict.carbon)
    yield from _apart("the cost of application", {a.application: a.cost for a in own}, verdict.cost)
    yield from _apart("the latency of application", {a.application: a.latency for a in own}, verdict.latency)
    for rule, kind in LOADS.items():
        loads = {name: load.used for name, load in getattr(evaluation, rule).items()}
        other = {name: load for (r, _, name), load in verdict.loads.items() if r == rule}
        yield from _apart(f"the {rule} load of {kind}", loads, {name: other.get(name, 0) for name in loads})
    yield from _rules({(v.rule, v.kind, v.object_id) for v in evaluation.violations}, verdict.broken)


def _known(total: float) -> dict[str, float | None]:
    return {"": None if math.isnan(total) else total}


def _apart(
    what: str, figures: Mapping[str, float | None], others: Mapping[str, Fraction | int | None]
) -> Iterator[str]:
    for name in sorted(figures.keys() | others.keys()):
        one, other = figures.get(name), others.get(name)
        if not _same(one, other):
            yield f"{what}{f' {name!r}' if name else ''} is {_shown(other)} and not {_shown(one)}"


def _same(one: float | None, other: Fraction | int | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=ROUNDED)


def _shown(value: float | Fraction | None) -> str:
    return "unknown" if value is None else repr(float(value))


def _rules(one: set[Rule], other: set[Rule]) -> Iterator[str]:
    for rule, kind, name in sorted(one ^ other):
        verb = "breaks" if (rule, kind, name) in other else "does not break"
        yield f"{kind} {name!r} {verb} rule {rule!r}"
