"""Whatever is done to a file, it is read or refused; no other exception leaves the reader."""

from __future__ import annotations

import math
import random

import pytest

from finopt import InstanceError
from finopt.io.importers.networks import DeviceGroup, Sites, TierPlan, Topology, tier_network
from finopt.io.importers.networks.recognition import parse
from tests.io.importers.networks.mutations import TEXTS, mutated

PLAN = TierPlan(edge=Sites(count=1), devices=(DeviceGroup(count=1, name="mutant's phone "),))


@pytest.mark.parametrize("kind", TEXTS)
def test_a_few_broken_files(kind: str) -> None:
    survivors = survivors_of(kind, range(200))
    assert 0 < survivors < 200


@pytest.mark.slow
@pytest.mark.parametrize("kind", TEXTS)
def test_thousands_of_broken_files(kind: str) -> None:
    survivors = survivors_of(kind, range(200, 5200))
    assert 200 < survivors < 4800  # the changes are neither harmless nor all fatal


def survivors_of(kind: str, seeds: range) -> int:
    """How many changed files are read; every one of them gives nodes and links."""
    count = 0
    for seed in seeds:
        data = mutated(TEXTS[kind], random.Random(f"{kind} {seed}"))
        try:
            topology = parse(data, kind, largest_component=seed % 2 == 0)
        except InstanceError as error:
            assert (error.problems and str(error).isprintable()) or "\n" in str(error)
            continue
        check(topology)
        count += 1
    return count


def check(topology: Topology) -> None:
    """A topology is what its class promises, and gives nodes and links."""
    names = [node.id for node in topology.nodes]
    pairs = {frozenset((link.source, link.target)) for link in topology.links}
    assert len(set(names)) == len(names) and len(pairs) == len(topology.links) >= len(names) - 1
    assert all(len(pair) == 2 and pair <= set(names) for pair in pairs)
    assert all(math.isfinite(link.delay) and link.delay >= 0 for link in topology.links)
    parts = tier_network(topology, PLAN)
    assert len(parts.nodes) == len(names) + 1
