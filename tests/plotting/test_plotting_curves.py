"""Curves: fronts and run times as pictures."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytest.importorskip("matplotlib")

from matplotlib.axes import Axes
from matplotlib.figure import Figure

import finopt
from finopt.api.pareto import Front, FrontPoint
from finopt.plotting.plot import plot_pareto, plot_scaling
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement
from finopt.problem.status import Termination
from tests.command_line import SMALL

PAPER = "instances/paper/b-alexnet-cifar10.json"


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def front(level: float, *points: tuple[float, float], complete: bool = True) -> Front:
    made = tuple(FrontPoint(latency, energy, level, Placement(())) for latency, energy in points)
    return Front(level, made, complete, Termination.COMPLETED if complete else Termination.TIME_LIMIT)


def value(line: Any, latency: float) -> float:
    """What a curve shows at a latency: it holds a point's energy up to the next one."""
    assert line.get_drawstyle() == "steps-post"
    at = [y for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True) if x <= latency]
    return at[-1] if at else math.inf


def test_curves_show_the_least_energy_within_every_latency() -> None:
    instance = finopt.load(PAPER)
    assert isinstance(instance, Instance)
    fronts = finopt.pareto(instance)
    ax = plot_pareto(fronts)
    assert len(ax.lines) == len(fronts) == 3
    end = ax.get_xlim()[1]
    for line, one in zip(ax.lines, fronts, strict=True):
        assert line.get_label() == f"{one.min_accuracy:g}"
        assert list(line.get_markevery()) == list(range(len(one.points)))
        assert line.get_xdata()[-1] == end
        exact = [point.latency for point in one.points]
        for latency in (0.001, *exact, *(i * end / 200 for i in range(1, 201))):
            assert value(line, latency) == one.energy_within(latency)
    assert ax.get_xlabel() == "latency limit [ms]"
    assert ax.get_ylabel() == "energy per inference [mJ]"
    ax.figure.draw_without_rendering()
    assert "5" in [label.get_text() for label in ax.get_xticklabels()]


def test_levels_with_the_same_front_are_one_curve() -> None:
    points = (1.0, 3.0), (2.0, 1.0)
    same = [front(0.5, *points), front(0.9, (1.0, 3.0)), front(0.6, *points), front(0.8, (1.0, 3.0))]
    ax = plot_pareto(same)
    assert legend(ax) == ["0.5 to 0.6", "0.8 to 0.9"]
    assert len(ax.lines) == 2


def test_of_many_curves_evenly_spread_ones_are_drawn() -> None:
    fronts = [front(i / 100, (1.0, 1.0 + i), (2.0, 0.5 + i)) for i in range(29)]
    ax = plot_pareto(fronts)
    assert legend(ax) == [f"{i / 100:g}" for i in (0, 4, 8, 12, 16, 20, 24, 28)]
    assert "8 of 29" in ax.get_legend().get_title().get_text()
    looks = {(line.get_color(), line.get_marker(), str(line.get_linestyle())) for line in ax.lines}
    assert len(looks) == 8
    assert legend(plot_pareto(fronts, most=1)) == ["0.28"]
    assert legend(plot_pareto(fronts, most=2)) == ["0", "0.28"]
    assert len(legend(plot_pareto(fronts, most=29))) == 29
    with pytest.raises(ValueError, match="most must be at least 1, got 0"):
        plot_pareto(fronts, most=0)


def test_a_front_of_one_point_is_a_line() -> None:
    ax = plot_pareto([front(0.7, (3e-6, 2e-9))])
    (line,) = ax.lines
    assert list(line.get_ydata()) == [2e-9, 2e-9]
    assert line.get_xdata()[1] > 3e-6
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("latency limit [µs]", "energy per inference [nJ]")


def test_fronts_without_points() -> None:
    unreachable = {**SMALL["applications"][0], "pinned": {"b1": "edge"}}
    ax = plot_pareto(
        finopt.pareto(Instance.model_validate({**SMALL, "links": [], "applications": [unreachable]}))
    )
    assert legend(ax) == ["0.85 to 0.9: no placement"]
    assert legend(plot_pareto([front(0.5, complete=False)])) == ["0.5: none found, cut short"]
    assert legend(plot_pareto([])) == []


