"""Of many rows the ones that no other beats."""

from __future__ import annotations

import numpy as np
import pytest

from finopt.heuristics.joint.branching.undominated import _unbeaten


@pytest.mark.parametrize("seed", range(20))
def test_what_is_dropped_is_beaten_by_what_is_kept_and_nothing_else_is(seed: int) -> None:
    figures = np.random.default_rng(seed).integers(0, 5, (60, 3)).astype(float)
    kept = _unbeaten(figures)
    beats = (figures[kept][:, None] <= figures[None]).all(axis=2)
    assert beats.any(axis=0).all()
    assert (beats[:, kept].sum(axis=0) == 1).all()  # by itself alone


def test_of_equal_rows_the_first_stays() -> None:
    assert _unbeaten(np.array([[2.0, 1.0], [1.0, 1.0], [1.0, 1.0]])) == [1]
