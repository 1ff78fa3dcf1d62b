"""benchmarks/scale.py: the plan, and the gaps, fits, tables and pictures it prints."""

from __future__ import annotations

import math
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import scale
from harness import growth, quality
from harness.arguments import parse_method, parse_seeds, parse_size
from harness.rows import SCALE
from harness.tables import percent, seconds
from scale_study import sizes
from scale_study.plan import QUALITY, plan
from scale_study.summary import summary

from tests.benchmarks.scale_rows import make_row

# --- the plan ---


def test_the_plan_is_every_method_on_every_instance_small_ones_and_exact_methods_first():
    methods = [("fin", "{}"), ("milp", "{}"), ("mcp", "{}"), ("cspp", '{"reduce": true}')]
    runs = plan([(10, 5), (4, 2)], ["sparse", "mesh"], methods, [0, 1], time_limit_s=7.0)
    assert len(runs) == len({run.key for run in runs}) == 2 * 2 * 4 * 2
    assert [run.method for run in runs[:4]] == ["milp", "cspp", "fin", "mcp"]
    assert [run.nodes for run in runs] == 16 * [4] + 16 * [10]
    assert {run.time_limit_s for run in runs} == {7.0}


def test_options_are_values_not_text():
    assert parse_method("fin:lam=0.5:gamma=100") == ("fin", '{"gamma": 100, "lam": 0.5}')
    assert parse_method("milp:reduce=True") == ("milp", '{"reduce": true}')
    assert parse_method("mcp") == ("mcp", "{}")


@pytest.mark.parametrize("text", ["10", "x5", "0x5", "10x-1", "10x5x3", "axb"])
def test_a_size_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="NODESxBLOCKS"):
        parse_size(text)


@pytest.mark.parametrize("flag", [["--sizes", "10"], ["--methods", "fin:gamma"], ["--topologies", "ring"]])
def test_wrong_arguments_end_with_exit_code_2(flag, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        scale.main([*flag, "--output", str(tmp_path / "scale.csv")])
    assert end.value.code == 2
    assert flag[1] in capsys.readouterr().err


def test_seeds_are_a_list_or_a_range():
    assert parse_seeds("0,3,5") == [0, 3, 5]
    assert parse_seeds("2-4") == [2, 3, 4]


# --- gaps and contradictions ---


@pytest.mark.parametrize(
    ("objective", "best", "gap"),
    [
        (1.1, 1.0, 0.1),
        (1.0, 1.0, 0.0),
        (0.0, 0.0, 0.0),
        (1.0, 0.0, math.inf),
        (None, 1.0, None),
        (1.0, None, None),
    ],
)
def test_gap_to_the_optimum(objective, best, gap):
    assert quality.gap_to(objective, best) == pytest.approx(gap)


def test_gaps_are_relative_to_the_optimum_of_the_same_instance_even_if_proven_later():
    found = QUALITY.with_gaps(
        [
            make_row("milp", 1.2, "FEASIBLE", termination="TIME_LIMIT"),
            make_row("fin", 1.5, "FEASIBLE"),
            make_row("labels", 1.0),
            make_row("fin", 1.5, "FEASIBLE", seed=1),
            make_row("fin", 3.0, "OPTIMAL", seed=2),
        ]
    )
    assert [row["gap_to_optimum"] for row in found] == [pytest.approx(0.2), 0.5, 0.0, None, None]


def test_answers_within_the_tolerance_do_not_contradict():
    group = [
        make_row("labels", 1.0),
        make_row("milp", 1.0 + 5e-10),
        make_row("fin", 1.2, "FEASIBLE", bound=1.0 + 5e-10),
        make_row("mcp", None, "NO_SOLUTION"),
    ]
    assert QUALITY.contradictions(group) == []


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (make_row("milp", 1.0 + 2e-9), "milp calls 1.000000002 optimal"),
        (make_row("fin", 1.1, "OPTIMAL", bound=1.0), "fin calls 1.1 optimal"),
        (make_row("fin", 0.9, "FEASIBLE", bound=0.5), "fin answers 0.9, below"),
        (make_row("fin", 1.2, "FEASIBLE", bound=1.1), "the bound 1.1 of fin exceeds the optimum 1.0"),
        (make_row("cspp", None, "INFEASIBLE"), "cspp says infeasible, labels has an answer"),
    ],
)
def test_contradictions_are_found_and_make_the_exit_code_1(row, sentence, capsys):
    group = [make_row("labels", 1.0), row]
    assert any(sentence in found for found in QUALITY.contradictions(group))
    assert scale._verdict(group, smoke=False) == 1
    assert "WRONG" in capsys.readouterr().err


def test_the_smoke_run_demands_two_proofs_and_no_failure():
    proven = [make_row("labels"), make_row("milp")]
    assert QUALITY.unproven(proven) == []
    assert "settled by 1" in QUALITY.unproven([make_row("labels"), make_row("fin")])[0]
    killed = make_row("fin", None, "NO_SOLUTION", termination="KILLED", reason="late")
    assert scale._verdict([*proven, killed], smoke=True) == 1
    assert scale._verdict([*proven, killed], smoke=False) == 0
    failed = {**killed, "termination": "ERROR"}
    assert scale._verdict([*proven, failed], smoke=False) == 1


