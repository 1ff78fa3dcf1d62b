"""Weights of applications as an array."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from finopt.problem.array_types import Floats
from finopt.problem.instance import Instance


def weights_of(instance: Instance, weights: Mapping[str, float]) -> Floats:
    """Weight of every application, 1 for those that are not mentioned, shape (N,)."""
    weight = np.ones(len(instance.applications))
    if weights:
        for h, application in enumerate(instance.applications):
            weight[h] = weights.get(application.id, 1.0)
    return weight
