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
from tests.reporting.pages import PAPER, page_of, small


def paper() -> Instance:
    instance = finopt.load(PAPER)
    assert isinstance(instance, Instance)
    return instance


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
