"""Row (7) for placements in columns: what applications hold, each by itself or one copy for all."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from finopt.evaluation.bulk_entries import Entries, Index
from finopt.evaluation.bulk_stages import Stage, StageColumns
from finopt.problem.columns import ragged, starts
from finopt.problem.instance import Instance
from finopt.problem.model import Block


class Held(NamedTuple):
    """What is held in memory: its place in the order of rows, its node, and which of the ``amounts``."""

    order: Index
    node: Index
    amount: Index
    amounts: Sequence[Fraction]


def held(instance: Instance, entries: Entries, figures: StageColumns) -> Held:
    """The memory of every block of every row; of models with shared weights each part once on a node.

    These come last, as in the exact evaluation.
    """
    sharing = {model.id for model in instance.models if model.shared_weights}
    if not sharing:
        return Held(entries.row, entries.node, entries.stage, figures.exact_memory)
    shared = np.array([stage.model in sharing for stage in figures.stages])[entries.stage]
    own, common = np.flatnonzero(~shared), _shared(entries, figures, np.flatnonzero(shared))
    return Held(
        order=np.concatenate([entries.row[own], common.order + len(entries.application)]),
        node=np.concatenate([entries.node[own], common.node]),
        amount=np.concatenate([entries.stage[own], common.amount + len(figures.exact_memory)]),
        amounts=[*figures.exact_memory, *common.amounts],
    )


def _shared(entries: Entries, figures: StageColumns, which: Index) -> Held:
    """The parts of some entries, each once on a node, where it is used first."""
    number = {part: p for p, part in enumerate(dict.fromkeys(p for s in figures.stages for p in _parts(s)))}
    start = starts(np.array([len(stage.parts) for stage in figures.stages]))
    parts = np.array([number[part] for stage in figures.stages for part in _parts(stage)])
    at, begin = ragged(start, entries.stage[which])
    node = np.repeat(entries.node[which], np.diff(begin))
    first = np.sort(np.unique(node * len(number) + parts[at], return_index=True)[1])
    row = np.repeat(entries.row[which], np.diff(begin))
    return Held(row[first], node[first], parts[at[first]], [memory for *_, memory in number])


def _parts(stage: Stage) -> list[tuple[str, bool, str, Fraction]]:
    """What tells the parts of a stage from those of others, and their memory."""
    return [(stage.model, isinstance(p, Block), p.id, Fraction(p.memory)) for p in stage.parts]
