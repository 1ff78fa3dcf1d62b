"""What computing the stages of a group takes, on nodes of the region and on devices.

What was measured belongs to a class of nodes: same device, charge and waiting. A class is a column of the
tables; class 0 are nodes of no device. Where a model was not measured on a class, operations count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.arrays import FORWARDS, Network
from finopt.problem.coefficients import ALL_STAGES, StageFactors, computing_energy, computing_seconds
from finopt.problem.compute_tables import weighted_stages
from finopt.problem.instance import Instance
from finopt.problem.model import Model


class Tables(NamedTuple):
    """Measured figures of a sample, weighted like `StageFactors`, as compiled loops take them.

    All of shape (F+1, K). ``measured``: which classes were, the same in every row; ``energy`` [J],
    ``seconds`` and ``busy`` [s]; ``runs``: where stages can run.
    """

    measured: Bools
    energy: Floats
    seconds: Floats
    busy: Floats
    runs: Bools


@dataclass(frozen=True, eq=False)
class Computing:
    """The figures of one group; stages and nodes of the network as indices that numpy broadcasts.

    Attributes
    ----------
    factors : StageFactors
        Of the stages, per sample.
    tables : Tables
        What was measured.
    """

    factors: StageFactors
    tables: Tables

    @classmethod
    def of(
        cls, instance: Instance, network: Network, model: Model, configuration: int, factors: StageFactors
    ) -> Computing:
        """Of a model in one configuration."""
        shape = factors.stages, len(network.classes)
        measured, runs = np.zeros(shape, bool), np.ones(shape, bool)
        energy, seconds, busy = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for k, kind in enumerate(network.classes):
            runs[:, k] = kind != FORWARDS
            profile = None if kind is None else instance.profile_of.get((model.id, kind.device))
            if profile is None or kind is None:
                continue
            taken = weighted_stages(
                model, configuration, profile, factors, charge=kind.charge, slowdown=kind.slowdown
            )
            measured[:, k] = True
            energy[:, k], seconds[:, k], busy[:, k], runs[:, k] = taken
        return cls(factors, Tables(measured, energy, seconds, busy, runs))

    @property
    def by_operations(self) -> bool:
        """Whether nothing was measured."""
        return not self.tables.measured.any()

    def energy(self, network: Network, stage: Any, node: Any, price: Floats | None = None) -> Floats:
        """Energy of a sample [J], with the price of compute [W per op/s] where one is given."""
        figures = network.node_figures if price is None else network.priced(price)
        energy = computing_energy(self.factors, stage, figures, node)
        if self.by_operations:
            return energy
        at = _places(stage, network.device_class[node])
        measured = self.tables.energy[at]
        if price is not None:
            measured = measured + self.tables.busy[at] * (network.speed[node] * price[node])
        return np.where(self.tables.measured[at], measured, energy)

    def seconds(self, network: Network, stage: Any, node: Any) -> Floats:
        """Latency that counts [s]."""
        seconds = computing_seconds(self.factors, stage, network.node_figures, node)
        if self.by_operations:
            return seconds
        at = _places(stage, network.device_class[node])
        return np.where(self.tables.measured[at], self.tables.seconds[at], seconds)

    def ops(self, network: Network, stage: Any, node: Any) -> Floats:
        """Load of a sample per second [op/s]; of what was measured, busy seconds times compute."""
        ops: Floats = self.factors.ops[stage]
        if self.by_operations:
            return np.broadcast_to(ops, np.broadcast_shapes(np.shape(ops), np.shape(node)))
        at = _places(stage, network.device_class[node])
        return np.where(self.tables.measured[at], self.tables.busy[at] * network.speed[node], ops)

    def runs(self, network: Network, nodes: Ints) -> Bools:
        """On which nodes the stages can run, shape (F+1, n)."""
        runs: Bools = self.tables.runs[:, network.device_class[nodes]]
        return runs

    def with_class(self, energy: Floats, seconds: Floats) -> Computing:
        """The same with one more class, of a stand-in that carries no load, shape (F+1,)."""
        stages = energy.size
        yes = np.ones(stages, bool)
        columns = yes, energy, seconds, np.zeros(stages), yes
        joined = (np.column_stack(pair) for pair in zip(self.tables, columns, strict=True))
        return replace(self, tables=Tables(*joined))

    @classmethod
    def before(cls, every: Sequence[Computing]) -> Computing:
        """The sums over the stages before each stage, from none to all, of one group after the other."""
        factors = zip(*(one.factors for one in every), strict=True)
        tables = [one.tables for one in every]

        def summed(name: str) -> Floats:
            return np.concatenate([_sums(getattr(one, name)) for one in tables])

        def repeated(name: str) -> Bools:
            rows = [getattr(one, name) for one in tables]
            return np.concatenate([np.append(some, some[:1], axis=0) for some in rows])

        return cls(
            StageFactors(*(np.concatenate([_sums(part) for part in column]) for column in factors)),
            Tables(
                measured=repeated("measured"),
                energy=summed("energy"),
                seconds=summed("seconds"),
                busy=summed("busy"),
                runs=repeated("runs"),
            ),
        )


def _sums(figures: Floats) -> Floats:
    """Sums of the rows before each row, from none to all."""
    nothing = np.zeros_like(figures[:1])
    return np.concatenate([nothing, np.cumsum(figures, axis=0)])


def _places(stage: Any, kind: Any) -> Any:
    """Where a table has the figures of stages on classes of nodes."""
    return (slice(None), kind) if stage is ALL_STAGES else (stage, kind)
