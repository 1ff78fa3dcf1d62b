"""The paper's B-AlexNet / CIFAR-10 table: 13 latency limits times 16 accuracy targets."""

from __future__ import annotations

from functools import cache

import pytest

import finopt
from tests.oracle import optimum

EXACT = ("labels", "cspp", "milp")


@cache
def paper() -> finopt.Instance:
    return finopt.load("instances/paper/b-alexnet-cifar10.json")


def variant(milliseconds: int, percent: int) -> finopt.Instance:
    """The scenario with another latency limit and accuracy target."""
    change = {"max_latency": milliseconds / 1000, "min_accuracy": percent / 100}
    application = paper().applications[0].model_copy(update=change)
    return paper().model_copy(update={"applications": (application,)})


@pytest.mark.parametrize(
    ("milliseconds", "joule"), [(3, 0.1174), (5, 0.1001), *((ms, 0.0497) for ms in range(9, 16))]
)
def test_published_values(milliseconds: int, joule: float) -> None:
    for method in (*EXACT, "fin"):
        assert finopt.solve(variant(milliseconds, 80), method=method).objective == pytest.approx(
            joule, abs=5e-5
        )


@pytest.mark.parametrize("percent", range(10, 90, 5))
def test_every_exact_method_matches_the_enumeration(percent: int) -> None:
    for milliseconds in range(3, 16):
        instance = variant(milliseconds, percent)
        best = optimum(instance).objective
        for method in EXACT:
            result = finopt.solve(instance, method=method)
            assert result.status == ("INFEASIBLE" if best is None else "OPTIMAL"), (milliseconds, method)
            assert result.objective == (best if best is None else pytest.approx(best, rel=1e-9)), method
        fin = finopt.solve(instance, method="fin")
        assert fin.objective == (best if best is None else pytest.approx(best, rel=1e-9)), milliseconds