def test_a_front_that_was_cut_short_has_a_dashed_end() -> None:
    ax = plot_pareto([front(0.5, (1.0, 1.0)), front(0.6, (1.0, 2.0), (2.0, 1.5), complete=False)])
    assert legend(ax) == ["0.5", "0.6 (cut short)"]
    (end,) = ax.texts
    assert end.xy == (1.0, 2.0)
    assert end.arrow_patch.get_linestyle() in ("--", "dashed")


def test_fronts_may_be_added_to_axes() -> None:
    ax = Figure().subplots()
    assert plot_pareto([front(0.5, (1e-3, 1.0))], ax) is ax
    plot_pareto([front(0.6, (1.5, 2.0))], ax)
    assert ax.get_xlabel() == "latency limit [s]"
    assert len(ax.lines) == 2


def test_exponents_of_exact_power_laws() -> None:
    sizes = (10, 100, 1000)
    times = {
        "cubic": [(size, 1e-6 * size**3) for size in sizes],
        "flat": [(size, 0.25) for size in sizes],
        "_root": [(size, 2 * size**0.5) for size in reversed(sizes)],
        "one size": [(10, 1.0), (10, 2.0)],
        "nothing": [],
    }
    ax = plot_scaling(times)
    expected = ["cubic (size^3.00)", "flat (size^0.00)", " _root (size^0.50)", "one size", "nothing"]
    assert legend(ax) == expected
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert list(curve(ax, "_root").get_xdata()) == [10, 100, 1000]


def curve(ax: Axes, name: str) -> Any:
    return next(line for line in ax.lines if str(line.get_label()).startswith(name))


def bars(ax: Axes) -> list[tuple[float, float]]:
    return [(segment[0][1], segment[1][1]) for segment in ax.collections[0].get_segments()]


def test_medians_and_quartiles_of_several_seeds() -> None:
    runs = [(100, 5.0), (10, 3.0), (10, 1.0), (10, 2.0), (10, 9.0), (10, 4.0)]
    ax = plot_scaling({"fin": runs})
    line = curve(ax, "fin")
    assert list(line.get_xdata()) == [10, 100]
    assert list(line.get_ydata()) == [3.0, 5.0]
    assert bars(ax) == [(2.0, 4.0), (5.0, 5.0)]


def test_where_points_coincide_every_marker_is_seen() -> None:
    ax = plot_scaling({name: [(10, 0.1), (100, 1.0)] for name in "abcdef"})
    lines = [line for line in ax.get_lines() if line.get_marker() in "os^DvP"]
    assert len(lines) == 6
    assert {line.get_markerfacecolor() for line in lines} == {"none"}
    assert len({(line.get_marker(), line.get_markersize()) for line in lines}) == 6
    sizes = [line.get_markersize() for line in lines]
    assert sizes == sorted(sizes, reverse=True)


def test_sizes_that_the_limit_cut_off_do_not_count_for_the_exponent() -> None:
    runs = [(10, 0.1), (100, 10.0), (1000, 60.0), (1000, 20.0)]
    ax = plot_scaling({"milp": runs}, limit=60.0)
    assert legend(ax) == ["milp (size^2.00)", "time limit 60 s"]
    assert curve(ax, "time limit").get_ydata()[0] == 60.0
    assert legend(plot_scaling({"milp": runs})) != ["milp (size^2.00)"]


def test_ticks_have_units_and_there_are_some_for_a_single_point() -> None:
    ax = plot_scaling({"fin": [(20, 0.003)]})
    ax.figure.draw_without_rendering()
    low, high = ax.get_ylim()
    ticks = [t.get_text() for t in ax.get_yticklabels() if low <= t.get_position()[1] <= high]
    assert {"1 ms", "2 ms", "5 ms"} <= set(ticks)
    assert plot_scaling({}).get_legend() is not None


@pytest.mark.parametrize("pair", [(0, 1.0), (10, 0.0), (-1, 1.0), (10, math.nan), (math.inf, 1.0)])
def test_sizes_and_times_must_fit_logarithmic_axes(pair: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="method 'fin': sizes and seconds must be above 0"):
        plot_scaling({"fin": [(1, 1.0), pair]})
    with pytest.raises(ValueError, match="limit must be above 0"):
        plot_scaling({"fin": []}, limit=0.0)
