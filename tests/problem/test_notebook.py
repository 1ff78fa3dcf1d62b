"""What notebooks and terminals show of objects: short, and names with markup stay text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import finopt
from finopt.problem.instance import Instance
from tests.command_line import SMALL

MARKUP = '<script>alert("1")</script> & \'"\n\u202e'


class Reader(HTMLParser):
    """The tags of a page and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        assert not attrs

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def named(name: str) -> Instance:
    """The small instance, everything called alike."""
    model = {**SMALL["models"][0], "id": name}
    node = {**SMALL["nodes"][0], "id": name}
    link = {**SMALL["links"][0], "source": name}
    application = {**SMALL["applications"][0], "id": name, "model": name, "source": name}
    changed = {"name": name, "nodes": [node, SMALL["nodes"][1]], "links": [link], "models": [model]}
    return Instance.model_validate({**SMALL, **changed, "applications": [application]})


def shown(instance: Instance) -> Iterator[Any]:
    result = finopt.solve(instance)
    yield from (instance, result, result.evaluation, *finopt.pareto(instance))
    yield finopt.evaluate(instance, finopt.Placement(()))


def test_names_with_markup_stay_text() -> None:
    for item in shown(named(MARKUP)):
        reader = read(item._repr_html_())
        assert reader.tags <= {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    reader = read(named(MARKUP)._repr_html_())
    assert '<script>alert("1")</script> & \'"' in reader.text


def test_half_a_surrogate_pair_can_be_written() -> None:
    placed = finopt.ApplicationPlacement("x\ud800", 0, ("\ud800",), ((),))
    result = finopt.Result(
        finopt.Status.FEASIBLE, finopt.Termination.COMPLETED, "fin", placement=finopt.Placement((placed,))
    )
    evaluation = finopt.evaluate(Instance.model_validate(SMALL), result.placement)
    for item in (result, evaluation):
        assert item._repr_html_().encode("utf-8")
        assert r"x\ud800" in item._repr_html_()


def test_figures_are_there() -> None:
    instance = Instance.model_validate(SMALL)
    result = finopt.solve(instance)
    assert "1 mobile, 1 edge" in read(instance._repr_html_()).text
    assert "device 1, edge 1" in read(result._repr_html_()).text
    assert "52.5 mJ" in read(result.evaluation._repr_html_()).text
    assert "12 ms" in read(finopt.pareto(instance, [0.8])[0]._repr_html_()).text


def long() -> Iterator[Any]:
    """Objects of large instances."""
    chain = finopt.generate(nodes=60, blocks=120, seed=1)
    fleet = finopt.generate_fleet(400, 40, 10, 2, seed=1)
    small = named("n" * 5000)
    for instance in (chain, fleet, small):
        result = finopt.solve(instance, time_limit=3)
        yield from (instance, result, *instance.nodes[:2], *instance.links[:2], *instance.models)
        yield from (instance.applications, instance.applications[0], *instance.models[0].configurations)
        if result.placement is not None:
            evaluation = finopt.evaluate(instance, result.placement)
            yield from (result.placement, result.placement.applications[0], evaluation)
            yield from (evaluation.applications[0], evaluation.compute)
            yield result.sensitivity


def test_a_repr_has_20_lines_at_most() -> None:
    for item in long():
        assert len(textwrap.wrap(repr(item), 100)) <= 20, type(item)
        if hasattr(item, "_repr_html_"):
            assert item._repr_html_().count("<tr>") <= 35
            assert len(item._repr_html_()) < 10_000
