"""FIN as published in benchmarks/scale.py: its grid of gammas and lambdas, its report and its picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import scale
from harness.arguments import parse_gamma, parse_lam
from harness.growth import by_size, fits
from harness.rows import SCALE
from scale_study import published
from scale_study.plan import PUBLISHED, QUALITY, over_grid
from scale_study.plot import plot_published

from tests.benchmarks.scale_rows import make_row


def grid(method="fin-published", options="{}", gammas=(3, 10), lams=(None,), lam_rule=None):
    return [json.loads(text) for _, text in over_grid([(method, options)], gammas, lams, lam_rule)]


# --- the grid ---


def test_fin_as_published_is_run_for_each_gamma_and_lambda_and_nothing_else_is():
    methods = [("labels", "{}"), ("fin-published", "{}"), ("fin", '{"gamma": 7}')]
    spread = list(over_grid(methods, [3, 10], [None, 0.5], "levels"))
    assert [spread[0], spread[-1]] == [methods[0], methods[2]]
    assert [json.loads(options) for _, options in spread[1:-1]] == [
        {"gamma": 3},
        {"gamma": 3, "lam": 0.5, "lam_rule": "levels"},
        {"gamma": 10},
        {"gamma": 10, "lam": 0.5, "lam_rule": "levels"},
    ]


def test_options_of_its_own_stay_as_they_are():
    assert grid(options='{"gamma": 7}') == [{"gamma": 7}]
    own = '{"lam": 2, "lam_rule": "bound"}'
    assert grid(options=own, gammas=(3,), lams=(0.1, 0.5), lam_rule="levels") == [
        {"gamma": 3, **json.loads(own)}
    ]


def test_a_lambda_that_leaves_no_level_is_left_out():
    assert grid(gammas=(3, 10), lams=(4.0, 5.0), lam_rule="levels") == [
        {"gamma": 3, "lam": 4.0, "lam_rule": "levels"},
        {"gamma": 10, "lam": 4.0, "lam_rule": "levels"},
        {"gamma": 10, "lam": 5.0, "lam_rule": "levels"},
    ]
    assert len(grid(gammas=(3,), lams=(4.0, 5.0), lam_rule="bound")) == 2


def test_gammas_and_lambdas_are_read():
    assert [parse_gamma("1"), parse_lam("0.5"), parse_lam("0"), parse_lam("none")] == [1, 0.5, 0.0, None]
    for text in ("0", "-1", "1.5", "x"):
        with pytest.raises(ValueError, match="gamma"):
            parse_gamma(text)
    for text in ("-1", "x", "inf", "nan"):
        with pytest.raises(ValueError, match="lambda"):
            parse_lam(text)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--methods", "fin", "--gamma", "3"], "--gamma is for fin-published"),
        (["--methods", "fin", "--lam-rule", "levels"], "--lam-rule is for fin-published"),
        (["--methods", "fin-published", "--gamma", "0"], "gamma is a whole number"),
        (["--methods", "fin-published", "--lam", "much"], "lambda is a number"),
        (
            ["--methods", "fin-published", "--gamma", "3", "--lam", "9", "--lam-rule", "levels"],
            "at most gamma + 1",
        ),
    ],
)
def test_a_wrong_grid_ends_with_exit_code_2(flags, sentence, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        scale.main([*flags, "--output", str(tmp_path / "scale.csv")])
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_default_study_and_the_smoke_test_have_it():
    for flags in ([], ["--smoke"]):
        args = scale._parser().parse_args(flags)
        methods = {run.method for run in scale._planned(args)}
        assert methods >= {PUBLISHED, "fin", "labels"}


# --- what the smoke test says about its answers ---


def test_no_answer_of_it_is_allowed_and_one_below_the_optimum_is_not():
    proven = [make_row("labels"), make_row("milp")]
    lost = make_row(PUBLISHED, None, "NO_SOLUTION", options='{"gamma": 3}', reason="too few levels")
    above = make_row(PUBLISHED, 1.5, "FEASIBLE", bound=None, options='{"gamma": 10}')
    assert scale._verdict([*proven, lost, above], smoke=True) == 0
    below = {**above, "objective": 0.9}
    assert QUALITY.contradictions([*proven, below]) == [
        "sparse 5x3 seed 0: fin-published answers 0.9, below the optimum 1.0"
    ]
    assert scale._verdict([*proven, below], smoke=True) == 1


# --- the report ---


def answer(objective, gamma, seed=0, total_s=0.01, lam=None, lam_rule=None, **changes):
    """A run of FIN as published; None: no answer."""
    options = {"gamma": gamma, "lam": lam, "lam_rule": lam_rule}
    text = json.dumps({name: value for name, value in options.items() if value is not None})
    status = "NO_SOLUTION" if objective is None else "FEASIBLE"
    row = make_row(PUBLISHED, objective, status, bound=None, options=text, seed=seed, total_s=total_s)
    return row | {"gap": None} | changes


def study():
    """Four instances with optimum 1: gamma 3 loses two and misses one by half, gamma 10 one by a quarter."""
    rows = []
    for seed, (three, ten) in enumerate([(None, 1.25), (None, 1.0), (1.5, 1.0), (1.0, 1.0)]):
        rows += [make_row("labels", seed=seed), make_row("fin", 1.0, seed=seed, total_s=0.002)]
        rows += [answer(three, 3, seed, 0.03), answer(ten, 10, seed, 0.02)]
    return rows


def lines_of(rows):
    return published.report([SCALE.stamped(row) for row in rows], "gap.png").splitlines()


def test_the_tables_have_gaps_shares_and_times():
    lines = lines_of(study())
    assert "| gamma | instances | no answer | optimal | gap: mean | 95 % | worst | time |" in lines
    assert "| `fin` | 4 | 0 | 100 % | 0 | 0 | 0 | 2 ms |" in lines
    assert "| 3 | 4 | 50 % | 25 % | 25 % | 47.5 % | 50 % | 30 ms |" in lines
    assert "| 10 | 4 | 0 | 75 % | 6.25 % | 21.2 % | 25 % | 20 ms |" in lines
    assert "| 5 x 3 | 10 | 4 | 0 | 75 % | 6.25 % | 21.2 % | 25 % | 20 ms |" in lines
    assert "![Gap against time](gap.png)" in lines
    assert "No runs with lambda." in lines


def test_a_gamma_that_finds_nothing_has_no_gap():
    assert "| 1 | 1 | 100 % | 0 | - | - | - | 10 ms |" in lines_of([make_row("labels"), answer(None, 1)])


def test_lambda_is_compared_on_the_instances_that_were_solved_with_it():
    some = [answer(1.0, 10, 3, 0.02, 0.5), answer(None, 10, 3, 0.02, 4, "levels")]
    lines = lines_of([*study(), *some])
    start = lines.index(
        "| gamma | rule | lambda | instances | no answer | optimal | gap: mean | 95 % | worst | time |"
    )
    assert lines[start + 2 : start + 6] == [
        "| 10 |  | none | 1 | 0 | 100 % | 0 | 0 | 0 | 20 ms |",
        "| 10 | bound | 0.5 | 1 | 0 | 100 % | 0 | 0 | 0 | 20 ms |",
        "| 10 | levels | 4 | 1 | 100 % | 0 | - | - | - | 20 ms |",
        "",
    ]
    assert "| 10 | 4 | 0 | 75 % | 6.25 % | 21.2 % | 25 % | 20 ms |" in lines


def test_only_instances_with_a_proven_optimum_are_judged():
    assert published.judged([answer(1.0, 10), make_row("labels", seed=1), answer(1.5, 10, 1)])[0]["seed"] == 1


def test_of_repeated_runs_the_fastest_counts():
    rows = [answer(1.0, 10, total_s=0.3), answer(1.0, 10, total_s=0.1), answer(1.0, 20, total_s=0.2)]
    assert [row["total_s"] for row in published.fastest(rows)] == [0.1, 0.2]


def test_time_grows_with_gamma_and_arcs_as_measured():
    gammas = [answer(1.0, 2**k, total_s=1e-4 * 2**k) for k in range(6)]
    sizes = [answer(1.0, 8, nodes=n, arcs=n * n, total_s=1e-5 * n**2) for n in (10, 20, 40, 80)]
    lost_to_lambda = [answer(1.0, 64, total_s=9.0, lam=0.1)]
    by_gamma = published.growth_with_gamma([*gammas, *sizes, *lost_to_lambda])
    assert list(by_gamma) == ["5 x 3, sparse, 3 configurations, tightness 0.5"]
    by_arcs = published.growth_with_arcs([*gammas, *sizes[1:], *lost_to_lambda])
    assert list(by_arcs) == ["gamma 8, 3 blocks, sparse, 3 configurations, tightness 0.5"]
    for points in (*by_gamma.values(), *published.growth_with_arcs(sizes).values()):
        assert [fit.exponent for fit in fits(by_size(points))] == pytest.approx([1.0, 1.0])
    lines = lines_of([make_row("labels"), *gammas, *sizes])
    assert any(
        line.startswith(
            "| 5 x 3, sparse, 3 configurations, tightness 0.5 | 1 to 32 | 100 µs to 3.2 ms | 1.00 ±"
        )
        for line in lines
    )


def test_instances_that_differ_in_more_than_size_are_no_series():
    mixed = [answer(1.0, 2**k, tightness=0.5 if k < 2 else 0.9) for k in range(4)]
    assert published.growth_with_gamma(mixed) == {}
    assert "Too few different gamma for a fit." in lines_of([make_row("labels"), *mixed])


def test_the_picture_has_a_curve_for_each_gamma_with_answers_to_half_of_the_instances(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    drawn = {}
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.update(axes=figure.axes[0]))
    few = [answer(1.0 if seed == 3 else None, 2, seed) for seed in range(4)]
    plot_published([*study(), *few, answer(3.0, 10, 3, 9.0, lam=0.1)], tmp_path / "gap.png")
    curves = dict(zip(drawn["axes"].get_legend_handles_labels()[1], drawn["axes"].containers, strict=True))
    assert list(curves) == ["fin", "gamma 3", "gamma 10"]
    assert curves["gamma 3"].lines[0].get_xydata().tolist() == [[0.03, 25.0]]
    assert curves["gamma 10"].lines[0].get_xydata().tolist() == [[0.02, 6.25]]


def test_the_committed_tables_are_those_of_the_committed_runs():
    results = scale.SCRIPT.parent / "results"
    rows = SCALE.read(results / "published.csv")
    assert QUALITY.wrong(rows, smoke=False) == []
    assert (results / "published.md").read_text(encoding="utf-8") == published.report(rows, "published.png")
    assert (results / "published.png").stat().st_size > 1000


@pytest.mark.slow
def test_a_tiny_study_of_it_from_the_command_line(tmp_path, capsys):
    report = tmp_path / "published.md"
    flags = ["--sizes", "4x2", "--topologies", "mesh", "--seeds", "1", "--time-limit", "20"]
    flags += ["--methods", "labels,fin,fin-published", "--gamma", "1,50", "--lam", "none,0.5"]
    assert scale.main([*flags, "--output", str(tmp_path / "scale.csv"), "--published", str(report)]) == 0
    rows = SCALE.read(tmp_path / "scale.csv")
    assert [row["method"] for row in rows] == ["labels", "fin", *4 * [PUBLISHED]]
    assert {row["termination"] for row in rows} == {"COMPLETED"}
    text = report.read_text(encoding="utf-8")
    assert "| 50 | bound | 0.5 | 1 |" in text
    assert (tmp_path / "published.png").stat().st_size > 1000
    assert "fin-published:gamma=50:lam=0.5" in capsys.readouterr().out
