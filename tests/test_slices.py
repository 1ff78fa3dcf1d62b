"""Slices as decisions against enumeration: every method, beside the other features of version 2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product

import pytest

import finopt
from finopt import Instance, InstanceError
from finopt.evaluation.result import Result
from finopt.graph.drivers.smallest_slices import with_smallest_slices
from finopt.problem.options import OptionError
from finopt.problem.status import Status
from tests.conformance import PRECISION, keeps_its_word, named, seeds
from tests.joint_oracle import joint_optimum
from tests.oracle import Optimum, plain_optimum
from tests.version2_instances import (
    link_sliced_instance,
    link_sliced_pair,
    sliced_instance,
    sliced_pair,
    version2_instance,
)


def found_feasible(instance: Instance, best: Optimum) -> None:
    """The exact evaluation says the same of what the oracle found."""
    if best.placement is not None:
        evaluation = finopt.evaluate(instance, best.placement)
        assert evaluation.feasible
        assert evaluation.objective == pytest.approx(best.objective, rel=1e-15, abs=0)


def every_method_keeps_its_word(instance: Instance) -> None:
    """Exact ones prove the optimum, although what is reserved is a capacity."""
    best = joint_optimum(instance)
    found_feasible(instance, best)
    for method in named():
        result = finopt.solve(instance, method)
        keeps_its_word(method, result, best.objective, binds=True)
        if method in named(lambda c: c.optimal):
            assert result.status is (Status.INFEASIBLE if best.objective is None else Status.OPTIMAL)


@seeds(384, 16, quick=48)
def test_one_application(chunk: Iterable[int]) -> None:
    for seed in chunk:
        every_method_keeps_its_word(sliced_instance(seed))


@seeds(256, 16, quick=32)
def test_one_application_with_slices_of_links(chunk: Iterable[int]) -> None:
    for seed in chunk:
        every_method_keeps_its_word(link_sliced_instance(seed))


@seeds(128, 16, quick=32)
@pytest.mark.parametrize("draw", [sliced_pair, link_sliced_pair])
def test_two_applications(draw: Callable[[int], Instance], chunk: Iterable[int]) -> None:
    for seed in chunk:
        instance = draw(seed)
        best = joint_optimum(instance)
        found_feasible(instance, best)
        for method in named(lambda c: c.several):
            keeps_its_word(method, finopt.solve(instance, method), best.objective, binds=True)


def test_the_oracle_of_joint_menus_agrees_with_every_combination() -> None:
    for seed in (*range(8), *range(9, 13)):
        for instance in (sliced_instance(seed), link_sliced_instance(seed)):
            assert joint_optimum(instance).objective == plain_optimum(instance).objective


def test_the_instances_need_slices_and_use_them() -> None:
    """Placements reserve different slices, several visits too, and slices decide what is possible."""
    placed = [finopt.solve(sliced_instance(seed), "labels").placement for seed in range(64)]
    slices = [one.applications[0].slices for one in placed if one is not None]
    assert sum(map(bool, slices)) > 20
    assert len({size for own in slices for size in own}) > 5
    without = [finopt.solve(no_slices(sliced_instance(seed)), "labels").placement for seed in range(64)]
    assert sum(one is not None for one in without) > sum(one is not None for one in placed)


def no_slices(instance: Instance) -> Instance:
    return instance.replace(nodes=[node.replace(slices=()) for node in instance.nodes])


# ---------------------------------------------------------------- fixed slices are no better


def fixed(instance: Instance) -> Iterator[Instance]:
    """The instance with one slice per node and link, in every combination."""
    for sizes in product(*(node.slices or (None,) for node in instance.nodes)):
        pairs = zip(instance.nodes, sizes, strict=True)
        nodes = [node if size is None else node.replace(slices=(size,)) for node, size in pairs]
        for shares in product(*(link.bandwidth_slices or (None,) for link in instance.links)):
            ends = zip(instance.links, shares, strict=True)
            links = [link if s is None else link.replace(bandwidth_slices=(s,)) for link, s in ends]
            yield instance.replace(nodes=nodes, links=links)


def least(results: Iterable[Result]) -> float:
    return min((one.objective for one in results if one.objective is not None), default=float("inf"))


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_no_allotment_of_fixed_slices_is_better(start: int) -> None:
    for seed in range(start, start + 10):
        for instance in (sliced_instance(seed), link_sliced_instance(128 + seed)):
            decided = least([finopt.solve(instance, "labels")])
            assert decided <= least(finopt.solve(one, "labels") for one in fixed(instance)) * (1 + PRECISION)


def test_no_allotment_of_fixed_slices_is_better_for_two_applications() -> None:
    for seed in range(6):
        instance = sliced_pair(seed)
        decided = least([finopt.solve(instance, "milp")])
        assert decided <= least(finopt.solve(one, "milp") for one in fixed(instance)) * (1 + PRECISION)


# ---------------------------------------------------------------- what slices do not change


def test_the_whole_node_as_the_only_slice_is_the_node_where_nobody_meets() -> None:
    """One application alone reserves the whole of nodes and computes as fast as ever; once on each."""
    for seed in range(0, 128, 2):
        plain = version2_instance(seed)
        if any(node.waiting != "none" or node.max_utilisation < 1 for node in plain.nodes):
            continue
        whole = plain.replace(nodes=[node.replace(slices=(1.0,)) for node in plain.nodes])
        one, other = finopt.solve(plain, "labels"), finopt.solve(whole, "labels")
        assert one.status is other.status or one.status is Status.OPTIMAL
        if other.objective is not None and one.objective is not None:
            assert other.objective >= one.objective * (1 - PRECISION)
            used = [name for name, load in other.evaluation.compute.items() if load.used]  # type: ignore[union-attr]
            assert all(other.evaluation.compute[name].utilisation == 1 for name in used)  # type: ignore[union-attr]


def test_smaller_slices_keep_every_limit() -> None:
    for seed in range(128):
        instance = (sliced_instance, link_sliced_instance)[seed % 2](seed)
        result = finopt.solve(instance, "labels")
        if result.placement is None or result.evaluation is None:
            continue
        (before,) = result.placement.applications
        after = with_smallest_slices(instance, instance.applications[0], before)
        evaluation = finopt.evaluate(instance, replace(result.placement, applications=(after,)))
        assert evaluation.feasible
        assert evaluation.objective == result.objective
        for kind in ("compute", "bandwidth"):
            loads, old = getattr(evaluation, kind), getattr(result.evaluation, kind)
            assert all(load.used <= old[name].used for name, load in loads.items())


# ---------------------------------------------------------------- what does not know slices says so


def test_what_does_not_know_slices_says_so() -> None:
    instance = sliced_pair(0)
    with pytest.raises(OptionError, match="admit='best' needs an instance without slices"):
        finopt.solve(instance, "fin", admit="best")
    with pytest.raises(InstanceError, match="stages of FIN as published have no slices"):
        finopt.graph.stages(sliced_instance(0))


def test_what_fits_in_no_slice_is_named() -> None:
    paper = finopt.load("instances/paper/b-alexnet-cifar10.json")
    patient = paper.with_application("b-alexnet", max_latency=1e6)
    small = patient.replace(nodes=[node.replace(slices=(1e-6, 1e-4)) for node in patient.nodes])
    thin = patient.replace(links=[link.replace(bandwidth_slices=(1e-12,)) for link in patient.links])
    thin = thin.with_application("b-alexnet", allowed={"block5": ("cloud", "edge")})
    for method in named(lambda c: c.optimal):
        assert finopt.solve(small, method).reason == (
            "application 'b-alexnet': block 'block1' needs 2.262e+07 op/s; the most that a node or slice it"
            " may use has is 1.1e+06 op/s"
        )
        assert finopt.solve(thin, method).reason == (
            "application 'b-alexnet': no route to a node with room for block 'block5' carries its input of"
            " 346112 bit/s within the bandwidth of its links and their slices"
        )
