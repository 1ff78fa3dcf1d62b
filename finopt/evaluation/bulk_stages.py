"""The stages of every model and configuration in columns, rounded and exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from finopt.problem.array_types import Floats
from finopt.problem.coefficients import exact_stage_figures
from finopt.problem.columns import starts
from finopt.problem.instance import Instance


@dataclass(frozen=True)
class StageColumns:
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
    accuracy: Floats
    start: NDArray[np.int64]
    reach: Floats
    ops: Floats
    reach_ops: Floats
    reach_bits: Floats
    memory: Floats
    bits: Floats
    exact_ops: Sequence[Fraction]
    exact_bits: Sequence[Fraction]
    exact_memory: Sequence[Fraction]

    @classmethod
    def of(cls, instance: Instance) -> StageColumns:
        """The entries of all models of an instance."""
        counts = [len(model.configurations) for model in instance.models]
        configurations = [(model, c) for model in instance.models for c in range(len(model.configurations))]
        figures = [exact_stage_figures(model, c) for model, c in configurations]
        columns = zip(*figures, strict=True)
        share, ops, memory, bits = ([entry for part in column for entry in part] for column in columns)
        weighted = [r * o for r, o in zip(share, ops, strict=True)]
        sent = [r * k for r, k in zip(share, bits, strict=True)]
        return cls(
            first=starts(np.array(counts))[:-1],
            count=np.array(counts),
            accuracy=np.array([model.configurations[c].accuracy for model, c in configurations]),
            start=starts(np.array([len(one.reach) for one in figures])),
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


def _rounded(values: Sequence[Fraction]) -> Floats:
    return np.array([float(value) for value in values])
