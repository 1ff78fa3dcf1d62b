"""The cuts of the digits network as a page."""

from __future__ import annotations

from collections.abc import Sequence

from harness.tables import markdown

from digits_study.runs import CutFigures, ExitFigures
from finopt.problem.formatting import quantity

NEAR = 0.25
"""By so much may a measured median be off its prediction."""

NO_WORSE = 0.05
"""By so much may its measured energy exceed that of the best cut: two runs of one cut differ so."""


def report(cuts: Sequence[CutFigures], plan: CutFigures, surroundings: str) -> str:
    """Tables and verdicts."""
    best = min(cuts, key=lambda cut: cut.measured)
    lines = [
        "# Plans that run",
        "",
        "`python benchmarks/digits.py`: every feasible cut of the digits network (instances/digits) over"
        f" three nodes, {plan.samples} samples each. Energy of a sample: seconds that nodes compute times"
        " their power, and what links take for the bits that are sent. Links are emulated, computing is"
        " real, outputs are compared with the whole model.",
        "",
        surroundings,
        "",
        *verdicts(cuts, plan, best),
        "",
        "## Every cut",
        "",
        markdown(
            ("blocks on", "energy predicted", "energy measured", "equal outputs"), map(_row, ordered(cuts))
        ),
        "",
        "## Latency of the plan",
        "",
        markdown(("exit", "samples", "predicted", "median", "off"), map(_exit_row, plan.exits)),
        "",
    ]
    return "\n".join(lines)


def verdicts(cuts: Sequence[CutFigures], plan: CutFigures, best: CutFigures) -> list[str]:
    """What is to be shown, and whether it holds."""
    equal, samples = sum(cut.equal for cut in cuts), sum(cut.samples for cut in cuts)
    worst = max(plan.exits, key=lambda exit_: abs(exit_.error))
    above = plan.measured / best.measured - 1
    return [
        f"- Exits and outputs as of the whole model: {equal} of {samples} samples.",
        f"- Median latency of the plan within {NEAR:.0%} of the prediction at every exit:"
        f" {_yes(abs(worst.error) <= NEAR)} (furthest off {worst.error:+.1%}, at {worst.name}).",
        f"- Measured energy of the plan no worse than that of the best cut, {_nodes(best)}:"
        f" {_yes(above <= NO_WORSE)} ({above:+.1%}).",
    ]


def holds(cuts: Sequence[CutFigures], plan: CutFigures) -> bool:
    """Whether every verdict is a yes."""
    best = min(cuts, key=lambda cut: cut.measured)
    return (
        all(cut.equal == cut.samples for cut in cuts)
        and all(abs(exit_.error) <= NEAR for exit_ in plan.exits)
        and plan.measured <= best.measured * (1 + NO_WORSE)
    )


def ordered(cuts: Sequence[CutFigures]) -> list[CutFigures]:
    """The cut with the least predicted energy first."""
    return sorted(cuts, key=lambda cut: cut.predicted)


def _row(cut: CutFigures) -> tuple[str, ...]:
    predicted, measured = quantity(cut.predicted, "J", 3), quantity(cut.measured, "J", 3)
    return _nodes(cut), predicted, measured, f"{cut.equal} of {cut.samples}"


def _exit_row(exit_: ExitFigures) -> tuple[str, ...]:
    predicted, measured = quantity(exit_.predicted, "s", 3), quantity(exit_.measured, "s", 3)
    return exit_.name, str(exit_.samples), predicted, measured, f"{exit_.error:+.1%}"


def _nodes(cut: CutFigures) -> str:
    return ", ".join(cut.nodes)


def _yes(held: bool) -> str:
    return "yes" if held else "NO"
