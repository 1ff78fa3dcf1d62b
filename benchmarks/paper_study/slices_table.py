"""The report's section on slices as decisions: power per number of users, savings, and the claim."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from harness.quality import TOLERANCE
from harness.rows import Row
from harness.tables import markdown

from finopt.problem.formatting import percent, quantity
from paper_study import slices, users
from paper_study.fixed_plans import PLANS
from paper_study.scenario import BY_NETWORK, BY_USER, FIGURES, SCRIPTS

INTRO = """One edge server and one cloud with what the scripts allot to all networks together. *Decided*:
both have slices, and which of them every user reserves is found together with its placement. *Equal shares*:
every user has its part beforehand, and places its blocks with it as is best for it, by MCP, or by a fixed
plan. *By network* each network's users split what the scripts allot to it (B-ResNet 77 %, B-LeNet 15 %,
B-AlexNet 8 %), as above; *by user* all have the same. An operation takes the same energy in every slice, and
all users make one inference per second; the powers above, with a node's whole power for every user, are other
ones. In brackets what deciding slices and placements together saves. The means of the claims are over the
numbers of users at which both have a plan, those of the fixed plans over all four plans."""

WITHIN = {
    SCRIPTS: """Within the limits of the scripts for several users (B-AlexNet and B-ResNet 5 ms and 50 %,
B-LeNet 0.1 ms and 95 %) the best plan of every user stays on the device. It needs no slice, so there is
nothing to decide, and the saving over equal shares is zero. What is saved over MCP is due to MCP's choice of
nodes and exits; it is less where small shares make MCP stop at an earlier exit.""",
    FIGURES: """Within the limits of the figures for one user (B-AlexNet and B-ResNet 5 ms and 80 %, B-LeNet
20 microseconds and 95 %) B-AlexNet and B-LeNet have to leave the device, and slices decide how late they may.
Who has a small share leaves earlier, or for the cloud, and an operation there takes more energy; B-ResNet
stays on the device and leaves its share unused. Decided slices give it to those who need it: they save what
the table says, and serve users whom the same servers in equal parts by network do not. The saving over MCP is
far below 89 %: all need their last exit, so MCP computes no more blocks than others, and no plan within these
limits takes less than the decided one, which is proven to be optimal. The table ends at 20 users, as the
authors' scripts do; with 40 of each network `fin` stopped at its limit of 60 s without a plan, although there
is one with equal shares by user.""",
}
"""What the tables say, and why."""

NAMES = {
    SCRIPTS: "limits of the scripts",
    FIGURES: "limits of the figures",
}
SHARES = {BY_NETWORK: "by network", BY_USER: "by user"}
BEST = "best placement"


def section(rows: Sequence[Row]) -> str:
    """Both tables with what they say."""
    parts = [INTRO]
    for limits in slices.LIMITS:
        parts += [WITHIN[limits], _table(rows, limits)]
    return "\n\n".join(parts)


def _table(rows: Sequence[Row], limits: str) -> str:
    own = [row for row in rows if row["limits"] == limits]
    kinds = dict.fromkeys((row["shares"], row["method"]) for row in own)
    lines = [[_name(*kind), *(_cell(own, limits, *kind, count) for count in users.USERS)] for kind in kinds]
    return markdown(["users of each network", *map(str, users.USERS)], lines)


def _name(shares: str, method: str) -> str:
    if shares == slices.DECIDED:
        return f"decided, `{method}`"
    shown = {slices.JOINT: BEST, slices.ALONE: f"`{method}`"}.get(method, method)
    return f"equal shares {SHARES[shares]}: {shown}"


def _cell(rows: Sequence[Row], limits: str, shares: str, method: str, count: int) -> str:
    found = slices.power(rows, limits, shares, method).get(count)
    if found is None:
        return "no plan"
    if shares != slices.DECIDED:
        return f"{quantity(found, 'W')}{_saved(rows, limits, shares, method, count)}"
    (row,) = (r for r in rows if (r["shares"], r["method"], r["users"]) == (shares, method, count))
    return quantity(found, "W") + ("" if row["status"] == "OPTIMAL" else f" (gap {percent(row['gap'])})")


def _saved(rows: Sequence[Row], limits: str, shares: str, method: str, count: int) -> str:
    saving = slices.savings(rows, limits, shares, method).get(count)
    return "" if saving is None else f" ({percent(_clean(saving))})"


def _clean(share: float) -> float:
    return 0.0 if abs(share) < TOLERANCE else share


# ---------------------------------------------------------------- claims


def claims(rows: Sequence[Row], claimed: float) -> Iterator[list[str]]:
    """The claim for several applications, slices decided: over MCP, equal shares, and the fixed plans."""
    others = {"MCP": [slices.ALONE], "fixed equal shares": [slices.JOINT], "the fixed plans": list(PLANS)}
    for limits in slices.LIMITS:
        for name, methods in others.items():
            yield _claim(rows, limits, name, methods, claimed)


def _claim(rows: Sequence[Row], limits: str, name: str, methods: Sequence[str], claimed: float) -> list[str]:
    """One line; it holds where every mean reaches what is claimed."""
    means, shown = [], []
    for split, words in SHARES.items():
        saved = [s for m in methods for s in slices.savings(rows, limits, split, m).values()]
        means.append(statistics.mean(saved))
        shown.append(f"{percent(_clean(means[-1]))} ({_range(saved)}) with shares {words}")
    claim = f"{percent(claimed)} with several applications, slices decided, {NAMES[limits]}: over {name}"
    return [f"saves over {claim}", ", ".join(shown), "yes" if min(means) >= claimed else "no, see below"]


def _range(saved: Sequence[float]) -> str:
    return f"{percent(_clean(min(saved)))} to {percent(_clean(max(saved)))}"
