"""Why there is no placement, in words."""

from __future__ import annotations

from finopt.graph.drivers.diagnosis import EXAMINED, NAMED, explain_unplaced
from tests.crowded_instances import crowded_instance


def test_of_very_many_without_room_a_few_are_looked_at_and_all_are_counted() -> None:
    instance = crowded_instance(0)
    first = instance.applications[:1] * EXAMINED
    said = explain_unplaced(instance, {}, first, 5000)
    assert said.startswith("no room was found for 5000 of ")
    assert f" and {5000 - NAMED} more" in said
