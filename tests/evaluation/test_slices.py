"""Slices against arithmetic done by hand, and the second judge on slices of all kinds, right and wrong.

The toy network is that of `tests/toy.py`; in `SPREAD` b1, b2 and b3 run on phone, hub and cloud.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from finopt import ApplicationPlacement, Instance
from finopt.problem.placement_table import PlacementTable
from finopt.problem.visits import visits
from tests.evaluation.test_bulk import placements
from tests.evaluation.test_independent import agrees
from tests.evaluation.test_version2 import toy2
from tests.toy import SPREAD, UP, account
from tests.version2_instances import (
    link_sliced_instance,
    link_sliced_pair,
    sliced_instance,
    sliced_pair,
)

HUB: dict[str, Any] = {"hub": {"slices": [0.0005, 0.25, 0.5]}}
QUARTER = replace(SPREAD, slices=(None, 0.25, None))
TWO = ApplicationPlacement("app", 0, ("hub",) * 3, (UP, (), ()), (0.25,) * 3)
"""All on the hub in one visit."""
AWAY = ApplicationPlacement(
    "app", 0, ("phone", "hub", "hub"), ((), UP, ("hub->phone", "phone->hub")), (None, 0.25, 0.5)
)
"""Two visits of the hub: the data are sent away and come back in between."""
BACK = ({"source": "hub", "target": "phone", "bandwidth": 1e6, "energy": 2e-7, "delay": 2e-3},)


def said(instance: Instance, *placed: ApplicationPlacement) -> list[tuple[str, str]]:
    return [(one.rule, one.text) for one in account(instance, *placed).violations]


def test_a_slice_stretches_computing_and_nothing_else() -> None:
    whole, part = account(toy2(), SPREAD), account(toy2(nodes=HUB), QUARTER)
    # b2 and x2 take 4.2 Mop / 1e10 op/s = 0.42 ms on the whole hub, 1.68 ms on a quarter of it
    assert part.applications[0].compute_latency == pytest.approx(
        whole.applications[0].compute_latency + 1.26e-3
    )
    assert part.applications[0].energy == whole.applications[0].energy
    assert part.memory["hub"] == whole.memory["hub"]
    assert part.feasible


def test_what_is_reserved_is_the_load_however_busy_it_is() -> None:
    hub = account(toy2(nodes=HUB), QUARTER).compute["hub"]
    assert (hub.used, hub.capacity, hub.utilisation) == (2.5e9, 1e10, 0.25)


def test_the_mean_latency_weighs_the_stretched_seconds() -> None:
    mean = account(toy2(nodes=HUB, latency="mean"), QUARTER).applications[0]
    plain = account(toy2(latency="mean"), SPREAD).applications[0]
    assert mean.compute_latency == pytest.approx(plain.compute_latency + 0.5 * 1.26e-3)


def test_blocks_that_stay_are_one_visit_with_one_slice() -> None:
    instance = toy2(nodes=HUB, max_latency=1.0)
    assert account(instance, TWO).compute["hub"].used == 2.5e9
    assert said(instance, replace(TWO, slices=(0.25, 0.25, 0.5))) == [
        (
            "slice",
            "the visit of blocks 'b1' to 'b3' on 'hub' must reserve one slice, not 0.25, 0.5:"
            " nothing is sent between them",
        )
    ]


def test_data_that_are_sent_away_begin_another_visit() -> None:
    instance = toy2(nodes=HUB, links=BACK, max_latency=1.0)
    assert account(instance, AWAY).feasible
    assert account(instance, AWAY).compute["hub"].used == 7.5e9


def test_reserved_slices_sum_to_at_most_the_utilisation() -> None:
    instance = toy2(
        nodes={"hub": {"slices": [0.25, 0.5], "max_utilisation": 0.6}}, links=BACK, max_latency=1.0
    )
    found = account(instance, AWAY).violations
    assert [(one.rule, one.object_id, one.figure, one.limit) for one in found] == [
        ("compute", "hub", 7.5e9, 6e9)
    ]
    assert str(found[0]) == (
        "node 'hub': what is reserved sums to 7.5e+09 op/s, which exceeds the compute capacity 6e+09 op/s"
        " by 0.25 of it"
    )


def test_the_work_of_a_visit_fits_in_its_slice() -> None:
    # 3/s * 0.5 * 0.42 ms of the hub: 0.63 thousandths of its time; b2 takes 840 ms, all else 7.413 ms
    assert said(toy2(nodes=HUB), replace(SPREAD, slices=(None, 0.0005, None))) == [
        ("latency", "latency 0.847413 s exceeds the limit 0.01 s by 83.7 of it"),
        (
            "visit",
            "block 'b2' on 'hub' takes 0.00063 of the node, which exceeds its slice 0.0005 by 0.26 of it",
        ),
    ]


@pytest.mark.parametrize(
    ("slices", "text"),
    [
        ((), "block 'b2' on 'hub' needs one of its slices 0.0005, 0.25, 0.5, got none"),
        ((None, 0.3, None), "block 'b2' on 'hub' needs one of its slices 0.0005, 0.25, 0.5, got 0.3"),
        ((None, 0.25), "has 2 slices for 3 blocks; null stands for none"),
        ((0.5, 0.25, None), "block 'b1' on 'phone' has slice 0.5, but the node has no slices"),
    ],
)
def test_wrong_slices_are_named(slices: tuple[float | None, ...], text: str) -> None:
    evaluation = account(toy2(nodes=HUB), replace(SPREAD, slices=slices))
    assert [(one.rule, one.text) for one in evaluation.violations] == [("slice", text)]
    assert not evaluation.applications


def test_slices_in_an_instance_without_any_are_wrong_of_few_and_of_many_applications() -> None:
    assert said(toy2(), QUARTER) == [
        ("slice", "block 'b2' on 'hub' has slice 0.25, but the node has no slices")
    ]
    several = [toy2().applications[0].model_copy(update={"id": f"app{i}"}) for i in range(400)]
    many = toy2().replace(applications=several)
    placed = [replace(QUARTER, application=one.id) for one in several]
    assert len([rule for rule, _ in said(many, *placed) if rule == "slice"]) == 400


def test_many_applications_with_slices_are_evaluated_in_fractions() -> None:
    several = [toy2().applications[0].model_copy(update={"id": f"app{i}"}) for i in range(400)]
    instance = toy2(nodes=HUB).replace(applications=several)
    placed = [replace(QUARTER, application=one.id) for one in several]
    assert account(instance, *placed).compute["hub"].used == 400 * 2.5e9


# ---------------------------------------------------------------- links


HALF = replace(SPREAD, route_slices=((), (None,), (0.5,)))


def toy_with(*slices: float, **application: Any) -> Instance:
    """The toy whose link from the hub to the cloud has slices."""
    instance = toy2(**application)
    return instance.with_link("hub->cloud", bandwidth_slices=slices)


def test_a_slice_of_a_link_stretches_sending_and_nothing_else() -> None:
    whole, part = account(toy2(), SPREAD), account(toy_with(0.0001, 0.5), HALF)
    one, other = whole.applications[0], part.applications[0]
    # 1000 bit take 10 us on the whole link, 20 us on half of it; the delay stays
    assert other.communication_latency == pytest.approx(one.communication_latency + 1e-5)
    assert (other.energy, other.compute_latency) == (one.energy, one.compute_latency)
    assert part.feasible


def test_what_hops_reserve_is_the_load_of_a_link() -> None:
    load = account(toy_with(0.0001, 0.5), HALF).bandwidth["hub->cloud"]
    assert (load.used, load.utilisation) == (5e7, 0.5)


def test_results_are_sent_besides_what_is_reserved() -> None:
    home = {"result_to": "cloud", "max_latency": 1.0}
    instance = toy2(bits={"x1": 4e3, "x2": 1e3, "x3": 10.0}, **home)
    instance = instance.with_link("hub->cloud", bandwidth_slices=(0.5,))
    plain = account(toy2(bits={"x1": 4e3, "x2": 1e3, "x3": 10.0}, **home), SPREAD)
    # 3/s * (0.5 * 4000 + 0.25 * 1000) bit of results besides the slice; data were 3/s * 0.25 * 1000 bit
    assert account(instance, HALF).bandwidth["hub->cloud"].used == pytest.approx(5e7 + 6750)
    assert plain.bandwidth["hub->cloud"].used == pytest.approx(750 + 6750)


def test_the_data_of_a_hop_fit_in_its_slice() -> None:
    # 3/s * 0.25 * 1000 bit: 7.5 millionths of the link
    placed = replace(SPREAD, route_slices=((), (None,), (1e-6,)))
    assert said(toy_with(1e-6, 0.5, max_latency=100.0), placed) == [
        (
            "hop",
            "what is sent at stage 2 over 'hub->cloud' takes 7.5e-06 of the link,"
            " which exceeds its slice 1e-06 by 6.5 of it",
        )
    ]


def test_reserved_slices_of_a_link_sum_to_at_most_its_bandwidth() -> None:
    several = [toy2().applications[0].model_copy(update={"id": f"app{i}"}) for i in range(3)]
    instance = toy_with(0.5).replace(applications=several)
    found = account(instance, *(replace(HALF, application=one.id) for one in several)).violations
    assert [(one.rule, one.object_id, one.text) for one in found] == [
        (
            "bandwidth",
            "hub->cloud",
            "what is reserved sums to 150000000 bit/s, which exceeds the bandwidth capacity 100000000 bit/s"
            " by 0.5 of it",
        )
    ]


@pytest.mark.parametrize(
    ("slices", "text"),
    [
        ((), "what is sent at stage 2 over 'hub->cloud' needs one of its slices 0.5, got none"),
        (
            ((), (None,), (0.3,)),
            "what is sent at stage 2 over 'hub->cloud' needs one of its slices 0.5, got 0.3",
        ),
        (
            ((), (0.5,), (0.5,)),
            "what is sent at stage 1 over 'phone->hub' has slice 0.5, but the link has no slices",
        ),
        (((), (None,)), "needs as many route_slices as its routes have hops; null stands for none"),
        (((), (None,), ()), "needs as many route_slices as its routes have hops; null stands for none"),
    ],
)
def test_wrong_slices_of_links_are_named(slices: Any, text: str) -> None:
    assert said(toy_with(0.5), replace(SPREAD, route_slices=slices)) == [("slice", text)]


def test_a_table_has_no_slices() -> None:
    with pytest.raises(ValueError, match="application 'app' has slices: a table has none"):
        PlacementTable.of([QUARTER])


@pytest.mark.parametrize("draw", [sliced_instance, sliced_pair, link_sliced_instance, link_sliced_pair])
@pytest.mark.parametrize("start", [0, 64])
def test_the_second_judge_says_the_same(draw: Any, start: int) -> None:
    seen: set[str] = set()
    for seed in range(start, start + 64):
        instance, rng = draw(seed), random.Random(seed)
        for trouble in (0.0, 0.0, 0.3 if len(instance.applications) > 1 else 0.0):
            placed = placements(instance, rng.randrange(10**6), trouble)
            found = agrees(instance, [with_slices(instance, one, rng) for one in placed])
            seen |= {violation.rule for violation in found.violations}
    links = draw in (link_sliced_instance, link_sliced_pair)
    assert {"slice", "latency", *(("hop",) if links else ("visit", "compute"))} <= seen


def with_slices(instance: Instance, placed: ApplicationPlacement, rng: random.Random) -> ApplicationPlacement:
    """A slice for every visit, now and then a wrong one."""
    if len(placed.nodes) != len(placed.routes) or not placed.nodes:
        return placed
    slices: list[float | None] = []
    for visit in visits(placed):
        node = instance.node_by_id.get(visit.node)
        size = rng.choice(node.slices) if node is not None and node.slices else None
        slices += [size] * (visit.last + 1 - visit.first)
    if rng.random() < 0.1:
        slices[rng.randrange(len(slices))] = rng.choice((None, 0.25, 0.33))
    if rng.random() < 0.05:
        slices.pop()
    hops = [[_hop_slice(instance, link, rng) for link in route] for route in placed.routes]
    if rng.random() < 0.05:
        hops[rng.randrange(len(hops))].append(None)
    return replace(
        placed,
        slices=tuple(slices) if any(slices) else (),
        route_slices=tuple(map(tuple, hops)) if any(map(any, hops)) else (),
    )


def _hop_slice(instance: Instance, link: str, rng: random.Random) -> float | None:
    known = instance.link_by_id[link].bandwidth_slices if link in instance.link_by_id else ()
    if rng.random() < 0.05:
        return rng.choice((None, 0.25, 0.33))
    return rng.choice(known) if known else None
