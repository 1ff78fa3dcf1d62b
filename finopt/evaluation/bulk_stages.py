"""The stages of every model and configuration in columns, rounded and exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.problem.array_types import Floats
from finopt.problem.coefficients import enabled_parts, exact_stage_figures
from finopt.problem.columns import starts
from finopt.problem.instance import Instance
from finopt.problem.model import Block, Exit


class Stage(NamedTuple):
    """A stage of a model: which share of the samples reaches it, the block and the classifiers behind it."""

    model: str
    share: Fraction
    parts: Sequence[Block | Exit]


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
    stages : sequence of Stage
        Who computes and what, of every entry.
    reach, bits, reach_bits : arrays, shape (entries,)
        Share of the samples; what is sent before the block, also weighted with the share. Each is the exact
        figure rounded once.
    exact_bits, exact_memory : sequences of Fraction
        What the loads add up: bits weighted with the share, and memory.
    """

    first: NDArray[np.int64]
    count: NDArray[np.int64]
    accuracy: Floats
    start: NDArray[np.int64]
    stages: Sequence[Stage]
    reach: Floats
    bits: Floats
    reach_bits: Floats
    exact_bits: Sequence[Fraction]
    exact_memory: Sequence[Fraction]

    @classmethod
    def of(cls, instance: Instance) -> StageColumns:
        """The entries of all models of an instance."""
        counts = [len(model.configurations) for model in instance.models]
        configurations = [(model, c) for model in instance.models for c in range(len(model.configurations))]
        figures = [exact_stage_figures(model, c) for model, c in configurations]
        columns = zip(*figures, strict=True)
        share, _, memory, bits = ([entry for part in column for entry in part] for column in columns)
        parts = [(model.id, own) for model, c in configurations for own in enabled_parts(model, c)]
        sent = [r * k for r, k in zip(share, bits, strict=True)]
        return cls(
            first=starts(np.array(counts))[:-1],
            count=np.array(counts),
            accuracy=np.array([model.configurations[c].accuracy for model, c in configurations]),
            start=starts(np.array([len(one.reach) for one in figures])),
            stages=[Stage(model, r, own) for (model, own), r in zip(parts, share, strict=True)],
            reach=rounded(share),
            bits=rounded(bits),
            reach_bits=rounded(sent),
            exact_bits=sent,
            exact_memory=memory,
        )


def rounded(values: Sequence[Fraction]) -> Floats:
    """Each figure rounded once."""
    return np.array([float(value) for value in values])
