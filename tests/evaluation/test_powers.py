"""Powers of nodes and links add up to what applications take, also where loads are what slices reserve."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import finopt
from finopt.evaluation.powers import powers
from finopt.problem.instance import Instance
from tests.version2_instances import link_sliced_pair, sliced_instance, sliced_pair, version2_instance


@pytest.mark.parametrize("seed", [0, 1, 2, 8])
@pytest.mark.parametrize("draw", [version2_instance, sliced_instance, sliced_pair, link_sliced_pair])
def test_they_are_what_the_applications_take(draw: Callable[[int], Instance], seed: int) -> None:
    instance = draw(seed)
    result = finopt.solve(instance)
    if result.placement is None:
        return
    evaluation = finopt.evaluate(instance, result.placement)
    nodes, links = powers(instance, evaluation)
    assert sum(nodes.values()) + sum(links.values()) == pytest.approx(evaluation.power, rel=1e-12)
