"""The examples of docs/networks.md run, and it names every field of a plan, every card, kind and radio."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import yaml

from finopt.io.importers.networks import (
    Backbone,
    DeviceGroup,
    Sites,
    available,
    named,
    tier_network,
    tier_plan,
)
from finopt.io.importers.networks import figures as keys
from finopt.io.importers.networks.catalogue import KINDS, RADIO

PAGE = Path(__file__).parents[2] / "docs" / "networks.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_examples_run() -> None:
    version = re.compile(r"read as topohub [\d.]+")
    installed = version.search(str(named("sndlib/germany50").notes))
    assert installed
    test = doctest.DocTestParser().get_doctest(version.sub(installed[0], TEXT), {}, "networks", str(PAGE), 0)
    runner = doctest.DocTestRunner()
    runner.run(test)
    assert runner.failures == 0 and runner.tries > 8


def test_the_plan_in_yaml_is_one() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    parts = tier_network(named("sndlib/germany50"), tier_plan(yaml.safe_load(example)))
    assert len(parts.nodes) == 50 + 2 * 8 + 10
    assert {link.bandwidth for link in parts.links if link.bidirectional} == {4e10}


def test_every_field_and_every_name_of_the_catalogue_is_there() -> None:
    fields = {name for model in (Sites, DeviceGroup, Backbone) for name in model.model_fields}
    assert not [name for name in (*fields, *KINDS, *RADIO) if f"`{name}`" not in TEXT]


def test_every_key_is_there() -> None:
    exact = {*keys.LABELS, *keys.LONGITUDES, *keys.LATITUDES, *keys.POPULATIONS, *keys.LENGTHS, *keys.DELAYS}
    known = TEXT.lower()
    assert not [key for key in exact if f"`{key}`" not in known]
    assert not [key for key in keys.CAPACITIES if f"`{key}`" not in known and f"..._{key[-4:]}" not in known]


def test_the_number_of_topologies() -> None:
    assert f"{len(available())} topologies" in TEXT
