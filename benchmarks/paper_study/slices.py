"""Users of the three networks on one edge server and one cloud: decided slices beside fixed equal shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from harness.rows import Row

from finopt.problem.instance import Instance
from paper_study import users
from paper_study.fixed_plans import PLANS
from paper_study.scenario import BY_NETWORK, BY_USER, FIGURES, SCRIPTS, decided, equally

COLUMNS = ("limits", "shares", *users.COLUMNS[1:])

DECIDED = "decided"
EQUAL = (BY_NETWORK, BY_USER)
LIMITS = (SCRIPTS, FIGURES)

METHODS = ("milp", "fin")
"""Both decide slices and placements together."""

JOINT, ALONE = "fin", users.ALONE


def study(tick: Callable[[], object] = lambda: None) -> list[Row]:
    """A row per pair of limits and shares, number of users, and method."""
    rows = []
    for limits in LIMITS:
        for count in users.USERS:
            rows += list(answers(limits, count))
            tick()
    return rows


def answers(limits: str, count: int) -> Iterator[Row]:
    """Slices and placements together, then what can be done with either kind of fixed equal shares."""
    common = {"limits": limits, "users": count}
    instance = decided(count, limits)
    for method in METHODS:
        yield common | {"shares": DECIDED} | _solved(instance, method)
    for split in EQUAL:
        for row in _fixed(equally(count, limits, split)):
            yield common | {"shares": split} | row


def _fixed(instance: Instance) -> Iterator[Row]:
    """The best placement, MCP, and the plans, each user with what it has."""
    yield _solved(instance, JOINT)
    yield _row(instance, ALONE, users.of_plans(instance, users.by_mcp(instance)))
    for name, plan in PLANS.items():
        yield _row(instance, name, users.of_plans(instance, users.by_plan(instance, plan)))


def _solved(instance: Instance, method: str) -> Row:
    return _row(instance, method, users.solved(instance, method))


def _row(instance: Instance, method: str, figures: Row) -> Row:
    return {"applications": len(instance.applications), "method": method, **figures}


def power(rows: Sequence[Row], limits: str, shares: str, method: str) -> dict[int, float]:
    """The power [W] at each number of users for which there is a plan."""
    own = (r for r in rows if (r["limits"], r["shares"], r["method"]) == (limits, shares, method))
    return {row["users"]: row["power_w"] for row in own if row.get("power_w") is not None}


def savings(rows: Sequence[Row], limits: str, shares: str, method: str) -> dict[int, float]:
    """What deciding slices and placements together saves, at each number of users with both plans."""
    best, other = power(rows, limits, DECIDED, JOINT), power(rows, limits, shares, method)
    return {count: 1 - best[count] / other[count] for count in best if count in other}
