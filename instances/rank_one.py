"""What is lost when a table of blocks by devices is explained by operations and compute.

``python instances/rank_one.py [FILE]``: fits log time = log ops - log compute by least squares over all
blocks and classes of devices, solves the instance with the table and with the fit, and judges both plans by
the table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import finopt
from finopt import Instance
from finopt.evaluation.account import Evaluation

FILE = Path(__file__).parent / "measured" / "mobilenet-v2.json"

UNIT = 1e9
"""Compute of the average device [op/s]: the fit leaves it open."""


def main() -> None:
    """Print the fit's errors and both plans."""
    instance = finopt.load(sys.argv[1] if len(sys.argv) > 1 else FILE)
    assert isinstance(instance, Instance)
    fit = rank_one(instance)
    error = fitted(times(instance)) / times(instance)
    print(f"fitted times are {error.min():.2f} to {error.max():.2f} times those of the table")
    for name, predicted, true in compared(instance, fit):
        print(f"{name}: predicted {in_words(predicted)}; by the table {in_words(true)}")


def times(instance: Instance) -> NDArray[Any]:
    """Seconds of the model's blocks on every class of devices, shape (blocks, classes)."""
    blocks = instance.models[0].blocks
    return np.array([[profile.block[b.id].time for profile in instance.profiles] for b in blocks])


def fitted(table: NDArray[Any]) -> NDArray[Any]:
    """The best table of the form ops / compute: means of logarithms, for every entry is there."""
    logs = np.log(table)
    return np.asarray(np.exp(logs.mean(1, keepdims=True) + logs.mean(0) - logs.mean()))


def rank_one(instance: Instance) -> Instance:
    """The instance with operations and compute instead of the table."""
    logs = np.log(times(instance))
    ops = UNIT * np.exp(logs.mean(1))
    compute = UNIT * np.exp(logs.mean() - logs.mean(0))
    speed = {profile.device: float(c) for profile, c in zip(instance.profiles, compute, strict=True)}
    model = instance.models[0]
    blocks = [block.replace(ops=float(o)) for block, o in zip(model.blocks, ops, strict=True)]
    nodes = [node.replace(compute=speed[node.device or ""], device=None) for node in instance.nodes]
    return instance.replace(nodes=nodes, models=[model.replace(blocks=blocks)], profiles=())


def compared(instance: Instance, fit: Instance) -> list[tuple[str, Evaluation, Evaluation]]:
    """Either way's plan: what it predicts, and what the table says of it."""
    plans = []
    for name, used in (("table", instance), ("rank-one fit", fit)):
        result = finopt.solve(used, "labels")
        assert result.placement is not None
        predicted = finopt.evaluate(used, result.placement)
        plans.append((name, predicted, finopt.evaluate(instance, result.placement)))
    return plans


def in_words(evaluation: Evaluation) -> str:
    """Energy and latency, and whether the limit is met."""
    (one,) = evaluation.applications
    late = "" if evaluation.feasible else ", too late"
    return f"{1e3 * one.energy:.1f} mJ, {1e3 * one.latency:.2f} ms{late}"


if __name__ == "__main__":
    main()
