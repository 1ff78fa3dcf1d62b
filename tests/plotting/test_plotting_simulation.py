"""Latencies under load as a picture."""

from __future__ import annotations

import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("simpy")

from matplotlib.figure import Figure

from finopt.plotting.plot import plot_simulation
from finopt.simulation import Simulation, simulate
from tests.simulation.plans import at_home, one_server


def simulated(count: int = 3, rate: float = 10.0, **changes: object) -> Simulation:
    instance = one_server(count, rate=rate, **changes)
    return simulate(instance, at_home(instance), samples=300, replications=3)


def test_a_row_per_application_and_the_limit() -> None:
    found = simulated()
    ax = plot_simulation(found)
    assert sorted(label.get_text() for label in ax.get_yticklabels()) == ["app0", "app1", "app2"]
    legend = ax.get_legend()
    assert legend is not None
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["p50 to p99", "p95", "mean under load", "planned", "limit"]
    assert ax.get_xlim()[1] > 1
    assert ax.get_title() == "Latency under load: 3 applications, 0 late"


def test_of_many_the_nearest_to_their_limits_are_drawn() -> None:
    found = simulated(5)
    ax = plot_simulation(found, most=2)
    nearest = sorted(found.applications, key=lambda one: one.compared.mean or 0.0)[-2:]
    assert [label.get_text() for label in ax.get_yticklabels()] == [one.application for one in nearest]
    assert "2 of 5 applications" in ax.get_title()


def test_far_apart_is_drawn_on_a_logarithmic_axis() -> None:
    assert plot_simulation(simulated(1, rate=300.0, max_latency=1e-3)).get_xscale() == "log"


def test_axes_of_others_are_drawn_into() -> None:
    ax = Figure().subplots()
    assert plot_simulation(simulated(1), ax) is ax


def test_it_can_be_drawn_unless_nothing_was_measured() -> None:
    plot_simulation(simulated(1)).figure.canvas.draw()
    with pytest.raises(ValueError, match="most must be at least 1"):
        plot_simulation(simulated(1), most=0)
    instance = one_server(rate=1e-6)
    nothing = simulate(instance, at_home(instance), horizon=1e-3, replications=1)
    with pytest.raises(ValueError, match="no sample was measured"):
        plot_simulation(nothing)
