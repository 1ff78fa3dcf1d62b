"""benchmarks/digits.py: the cuts that it enumerates, and its page; nothing is timed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from digits_study import cuts
from digits_study.report import holds, report
from digits_study.runs import CutFigures, ExitFigures, figures

from finopt.runtime.source_models import SourceModel
from tests.digits_plans import THRESHOLDS, digits_instance, placed


def cut(nodes: str, measured: float, median: float = 1.0, equal: int = 10) -> CutFigures:
    return CutFigures(tuple(nodes), 1.0, measured, (ExitFigures("exit1", 10, 1.0, median),), equal, 10)


def test_routes_lead_along_the_row_of_nodes() -> None:
    assert cuts.route("camera", "server") == ("camera->gateway", "gateway->server")
    assert cuts.route("gateway", "gateway") == ()


@pytest.mark.parametrize(
    ("plan", "others", "held"),
    [
        (cut("ab", 1.0), [cut("aa", 0.97)], True),
        (cut("ab", 1.0), [cut("aa", 0.9)], False),
        (cut("ab", 1.0, median=1.3), [], False),
        (cut("ab", 1.0, median=0.7), [], False),
        (cut("ab", 1.0), [cut("aa", 2.0, equal=9)], False),
    ],
)
def test_the_verdicts(plan: CutFigures, others: list[CutFigures], held: bool) -> None:
    assert holds([plan, *others], plan) is held
    assert (
        ("NO" in report([plan, *others], plan, "here")) or "19 of 20" in report([plan, *others], plan, "here")
    ) != held


def test_a_cut_is_run_and_summed_by_exit() -> None:
    found = figures(digits_instance(), placed(), SourceModel("digits", cuts.MODEL), THRESHOLDS, 20)
    assert found.equal == found.samples == 20 == sum(exit_.samples for exit_ in found.exits)
    assert found.nodes == placed().applications[0].nodes and found.measured > 0
