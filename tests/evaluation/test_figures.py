"""Energy, carbon and cost of the toy by hand, as figures and as limits; energies are in test_evaluate.py."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from finopt.problem.instance import Instance
from tests.toy import SPREAD, TOY, account

# phone 2.2 mJ, hub 2.1 mJ, cloud 1.2875 mJ; links 0.1 mJ and 2.5 uJ; with 1, 2, 4, 10 and 100 g/J:
CARBON = 2.2e-3 + 2 * 2.1e-3 + 4 * 1.2875e-3 + 10 * 1e-4 + 100 * 2.5e-6
# busy for 1.1 ms, 0.21 ms, 25.75 us at 1, 10 and 100 per second; 1000 bit at 1e-6 and 250 bit at 1e-5:
COST = 1.1e-3 + 10 * 2.1e-4 + 100 * 2.575e-5 + 1000 * 1e-6 + 250 * 1e-5
TAKES = {"energy": 5.69e-3, "carbon": CARBON, "cost": COST}


def weighted(**keys: Any) -> Instance:
    """The toy where joules have carbon, and seconds and bits a price, with some keys of its application."""
    data = copy.deepcopy(TOY)
    weights = zip(
        data["nodes"] + data["links"][:2], (1, 2, 4, 9, 10, 100), (1, 10, 100, 9, 1e-6, 1e-5), strict=True
    )
    for owner, carbon, price in weights:
        owner |= {"carbon": carbon, "price": price}
    data["applications"][0] |= keys
    return Instance.model_validate(data)


def test_carbon_and_cost_of_an_inference() -> None:
    result = account(weighted(), SPREAD)
    (one,) = result.applications
    assert (one.energy, one.carbon, one.cost) == pytest.approx((5.69e-3, CARBON, COST))
    # three samples a second
    assert (result.power, result.carbon, result.cost) == pytest.approx((17.07e-3, 3 * CARBON, 3 * COST))


@pytest.mark.parametrize("figure", TAKES)
def test_limits_are_kept_at_what_is_taken_and_broken_below(figure: str) -> None:
    takes = TAKES[figure]
    assert account(weighted(**{f"max_{figure}": takes}), SPREAD).feasible
    (broken,) = account(weighted(**{f"max_{figure}": takes / 2}), SPREAD).violations
    assert (broken.rule, broken.kind, broken.object_id) == (figure, "application", "app")
    assert (broken.figure, broken.limit) == pytest.approx((takes, takes / 2))
    assert "by 1 of it" in broken.text
