"""An instance cannot be changed once it is checked, not even its pins."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

import finopt
from finopt.io import instance_file

FILE = "instances/paper/b-alexnet-cifar10.json"


def pinned(**pins: str) -> finopt.Instance:
    """The instance of the paper with some blocks pinned."""
    instance = finopt.load(FILE)
    assert isinstance(instance, finopt.Instance)
    data = instance.model_dump()
    data["applications"][0]["pinned"] = pins
    return finopt.Instance.model_validate(data)


BLOCKS = [block.id for block in pinned().models[0].blocks[:2]]
PINS = dict.fromkeys(BLOCKS, "device")

CHANGES: list[Callable[[Any], object]] = [
    lambda pins: pins.__setitem__(BLOCKS[0], "cloud"),
    lambda pins: pins.__delitem__(BLOCKS[0]),
    lambda pins: pins.__ior__({"b": "edge"}),
    lambda pins: pins.update(b="edge"),
    lambda pins: pins.setdefault("b", "edge"),
    lambda pins: pins.pop(BLOCKS[0]),
    lambda pins: pins.popitem(),
    lambda pins: pins.clear(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_pins_cannot_be_changed(change: Callable[[Any], object]) -> None:
    application = pinned(**PINS).applications[0]
    with pytest.raises(TypeError, match="frozen"):
        change(application.pinned)
    assert application.pinned == PINS
    with pytest.raises(ValidationError, match="frozen"):
        application.pinned = {}


def test_what_was_given_may_change_afterwards() -> None:
    given = dict(PINS)
    application = pinned().applications[0].model_dump() | {"pinned": given}
    checked = finopt.Application.model_validate(application)
    given.clear()
    assert checked.pinned == PINS


def test_equal_instances_have_equal_hashes() -> None:
    backwards = dict(reversed(PINS.items()))
    one, same, other = pinned(**PINS), pinned(**backwards), pinned()
    assert one == same != other
    assert hash(one) == hash(same)
    assert len({one, same, other}) == 2


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda instance: instance.model_copy(),
        lambda instance: instance.model_copy(deep=True),
        lambda instance: pickle.loads(pickle.dumps(instance)),
        lambda instance: finopt.Instance.model_validate(instance.model_dump()),
        lambda instance: finopt.Instance.model_validate_json(instance.model_dump_json()),
        lambda instance: instance_file.read(instance_file.write(instance), "copy"),
    ],
)
def test_copies_are_equal_and_frozen(copied: Callable[[finopt.Instance], finopt.Instance]) -> None:
    instance = pinned(**PINS)
    again = copied(instance)
    assert again == instance
    assert hash(again) == hash(instance)
    with pytest.raises(TypeError, match="frozen"):
        again.applications[0].pinned.clear()


def test_pins_of_one_application_may_go_to_another() -> None:
    application = pinned(**PINS).applications[0]
    fields = {name: getattr(application, name) for name in type(application).model_fields}
    assert finopt.Application(**fields) == application
    assert type(application.model_dump()["pinned"]) is dict
