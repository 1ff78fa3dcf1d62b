"""Computing in columns: operations where nothing was measured, seconds on devices that were.

What a block takes is a table look-up by stage and device. Operations and seconds alike are then multiplied
with what one of them costs on the node, so both go the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.evaluation.bulk_stages import Stage, StageColumns, rounded
from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.arrays import Network
from finopt.problem.instance import Instance
from finopt.problem.profile import Profile

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class WorkColumns:
    """What stages take on devices, a cell for each pair, and what a unit of it costs on nodes.

    The unit of a cell is an operation or, where it was measured, a second. Those of node v stand at v and
    V + v.

    Attributes
    ----------
    device : ndarray of int, shape (V,)
        Number of each node's device; 0 if nothing was measured on it.
    devices : int
        How many numbers there are.
    measured, runs : ndarray of bool, shape (cells,)
        Whether the cell is in seconds; whether the stage can run.
    work, share_work, powered, joules : ndarray, shape (cells,)
        Operations or seconds; the same weighted with the share of the samples; that part of them that takes
        the power of the node, and joules that were measured, weighted alike.
    exact : sequence of Fraction
        What ``share_work`` is rounded from.
    energy_per_unit, seconds_per_unit, ops_per_unit : ndarray, shape (2 V,)
        Of the nodes, in equivalent operations the last.
    computes : ndarray of bool, shape (V,)
        Which nodes do not only forward.
    """

    device: Ints
    devices: int
    measured: Bools
    runs: Bools
    work: Floats
    share_work: Floats
    powered: Floats
    joules: Floats
    exact: Sequence[Fraction]
    energy_per_unit: Floats
    seconds_per_unit: Floats
    ops_per_unit: Floats
    computes: Bools

    @classmethod
    def of(cls, instance: Instance, network: Network, figures: StageColumns) -> WorkColumns:
        """The cells of all models, and the units of all nodes."""
        devices = [None, *dict.fromkeys(profile.device for profile in instance.profiles)]
        number = {name: k for k, name in enumerate(devices)}
        kinds = network.classes
        cells = [
            _cell(stage, None if device is None else instance.profile_of.get((stage.model, device)))
            for stage in figures.stages
            for device in devices
        ]
        share = [stage.share for stage in figures.stages for _ in devices]
        weighted = [s * cell.work for s, cell in zip(share, cells, strict=True)]
        power, slowdown = (
            np.array([0.0 if kind is None else taken(kind) for kind in kinds])[network.device_class]
            for taken in (attrgetter("charge.per_powered_second"), attrgetter("slowdown"))
        )
        return cls(
            device=np.array([0 if kind is None else number.get(kind.device, 0) for kind in kinds], np.int32)[
                network.device_class
            ],
            devices=len(devices),
            measured=np.array([cell.measured for cell in cells]),
            runs=np.array([cell.runs for cell in cells]),
            work=rounded([cell.work for cell in cells]),
            share_work=rounded(weighted),
            powered=rounded([s * cell.powered for s, cell in zip(share, cells, strict=True)]),
            joules=rounded([s * cell.joules for s, cell in zip(share, cells, strict=True)]),
            exact=weighted,
            energy_per_unit=np.concatenate([network.node_figures.energy_per_op, power]),
            seconds_per_unit=np.concatenate([network.node_figures.seconds_per_op, slowdown]),
            ops_per_unit=np.concatenate([np.ones(network.nodes), network.speed]),
            computes=network.speed > 0,
        )

    def cell(self, stage: Index, node: Index) -> Index:
        """The cell of stages on nodes."""
        return stage if self.devices == 1 else stage * self.devices + self.device[node]

    def runs_on(self, cell: Index, node: Index) -> Bools:
        """Whether stages can run: what was measured has them, and the node does not only forward."""
        runs: Bools = self.runs[cell] & self.computes[node]
        return runs

    def unit(self, cell: Index, node: Index) -> Index:
        """Where the figures of a unit stand, for cells on nodes."""
        return node if self.devices == 1 else node + self.measured[cell] * len(self.device)

    def exact_ops(self, cell: int, node: int) -> Fraction:
        """Equivalent operations of a cell on a node, weighted with the share of the samples."""
        unit = node + len(self.device) if self.measured[cell] else node
        return self.exact[cell] * Fraction(float(self.ops_per_unit[unit]))


class _Cell(NamedTuple):
    measured: bool
    runs: bool
    work: Fraction
    powered: Fraction
    joules: Fraction


def _cell(stage: Stage, profile: Profile | None) -> _Cell:
    """What a sample takes in a stage, by operations or as it was measured."""
    if profile is None:
        ops = _total([part.ops for part in stage.parts])
        return _Cell(False, True, ops, ops, Fraction(0))
    if stage.parts[0].id not in profile.block:
        return _Cell(True, False, Fraction(0), Fraction(0), Fraction(0))
    entries = [profile.entry(part) for part in stage.parts]
    return _Cell(
        measured=True,
        runs=True,
        work=_total([entry.time for entry in entries]),
        powered=_total([entry.time for entry in entries if entry.energy is None]),
        joules=_total([entry.energy for entry in entries if entry.energy is not None]),
    )


def _total(figures: Sequence[float]) -> Fraction:
    return sum(map(Fraction, figures), Fraction(0))
