"""What the stages of every model and configuration ask of a network, as arrays and exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from finopt.problem.columns import starts
from finopt.problem.instance import Instance
from finopt.problem.model import Block, Exit, Model, reach

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stages:
    """One entry per model, configuration and block up to the final exit, one after the other.

    Attributes
    ----------
    first, count : arrays of int, shape (models,)
        The number of a model's first configuration among those of all models, and how many it has.
    accuracy : array, shape (configurations,)
        Of every configuration.
    start : array of int, shape (configurations + 1,)
        Its entries are those from ``start[c]`` up to ``start[c + 1]``.
    reach, ops, reach_ops, reach_bits, memory, bits : arrays, shape (entries,)
        Share of the samples; operations with classifiers; these and what is sent, weighted with the share;
        memory; what is sent before the block. Each is the exact figure rounded once.
    exact_ops, exact_bits, exact_memory : sequences of Fraction
        What the loads add up: operations and bits weighted with the share, and memory.
    """

    first: NDArray[np.int64]
    count: NDArray[np.int64]
    accuracy: Array
    start: NDArray[np.int64]
    reach: Array
    ops: Array
    reach_ops: Array
    reach_bits: Array
    memory: Array
    bits: Array
    exact_ops: Sequence[Fraction]
    exact_bits: Sequence[Fraction]
    exact_memory: Sequence[Fraction]


def stages(instance: Instance) -> Stages:
    """The entries of all models of an instance."""
    counts = [len(model.configurations) for model in instance.models]
    rows = [_entries(model, c) for model in instance.models for c in range(len(model.configurations))]
    entries = [entry for row in rows for entry in row]
    share, ops, memory, bits = (list(column) for column in zip(*entries, strict=True))
    weighted = [r * o for r, o in zip(share, ops, strict=True)]
    sent = [r * k for r, k in zip(share, bits, strict=True)]
    return Stages(
        first=starts(np.array(counts))[:-1],
        count=np.array(counts),
        accuracy=np.array([c.accuracy for model in instance.models for c in model.configurations]),
        start=starts(np.array([len(row) for row in rows])),
        reach=_rounded(share),
        ops=_rounded(ops),
        reach_ops=_rounded(weighted),
        reach_bits=_rounded(sent),
        memory=_rounded(memory),
        bits=_rounded(bits),
        exact_ops=weighted,
        exact_bits=sent,
        exact_memory=memory,
    )


def _entries(model: Model, c: int) -> list[tuple[Fraction, Fraction, Fraction, Fraction]]:
    """Share, operations, memory and bits of every block, as the exact evaluation has them."""
    configuration = model.configurations[c]
    enabled = [model.exit_by_id[name] for name in configuration.exits]
    entries = []
    for i, share in enumerate(reach(model, configuration)):
        block = model.blocks[i]
        parts: list[Block | Exit] = [block, *(exit_ for exit_ in enabled if exit_.after == block.id)]
        ops = sum((Fraction(part.ops) for part in parts), Fraction(0))
        memory = sum((Fraction(part.memory) for part in parts), Fraction(0))
        entries.append((share, ops, memory, Fraction(model.stage_bits[i])))
    return entries


def _rounded(values: Sequence[Fraction]) -> Array:
    return np.array([float(value) for value in values])
