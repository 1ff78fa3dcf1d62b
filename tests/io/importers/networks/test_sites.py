"""Which places become sites: by degree, by population, in the middle, or as listed."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest

from finopt import InstanceError
from finopt.io.importers.networks import Sites, TierPlan, Topology, TopologyLink, TopologyNode, k_median
from finopt.io.importers.networks.site_choice import chosen


def star(populations: tuple[float | None, ...] = (None,) * 6) -> Topology:
    """A hub with a chain behind it: a - b - c, hub - a, hub - d, hub - e."""
    nodes = tuple(TopologyNode(n, n, population=p) for n, p in zip("habcde", populations, strict=True))
    pairs = [("h", "a"), ("a", "b"), ("b", "c"), ("h", "d"), ("h", "e")]
    return Topology("star", nodes, tuple(TopologyLink(a, b, None, 1e3, 5e-6) for a, b in pairs))


def edge(topology: Topology, **sites: Any) -> tuple[str, ...]:
    return chosen(topology, TierPlan(edge=Sites(**sites))).edge


def test_most_links_win_and_then_the_order_of_the_file() -> None:
    assert edge(star(), count=1) == ("h",)
    assert edge(star(), count=2) == ("h", "a")
    assert edge(star(), count=4) == ("h", "a", "b", "c")


def test_clouds_are_chosen_before_edge_sites() -> None:
    both = chosen(star(), TierPlan(edge=Sites(count=2), cloud=Sites(count=1)))
    assert (both.cloud, both.edge) == (("h",), ("a", "b"))


def test_what_is_listed_is_taken_before_what_is_chosen() -> None:
    plan = TierPlan(edge=Sites(by="list", nodes=("h", "c")), cloud=Sites(count=1))
    assert chosen(star(), plan) == (("h", "c"), ("a",))


def test_largest_populations() -> None:
    people = star((None, 5.0, 9.0, 9.0, 0.0, None))
    assert edge(people, by="population", count=2) == ("b", "c")
    with pytest.raises(
        InstanceError, match=r"edge.by: needs 5 places of known population, the topology has 4"
    ):
        edge(people, by="population", count=5)


def test_labels_name_places_if_only_one_has_them() -> None:
    nodes = (TopologyNode("Ulm (1)", "Ulm"), TopologyNode("Ulm (2)", "Ulm"), TopologyNode("Bonn (3)", "Bonn"))
    topology = Topology("t", nodes, ())
    assert edge(topology, by="list", nodes=("Bonn", "Ulm (2)")) == ("Bonn (3)", "Ulm (2)")
    with pytest.raises(InstanceError) as error:
        edge(topology, by="list", nodes=("Ulm", "Bohn", "Bonn", "Bonn (3)"))
    text = str(error.value)
    assert r"edge.nodes[0]: is the label of 2 places: Ulm (1), Ulm (2), got 'Ulm'" in text
    assert "edge.nodes[1]: no such place, got 'Bohn'; did you mean 'Bonn'?" in text
    assert "edge.nodes[3]: is listed twice, first at edge.nodes[2]" in text


def test_a_place_is_not_two_sites_and_there_are_not_more_sites_than_places() -> None:
    with pytest.raises(InstanceError, match=r"edge.nodes\[1\]: is a cloud site, too, got 'h'"):
        both = Sites(by="list", nodes=("a", "h"))
        chosen(star(), TierPlan(edge=both, cloud=Sites(by="list", nodes=("h",))))
    with pytest.raises(
        InstanceError, match=r"edge.count: must be at most 5, the places that are no site yet, got 6"
    ):
        chosen(star(), TierPlan(edge=Sites(count=6), cloud=Sites(count=1)))


# ---------------------------------------------------------------- k-median


def test_medians_are_in_the_middle() -> None:
    assert edge(star(), by="k-median", count=1) == ("h",)
    assert edge(star(), by="k-median", count=2) == ("h", "b")
    crowd = star((1.0, 1.0, 1.0, 1000.0, 1.0, 1.0))
    assert edge(crowd, by="k-median", count=1) == ("c",)


def test_delays_along_the_shortest_way_also_over_links_without_delay() -> None:
    nodes = tuple(TopologyNode(n, n) for n in "abc")
    links = (TopologyLink("a", "b", None, 0.0, 0.0), TopologyLink("b", "c", None, None, 2e-3))
    delays = k_median.delays(Topology("t", nodes, links))
    assert delays[0] == pytest.approx([0, 0, 2e-3], abs=1e-8)


@pytest.mark.parametrize("seed", range(30))
def test_no_swap_makes_it_better_and_it_is_close_to_the_optimum(seed: int) -> None:
    draw = np.random.default_rng(seed)
    points = draw.random((12, 2))
    cost = np.linalg.norm(points[:, None] - points[None], axis=2)
    count = 1 + seed % 4
    found = k_median.swapped(cost, k_median.greedy(cost, count))
    total = cost[:, found].min(axis=1).sum()
    optimum = min(cost[:, list(c)].min(axis=1).sum() for c in itertools.combinations(range(12), count))
    assert len(set(found)) == count
    assert optimum <= total * (1 + 1e-12) <= 1.2 * optimum
    for out, new in itertools.product(range(count), set(range(12)) - set(found)):
        assert cost[:, [*found[:out], new, *found[out + 1 :]]].min(axis=1).sum() >= total * (1 - 1e-8)


def test_swaps_leave_a_poor_start() -> None:
    cost = np.abs(np.arange(9.0)[:, None] - np.arange(9.0)[None])
    assert sorted(k_median.swapped(cost, [0, 1, 2])) in (
        [1, 4, 7],
        [1, 4, 6],
        [1, 3, 6],
        [2, 4, 7],
        [1, 5, 7],
    )


def test_the_number_of_places_of_k_median_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(k_median, "MOST_NODES", 5)
    with pytest.raises(InstanceError, match=r"edge.by: is for at most 5 places, use 'degree' or a list"):
        edge(star(), by="k-median", count=1)


def test_the_choice_does_not_depend_on_chance() -> None:
    random.seed(1)
    first = edge(star(), by="k-median", count=3)
    random.seed(2)
    assert edge(star(), by="k-median", count=3) == first
