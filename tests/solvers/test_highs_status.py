"""How HiGHS ended: every status is known, or an error."""

from __future__ import annotations

from types import SimpleNamespace

import highspy
import pytest

from finopt.problem.errors import BackendError
from finopt.solvers.highs_status import ENDINGS, Ending, ending

STATUSES = highspy.HighsModelStatus.__members__


def stopped_with(name: str) -> SimpleNamespace:
    """A HiGHS whose last call ended like this."""
    text = highspy.Highs().modelStatusToString
    return SimpleNamespace(getModelStatus=lambda: STATUSES[name], modelStatusToString=text)


def test_the_map_names_statuses_that_exist() -> None:
    assert set(ENDINGS) <= set(STATUSES)
    assert set(ENDINGS.values()) == set(Ending)


@pytest.mark.parametrize("name", sorted(STATUSES))
def test_a_status_is_read_or_refused(name: str) -> None:
    if name in ENDINGS:
        assert ending(stopped_with(name)) is ENDINGS[name]
    else:
        with pytest.raises(BackendError, match=r"HiGHS stopped with status '[A-Z]"):
            ending(stopped_with(name))
