"""benchmarks/regression.py: which runs are compared, and what counts as slower. Nothing is timed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.scale_rows import make_row

import regression  # isort: skip  # scale_rows.py makes benchmarks/ importable
from harness.rows import SCALE  # isort: skip
from regression_study import ratios as ratios_of  # isort: skip


def rows(path: Path, *changes: dict[str, object]) -> dict[ratios_of.Key, float]:
    """What is read from a file with such rows."""
    SCALE.write(path, [make_row(**change) for change in changes])
    return ratios_of.times_of(path)


def test_runs_that_were_cut_off_do_not_count(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.csv", {"total_s": 1.0}, {"seed": 1, "termination": "TIME_LIMIT"})
    assert list(found.values()) == [1.0]


def test_of_repeated_runs_the_fastest_counts(tmp_path: Path) -> None:
    rounds = [rows(tmp_path / "a.csv", {"total_s": seconds}) for seconds in (3.0, 1.0, 2.0)]
    assert list(ratios_of.fastest(rounds).values()) == [1.0]


def test_the_ratio_is_the_geometric_mean_of_runs_that_both_have(tmp_path: Path) -> None:
    before = rows(tmp_path / "a.csv", {"total_s": 1.0}, {"seed": 1, "total_s": 1.0}, {"seed": 2})
    after = rows(
        tmp_path / "b.csv", {"total_s": 4.0}, {"seed": 1, "total_s": 1.0}, {"method": "fin", "total_s": 9.0}
    )
    assert ratios_of.ratios(before, after) == {"labels": pytest.approx(2.0)}


@pytest.mark.parametrize(("factor", "code"), [(1.0, 0), (1.2, 0), (1.3, 1)])
def test_the_exit_code_says_whether_a_method_is_too_slow(
    factor: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = {regression.HERE: factor, Path("old"): 1.0}
    monkeypatch.setattr(regression, "smoke_run", lambda tree: {("fin", "{}"): times[tree]})
    assert regression.main(["old", "--rounds", "2"]) == code
    assert ("TOO SLOW" in capsys.readouterr().out) == bool(code)
