"""Weights of applications: checked, and as an array."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from finopt.problem.array_types import Floats
from finopt.problem.instance import Instance
from finopt.problem.options import ABOVE_ZERO


def weights_of(instance: Instance, weights: Mapping[str, float]) -> Floats:
    """Weight of every application, 1 for those that are not mentioned, shape (N,)."""
    weight = np.ones(len(instance.applications))
    if weights:
        for h, application in enumerate(instance.applications):
            weight[h] = weights.get(application.id, 1.0)
    return weight


def checked_weights(weights: Mapping[str, float] | None, instance: Instance) -> Mapping[str, float]:
    """The weights, if they are of applications and above 0."""
    if not isinstance(weights, Mapping | None):
        raise TypeError(f"weights must be a mapping of application ids to numbers or None, got {weights!r}")
    for name, weight in (weights or {}).items():
        if name not in instance.application_by_id:
            raise ValueError(f"weights names application {name!r}, which the instance does not have")
        ABOVE_ZERO.checked(f"the weight of application {name!r}", weight)
    return weights or {}
