"""Slices as decisions against enumeration: every method, beside the other features of version 2."""

from __future__ import annotations

from collections.abc import Iterable

import finopt
from finopt.problem.status import Status
from tests.conformance import keeps_its_word, named, seeds
from tests.joint_oracle import joint_optimum
from tests.oracle import plain_optimum
from tests.random_instances import joint_instance
from tests.version2_instances import decorated, sliced_instance


@seeds(384, 16, quick=48)
def test_one_application(chunk: Iterable[int]) -> None:
    """Every method keeps its word, and exact methods prove the optimum although slices are a capacity."""
    for seed in chunk:
        instance = sliced_instance(seed)
        best = joint_optimum(instance)
        if best.placement is not None:
            evaluation = finopt.evaluate(instance, best.placement)
            assert evaluation.feasible
            assert evaluation.objective == best.objective
        for method in named():
            result = finopt.solve(instance, method)
            keeps_its_word(method, result, best.objective, binds=True)
            if method in named(lambda c: c.optimal):
                assert result.status is (Status.INFEASIBLE if best.objective is None else Status.OPTIMAL)
