"""Pages of instances with slices, carbon, cost and limits on them, and of answers at a limit of memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("jinja2")
pytest.importorskip("plotly")

import finopt
from finopt.problem.formatting import quantity
from finopt.problem.instance import Instance
from finopt.problem.status import Termination
from tests.reporting.pages import page_of, paper, small


def sliced() -> Instance:
    """Slices of the edge and of the way there, which reserve more than is used."""
    return paper().with_node("edge", slices=(1.0,)).with_link("device->edge", bandwidth_slices=(1.0,))


def green(**limits: Any) -> Instance:
    """Carbon and prices everywhere, and limits."""
    instance = paper()
    nodes = [node.replace(carbon=1e-4, price=1e-3) for node in instance.nodes]
    links = [link.replace(carbon=1e-4) for link in instance.links]
    return instance.replace(nodes=nodes, links=links).with_application("b-alexnet", **limits)


def test_what_slices_reserve_is_not_what_takes_energy() -> None:
    instance = sliced()
    result = finopt.solve(instance)
    page = page_of(instance, result)
    words = page.words
    assert "100.1 mJ per inference" in words
    assert "It runs block1 to block3 on device , then block4 to block5 on edge ." in words
    energy = result.evaluation.applications[0].node_energy["edge"]
    assert f"edge {quantity(energy, 'J')} compute" in words
    assert "100 % of 153.4 Gop/s reserved" in words
    assert "The application" in words
    assert {"energy-block", "latency"} <= page.json("specs").keys()


def test_a_result_at_the_limit_of_memory_has_a_page() -> None:
    instance = small()
    result = replace(finopt.solve(instance), termination=Termination.MEMORY_LIMIT)
    assert "stopped at the memory limit" in page_of(instance, result).words


def test_carbon_and_cost_are_told_beside_the_energy_and_the_limits() -> None:
    words = page_of(green(max_carbon=1.0)).words
    assert "sought is the placement of least energy, at most 1 g of carbon per inference." in words
    assert "carbon 10.01 µg per inference" in words
    assert "cost" in words


def test_an_answer_of_least_carbon_has_energies_in_joules_and_its_option() -> None:
    instance = green()
    result = finopt.solve(instance, objective="carbon")
    page = page_of(instance, result)
    assert "sought is the placement of least carbon." in page.words
    assert "--objective carbon" in page.words
    (bars,) = (chart for name, chart in page.json("specs").items() if name == "energy-block")
    joules = sum(x or 0.0 for trace in bars["data"] if trace["type"] == "bar" for x in trace["x"])
    assert joules == pytest.approx(1e3 * result.evaluation.applications[0].compute_energy, rel=1e-5)


@pytest.mark.parametrize("horizon", [1e-3, 3600.0])
def test_an_answer_that_was_charged_for_moving_has_a_page(horizon: float) -> None:
    heavy = paper().models[0].replace(blocks=[b.replace(memory=4e6) for b in paper().models[0].blocks])
    today = paper().replace(models=[heavy])
    plan, tomorrow = finopt.solve(today), today.with_node("edge", power=400.0)
    result = finopt.solve(tomorrow, previous=plan, moving=finopt.Moving(horizon))
    words = page_of(tomorrow, result).words
    assert "Not computed: the answer was charged for moving blocks." in words
    assert "charged besides" in words
    assert "This placement is not what it should be" not in words
    assert f"--previous PREVIOUS.json --moving-horizon {horizon}" in words


def test_a_limit_on_carbon_that_cannot_be_kept_is_the_verdict() -> None:
    words = page_of(green(max_carbon=1e-9)).words
    assert "the limit max_carbon 1e-09 g cannot be met" in words.partition("could have alone")[2]
    assert "each limit can be kept by itself" not in words
    assert "A longer latency limit" not in words


def test_what_is_not_looked_for_of_slices_is_not_for_want_of_time() -> None:
    words = page_of(sliced()).words
    assert "not looked for: slices are reserved" in words
    assert "no time" not in words
    one = sliced().applications[0]
    several = [one.replace(max_energy=1.0), one.replace(id="other")]
    words = page_of(sliced().replace(applications=several)).words
    assert "no time" not in words
    assert "of least energy, with limits on energy, carbon or cost of 1 application." in words
