"""What follows from a network and its models is found once: copies that have the same share it, no others."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable

import pytest

import finopt
from finopt import ApplicationTable, Instance
from finopt.problem import instance as instance_module
from finopt.problem.basis import Kept
from tests.random_instances import joint_instance

FILE = "instances/paper/b-alexnet-cifar10.json"


@pytest.fixture
def paper() -> Instance:
    loaded = finopt.load(FILE)
    assert isinstance(loaded, Instance)
    return loaded


@pytest.mark.parametrize(
    "copied",
    [
        lambda one: one.with_application("b-alexnet", max_latency=1.0),
        lambda one: one.with_application("b-alexnet", rate=2.0, min_accuracy=0.1),
        lambda one: one.replace(applications=ApplicationTable.of(one.applications)),
        lambda one: one.replace(name="another"),
        lambda one: one.replace(nodes=one.nodes),
        lambda one: one.model_copy(),
        lambda one: one.model_copy(update={"applications": one.applications}),
        copy.copy,
        copy.deepcopy,
    ],
)
def test_copies_with_the_same_network_share_what_was_found(
    paper: Instance, copied: Callable[[Instance], Instance]
) -> None:
    other = copied(paper)
    assert other.directed_links is paper.directed_links  # also when it is asked for after the copy
    assert other.node_by_id is paper.node_by_id
    assert other.basis is paper.basis


@pytest.mark.parametrize(
    ("copied", "links"),
    [
        (lambda one: one.with_node("edge", power=1.0), True),
        (lambda one: one.with_link(("device", "edge"), delay=1.0), False),
        (lambda one: one.replace(models=[one.models[0].replace(shared_weights=True)]), True),
        (lambda one: one.model_copy(update={"nodes": one.nodes[::-1]}), True),
        (lambda one: one.model_copy(update={"links": one.links[:1]}), False),
        (lambda one: one.model_copy(deep=True), False),
        (lambda one: pickle.loads(pickle.dumps(one)), False),
        (lambda one: Instance.model_validate(one.model_dump()), False),
    ],
)
def test_another_network_has_figures_of_its_own(
    paper: Instance, copied: Callable[[Instance], Instance], links: bool
) -> None:
    finopt.solve(paper, "labels")
    known = paper.directed_links
    other = copied(paper)
    assert other.basis is not paper.basis
    assert not len(other.basis.patterns)
    assert not len(other.basis.graphs)
    assert (other.directed_links is known) is links
    assert other.node_by_id == {node.id: node for node in other.nodes}
    assert all(link in other.directed_links for link in other.link_by_id.values())
    assert finopt.solve(other, "labels").objective == finopt.solve(from_scratch(other), "labels").objective


def from_scratch(instance: Instance) -> Instance:
    return Instance.model_validate(instance.model_dump())


def test_nothing_that_was_computed_is_pickled(paper: Instance) -> None:
    plain = len(pickle.dumps(paper))
    for model in paper.models:
        assert model.block_index
    finopt.solve(paper, "labels")
    assert len(pickle.dumps(paper)) == plain
    again = pickle.loads(pickle.dumps(paper))
    assert "basis" not in vars(again)
    assert (again, hash(again)) == (paper, hash(paper))


def test_an_instance_is_not_kept_alive_by_its_copies() -> None:
    instance = joint_instance(1)
    gone = weakref.ref(instance)
    alone = instance.replace(applications=instance.applications[:1])
    first = weakref.ref(alone)
    finopt.solve(alone, "labels")
    other = alone.with_application(alone.applications[0].id, max_latency=1.0)
    del instance, alone
    gc.collect()
    assert gone() is None
    assert first() is None
    assert finopt.solve(other, "labels").status is not None


def test_what_is_known_to_be_right_is_not_checked_again(
    paper: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = []
    whole = instance_module.find_problems
    monkeypatch.setattr(instance_module, "find_problems", lambda data: checks.append(1) or whole(data))
    for limit in (0.1, 0.2):
        paper = paper.with_application("b-alexnet", max_latency=limit)
    assert not checks
    paper.with_node("edge", power=1.0)
    assert len(checks) == 1


def test_what_was_never_checked_is_checked_by_the_next_copy(paper: Instance) -> None:
    wrong = paper.model_copy(update={"nodes": paper.nodes[:1]})
    with pytest.raises(finopt.InstanceError, match="no such node"):
        wrong.with_application("b-alexnet", max_latency=1.0)
    with pytest.raises(finopt.InstanceError, match="no such node"):
        paper.with_application("b-alexnet", source="nowhere").basis  # noqa: B018


def test_the_version_of_a_copy_is_that_which_can_hold_it(paper: Instance) -> None:
    assert paper.version == 1
    returned = paper.with_application("b-alexnet", result_to="source")
    assert returned.version == 2
    relay = paper.with_node("cloud", compute=0.0)
    assert relay.version == 2
    assert relay.with_application("b-alexnet", max_latency=1.0).version == 2


def test_of_more_than_a_number_the_oldest_go() -> None:
    kept = Kept(2)
    built = []

    def value(key: int) -> int:
        return kept.get(key, lambda: built.append(key) or 10 * key)

    assert [value(key) for key in (1, 2, 1, 3, 1)] == [10, 20, 10, 30, 10]
    assert built == [1, 2, 3, 1]
    assert len(kept) == 2
