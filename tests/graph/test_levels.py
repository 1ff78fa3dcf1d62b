"""FIN's level rule against the same in fractions, and where figures meet a level exactly."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest

from finopt.graph.levels import levels, levels_left
from finopt.problem.tolerances import LEVEL_TOLERANCE


@pytest.mark.parametrize("seed", range(20))
def test_levels_are_those_of_fractions(seed: int) -> None:
    rng = random.Random(seed)
    gamma, budget = rng.randint(1, 50), rng.uniform(0.01, 10)
    used = [rng.uniform(0, 1.5 * budget) for _ in range(50)]
    exact = [Fraction(one) * gamma / Fraction(budget) for one in used]
    up, down = (levels(np.array(used), budget, gamma, up=way) for way in (True, False))
    assert up.tolist() == [min(math.ceil(one), gamma + 1) for one in exact]
    assert down.tolist() == [min(math.floor(one), gamma + 1) for one in exact]
    assert up.dtype == down.dtype == np.int32


@pytest.mark.parametrize("budget", [0.3, 0.7, 3.0])
def test_what_is_within_the_tolerance_of_a_level_is_on_it(budget: float) -> None:
    near = np.array(
        [level * budget / 10 * (1 + way * LEVEL_TOLERANCE / 4) for level in range(11) for way in (-1, 1)]
    )
    expected = [level for level in range(11) for _ in range(2)]
    assert (
        levels(near, budget, 10, up=True).tolist() == levels(near, budget, 10, up=False).tolist() == expected
    )


def test_far_above_the_budget_is_one_level_too_many() -> None:
    assert levels(np.array([1.5, 2.0, 1e300]), 1.0, 1, up=True).tolist() == [2, 2, 2]
    assert levels(np.array([1.5, 1e300]), 1.0, 10, up=False).tolist() == [11, 11]


def test_without_a_budget_only_what_uses_nothing_fits() -> None:
    for way in (True, False):
        assert levels(np.array([0.0, 1e-300, 1.0]), 0.0, 4, up=way).tolist() == [0, 5, 5]


def test_levels_left_loses_none_that_is_met_exactly() -> None:
    assert levels_left(0.0, 10.0, 8) == 0
    assert [levels_left(level / 10, 10.0, 8) for level in range(1, 12)] == [1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8]
    assert levels_left(0.3 * (1 - LEVEL_TOLERANCE / 4), 10.0, 8) == 3
    assert levels_left(0.29, 10.0, 8) == 2
