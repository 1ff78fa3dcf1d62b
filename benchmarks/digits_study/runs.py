"""One cut: split, run, and what came out beside what was predicted."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import finopt
from digits_study.cuts import SAMPLES
from finopt.runtime import plan_folder
from finopt.runtime.manifest import ApplicationPlan
from finopt.runtime.run import Measured, run, sample_makers
from finopt.runtime.source_models import SourceModel
from finopt.runtime.split import split


@dataclass(frozen=True)
class ExitFigures:
    """One exit of a cut: samples, and predicted and median measured latency [s]."""

    name: str
    samples: int
    predicted: float
    measured: float

    @property
    def error(self) -> float:
        """By which share the measured median is above the prediction."""
        return self.measured / self.predicted - 1


@dataclass(frozen=True)
class CutFigures:
    """One cut; energies of a sample in the mean [J].

    ``predicted`` is the cost model's with the shares of the sweep, ``measured`` that of the samples: by exit
    the median of measured seconds times power and of what the links take, weighted with the samples.
    """

    nodes: tuple[str, ...]
    predicted: float
    measured: float
    exits: tuple[ExitFigures, ...]
    equal: int
    samples: int


def figures(
    instance: finopt.Instance,
    placement: finopt.Placement,
    source: SourceModel,
    thresholds: dict[str, float],
    count: int,
) -> CutFigures:
    """Split and run a placement."""
    name = placement.applications[0].application
    plan = split(instance, placement, {source.model: source}, {name: thresholds})
    with tempfile.TemporaryDirectory() as folder:
        plan_folder.write(plan, Path(folder) / "pieces")
        found = run(Path(folder) / "pieces", plan.manifest, sample_makers(plan.manifest, SAMPLES, 0), count)
    if found.reason:
        raise RuntimeError(found.reason)
    return _summed(placement.applications[0].nodes, plan.manifest.applications[0], found.measured)


def _summed(nodes: tuple[str, ...], plan: ApplicationPlan, samples: list[Measured]) -> CutFigures:
    taken = {name: [sample for sample in samples if sample.exit == name] for name in plan.exit_by_id}
    taken = {name: own for name, own in taken.items() if own}
    energy = sum(len(own) * statistics.median(s.energy for s in own) for own in taken.values())
    exits = tuple(
        ExitFigures(
            name,
            len(own),
            plan.exit_by_id[name].predicted_latency,
            statistics.median(sample.seconds for sample in own),
        )
        for name, own in taken.items()
    )
    equal = sum(bool(sample.equal) for sample in samples)
    return CutFigures(nodes, plan.predicted_energy, energy / len(samples), exits, equal, len(samples))
