"""What the tests of the report page share: instances, pages as they are read by a parser."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

import finopt
from finopt.problem.instance import Instance
from finopt.problem.placement_table import PlacementTable
from finopt.reporting.page import page
from tests.command_line import SMALL

PAPER = Path("instances/paper/b-alexnet-cifar10.json")

MARKUP = "</script><script>alert('1')</script><b onclick=\"x\">&amp;\n\u202e<!--"
"""A name that would do harm if it were not text everywhere."""


class Page(HTMLParser):
    """Elements with their attributes, the text that people see, and what scripts hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += data + " "

    @property
    def words(self) -> str:
        """All text with single blanks."""
        return " ".join(self.text.split())

    def json(self, name: str) -> Any:
        """What a script element of data holds."""
        scripts = [attributes for tag, attributes in self.elements if tag == "script"]
        (index,) = (i for i, attributes in enumerate(scripts) if attributes.get("id") == name)
        return json.loads(self.scripts[index])


def page_of(instance: Instance, result: finopt.Result | None = None, **more: Any) -> Page:
    """The page of an answer, by default that of `finopt.solve`."""
    return Page(page(instance, result or finopt.solve(instance), **more))


def paper() -> Instance:
    instance = finopt.load(PAPER)
    assert isinstance(instance, Instance)
    return instance


def small(**change: Any) -> Instance:
    return Instance.model_validate({**SMALL, **change})


def named(name: str, count: int = 1) -> Instance:
    """The small instance, everything called alike, for one application or more."""
    model = {**SMALL["models"][0], "id": name}
    model["blocks"] = [{**model["blocks"][0], "id": name}, model["blocks"][1]]
    model["exits"] = [{**model["exits"][0], "after": name}, model["exits"][1]]
    node = {**SMALL["nodes"][0], "id": name}
    link = {**SMALL["links"][0], "source": name}
    application = {**SMALL["applications"][0], "model": name, "source": name}
    several = [{**application, "id": name + "i" * k} for k in range(count)]
    parts = {"nodes": [node, SMALL["nodes"][1]], "links": [link], "models": [model], "applications": several}
    return small(name=name, description=name, **parts)


def stating_one(placement: finopt.Placement) -> finopt.Result:
    """A result that states an objective of 1, whatever its placement has."""
    return finopt.Result(
        finopt.Status.FEASIBLE, finopt.Termination.COMPLETED, "fin", placement=placement, objective=1.0
    )


def fleet(count: int) -> tuple[Instance, finopt.Result]:
    """So many applications that all run at home."""
    instance = finopt.generate_fleet(count, 500, 20, 3, seed=1)
    demand = finopt.ApplicationTable.of(instance.applications)
    models = [instance.model_by_id[name] for name in demand.model_ids]
    blocks = np.array([model.final_block(model.configurations[0]) + 1 for model in models])[demand.model]
    node_of = {name: v for v, name in enumerate(instance.node_by_id)}
    home = np.array([node_of[name] for name in demand.source_ids])[demand.source]
    placed = PlacementTable.for_instance(
        instance,
        configuration=np.zeros(count, int),
        node_start=np.concatenate([[0], np.cumsum(blocks)]),
        node=np.repeat(home, blocks),
        hop_start=np.zeros(count + 1, int),
        hop_stage=np.array([], int),
        hop_link=np.array([], int),
    )
    return instance, stating_one(finopt.Placement(placed))