# --- run time ---


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.3])
def test_the_exponent_of_a_power_law_is_recovered(exponent):
    fit = growth.fit([(arcs, 3e-5 * arcs**exponent) for arcs in (10, 200, 3000, 40000)])
    assert fit.exponent == pytest.approx(exponent, abs=1e-12)
    assert fit.factor == pytest.approx(3e-5)
    assert fit.error == pytest.approx(0, abs=1e-12)
    assert fit.points == 4


def test_noise_moves_the_exponent_by_about_its_standard_error():
    rng = random.Random(7)
    arcs = [10 * 2**k for k in range(12) for _ in range(5)]
    fit = growth.fit([(n, 1e-4 * n**1.5 * math.exp(rng.gauss(0, 0.3))) for n in arcs])
    # Of sigma / sqrt(sum (x - mean)^2): the x are ln 2 apart, 5 * 143 * ln(2)^2 in all.
    assert fit.error == pytest.approx(0.3 / math.sqrt(5 * 143 * math.log(2) ** 2), rel=0.3)
    assert abs(fit.exponent - 1.5) < 3 * fit.error


def test_one_size_has_no_exponent():
    assert growth.fit([(10, 1.0), (10, 2.0)]) is None
    assert growth.fit([]) is None


def test_sizes_with_cut_off_runs_stay_out_of_the_fit():
    timed = [make_row(arcs=n, nodes=n, total_s=1e-3 * n**2) for n in (10, 100, 1000)]
    late = make_row(arcs=10**4, nodes=10**4, total_s=30.0, termination="TIME_LIMIT")
    assert sizes.growth([*timed, late])[0].exponent == pytest.approx(2)


def test_constant_costs_weigh_less_on_the_larger_half():
    found = [make_row(arcs=n, nodes=n, total_s=0.1 + 1e-4 * n) for n in (10, 100, 10**4, 10**5)]
    whole, larger = sizes.growth(found)
    assert whole.exponent < 0.6
    assert 0.9 < larger.exponent < 1


def test_median_and_quartiles():
    assert growth.spread([4.0, 1.0, 2.0, 3.0, 5.0]) == (3.0, 2.0, 4.0)
    assert growth.spread([7.0]) == (7.0, 7.0, 7.0)


# --- what is printed and drawn ---


def study():
    """Two sizes, three seeds: labels takes arcs^2, milp is cut off on the larger one, fin is 2 % off."""
    found = []
    for nodes, arcs in ((5, 100), (10, 1000)):
        for seed in range(3):
            common = {"nodes": nodes, "arcs": arcs, "seed": seed}
            late = {"termination": "TIME_LIMIT", "total_s": 30.0} if nodes == 10 else {"total_s": 2.0}
            status = "FEASIBLE" if nodes == 10 else "OPTIMAL"
            found += [
                make_row("labels", total_s=1e-6 * arcs**2, **common),
                make_row("milp", status=status, **late, **common),
                make_row("fin", 1.02, "FEASIBLE", bound=0.99, gap=0.03 / 1.02, **common),
            ]
    return QUALITY.with_gaps(found)


def test_the_summary_says_gaps_times_and_exponents():
    text = summary(study())
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "fin 6 0 6 0 0 0 0 2 % 2 % 2.94 % 2.94 %" in lines
    assert any(line.startswith("milp 6 3 3 0 0 3 0 ") for line in lines)
    assert "sparse 10x3 1000 1 [1, 1] s > 30 [30, 30] s 10 [10, 10] ms" in lines
    assert any(line.startswith("labels 2.00 ± 0.00 ") for line in lines)
    assert "milp - - 0 -" in lines  # one size alone has no exponent


def test_nothing_run_is_nothing_to_summarise():
    assert summary([]) == "no runs"


def test_figures_are_short():
    assert [percent(x) for x in (0.0, -1e-16, 0.0123456, 1.5)] == ["0", "0", "1.23 %", "150 %"]
    assert [seconds(x) for x in (2.5e-5, 0.0123456, 1.5, 1234.5)] == ["25 µs", "12.3 ms", "1.5 s", "1234 s"]


def test_the_picture_names_axes_units_and_methods(tmp_path):
    from scale_study.plot import plot

    found = study()
    plot(
        [*found, *({**row, "topology": "mesh", "arcs": row["arcs"] * 5} for row in found)], tmp_path / "a.svg"
    )
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")  # text is drawn as glyphs, with a comment each
    for words in (
        "gap to the proven optimum [%]",
        "time per run [s]",
        "labels (arcs^",
        "milp",
        "mesh network",
    ):
        assert f"<!-- {words}" in text


@pytest.mark.slow
def test_a_small_study_from_the_command_line(tmp_path, capsys):
    output, picture = tmp_path / "scale.csv", tmp_path / "scale.png"
    sizes = ["--sizes", "3x2,4x2", "--topologies", "mesh", "--seeds", "1", "--methods", "fin,labels"]
    assert scale.main([*sizes, "--output", str(output), "--plot", str(picture), "--time-limit", "20"]) == 0
    found = SCALE.read(output)
    assert [row["method"] for row in found] == ["labels", "fin", "labels", "fin"]
    assert [(row["links"], row["arcs"]) for row in found[::2]] == [(6, 18), (12, 32)]
    for row in found:
        assert row["gap_to_optimum"] >= -1e-9
        assert row["total_s"] > 0
        assert row["warmup_s"] > 0
        assert row["peak_memory_mb"] > 20
        assert row["finopt"]
    assert picture.stat().st_size > 1000
    captured = capsys.readouterr()
    assert "Optimality" in captured.out
    assert captured.err == ""  # no progress bar outside a terminal
