"""A plan in pieces, run here sample by sample and compared with what was planned and with the whole model.

This checks plans; it serves nobody. All nodes are processes of this machine, so computing takes what it takes
here, whatever the device of a node. Links are emulated, see `finopt.runtime.links`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from finopt.problem.array_types import AnyArray
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.runtime import samples as sample_files
from finopt.runtime.cluster import Cluster, InterruptedRunError, StoppedError, started
from finopt.runtime.manifest import ApplicationPlan, Manifest
from finopt.runtime.manifest_file import FILE, inside
from finopt.runtime.samples import SampleOf
from finopt.runtime.sessions import WholeModel
from finopt.solvers.interruption import Interrupt, noted

MOST_NODES = 64
"""Each is a process."""

REHEARSALS = 3
"""Samples of each application before those that are measured."""


@dataclass(frozen=True)
class Measured:
    """One sample.

    Attributes
    ----------
    application : str
    number : int
        Of the sample, counted from 0.
    exit : str
        Where it left.
    seconds : float
        From its arrival at the source until its result was known, or was back.
    computing : tuple of float
        Seconds of every piece that it went through.
    energy : float
        Seconds times power of the nodes, and what the links take for the bits that were sent [J].
    output : ndarray
        What the exit gave.
    whole_exit : str or None
        Where it leaves the whole model; None: it was not compared.
    difference : float or None
        Largest difference to the output of the whole model at this exit.
    """

    application: str
    number: int
    exit: str
    seconds: float
    computing: tuple[float, ...]
    energy: float
    output: AnyArray = field(repr=False)
    whole_exit: str | None = None
    difference: float | None = None

    @property
    def equal(self) -> bool | None:
        """Whether exit and output are those of the whole model; None: they were not compared."""
        return None if self.whole_exit is None else self.whole_exit == self.exit and self.difference == 0


@dataclass
class Run:
    """What was measured, also when the run ended early.

    Attributes
    ----------
    manifest : Manifest
        With the thresholds that were used.
    measured : list of Measured
        In the order in which they ran.
    interrupted : bool
        Ctrl-C was pressed.
    reason : str
        Why the run ended early; empty if it did not.
    """

    manifest: Manifest
    measured: list[Measured] = field(default_factory=list)
    interrupted: bool = False
    reason: str = ""

    def of(self, application: str) -> list[Measured]:
        """The samples of an application."""
        return [sample for sample in self.measured if sample.application == application]


def with_thresholds(manifest: Manifest, given: Mapping[str, float]) -> Manifest:
    """The manifest with thresholds by exit in place of its own.

    Raises
    ------
    InstanceError
        An exit is still without one; lists all.
    """
    plans = [_with_thresholds(plan, given) for plan in manifest.applications]
    problems = [
        Problem(
            "", "has no threshold", "", f"application {shown(plan.application)}, exit {shown(name)}", hint
        )
        for plan in plans
        for name in plan.missing_thresholds
        for hint in [f"add --threshold {name}=0.9, or give finopt split --thresholds"]
    ]
    if problems:
        raise InstanceError(problems, FILE)
    return manifest.model_copy(update={"applications": tuple(plans)})


def _with_thresholds(plan: ApplicationPlan, given: Mapping[str, float]) -> ApplicationPlan:
    early = [
        exit_.model_copy(update={"threshold": given.get(exit_.exit, exit_.threshold)})
        for exit_ in plan.exits[:-1]
    ]
    return plan.model_copy(update={"exits": (*early, plan.exits[-1])})


def sample_makers(manifest: Manifest, path: str | Path | None, seed: int) -> dict[str, SampleOf]:
    """By application its samples: of a file, or random.

    Raises
    ------
    InstanceError
        The file is refused, or does not fit the input of a model.
    """
    found = {}
    for plan in manifest.applications:
        tensor = plan.pieces[0].input
        if path is None:
            found[plan.application] = sample_files.random_samples(tensor, seed)
        else:
            values = sample_files.read(path, tensor.name)
            found[plan.application] = sample_files.samples_of(values, tensor, str(path))
    return found


def run(folder: str | Path, manifest: Manifest, makers: Mapping[str, SampleOf], count: int) -> Run:
    """Run so many samples of every application, one at a time.

    Parameters
    ----------
    folder : str or Path
        With the files of the manifest.
    manifest : Manifest
        With all thresholds, see `with_thresholds`.
    makers : mapping of str to callable
        By application its samples.
    count : int
        Samples of every application.

    Returns
    -------
    Run
        After Ctrl-C, or when a process is gone, with what was measured until then.

    Raises
    ------
    InstanceError
        There are too many nodes, or the file of a whole model is refused.
    BackendError
        A process cannot start, or onnxruntime is not installed.
    """
    if len(manifest.nodes) > MOST_NODES:
        rule = f"has {len(manifest.nodes)} nodes, of which each is a process: {MOST_NODES} at most are run"
        hint = "split fewer applications, with --application"
        raise InstanceError([Problem("nodes", rule, "", "", hint)], FILE)
    found = Run(manifest)
    with noted() as interrupt:
        try:
            with started(Path(folder), manifest, interrupt) as cluster:
                asyncio.run(_measure(cluster, found, makers, count))
        except StoppedError as stop:
            found.interrupted, found.reason = isinstance(stop, InterruptedRunError), str(stop)
        if not found.reason:
            _compare(Path(folder), found, makers, interrupt)
    return found


async def _measure(cluster: Cluster, found: Run, makers: Mapping[str, SampleOf], count: int) -> None:
    async with cluster.connected():
        order = list(_order(found.manifest.applications, count))
        for plan, number in tqdm(order, unit="sample", disable=None, leave=False):
            tensor = makers[plan.application](max(number, 0))
            header, output = await cluster.infer(
                plan.application, plan.source, tensor, plan.predicted_latency
            )
            if number >= 0:
                found.measured.append(_measured(found.manifest, plan, number, header, output))


def _order(plans: Iterable[ApplicationPlan], count: int) -> Iterator[tuple[ApplicationPlan, int]]:
    """Rehearsals of every application (negative numbers), then its samples."""
    for plan in plans:
        yield from ((plan, number) for number in range(-REHEARSALS, count))


def _measured(
    manifest: Manifest, plan: ApplicationPlan, number: int, header: Mapping[str, object], output: AnyArray
) -> Measured:
    trace, bits = header["trace"], header["bits"]
    assert isinstance(trace, list) and isinstance(bits, list)
    name = str(header["exit"])
    return Measured(
        application=plan.application,
        number=number,
        exit=name,
        seconds=float(header["end"]) - float(header["start"]),  # type: ignore[arg-type]
        computing=tuple(trace),
        energy=_energy(manifest, plan, name, trace, bits),
        output=output,
    )


def _energy(
    manifest: Manifest, plan: ApplicationPlan, exit_: str, trace: list[float], bits: list[float]
) -> float:
    """Joules of a sample: measured seconds times power, and bits times the energy of the links."""
    pieces = plan.pieces[: len(trace)]
    computing = sum(s * manifest.node_by_id[p.node].power for s, p in zip(trace, pieces, strict=True))
    routes = [*(piece.route for piece in pieces), plan.exit_by_id[exit_].route]
    sending = 0.0
    for route, sent in zip(routes, bits, strict=True):
        for link in (manifest.link_by_id[name] for name in route):
            sending += sent * link.energy + link.energy_per_transfer
    return computing + sending


def _compare(folder: Path, found: Run, makers: Mapping[str, SampleOf], interrupt: Interrupt) -> None:
    """Run the whole models on the same samples, until Ctrl-C."""
    plans = {plan.application: plan for plan in found.manifest.applications}
    wholes: dict[str, WholeModel] = {}
    for i, sample in enumerate(found.measured):
        if interrupt.pressed:
            found.interrupted, found.reason = True, "interrupted while comparing with the whole model"
            return
        name = sample.application
        if name not in wholes:
            path = inside(folder, found.manifest.model_by_id[plans[name].model].file)
            assert path is not None
            wholes[name] = WholeModel(path, plans[name])
        exit_, output = wholes[name].run(makers[name](sample.number))
        found.measured[i] = _compared(sample, exit_, output)


def _compared(sample: Measured, exit_: str, output: AnyArray) -> Measured:
    difference = None
    if exit_ == sample.exit and output.shape == sample.output.shape:
        apart = np.abs(output.astype(np.float64) - sample.output.astype(np.float64))
        same = (output == sample.output) | (np.isnan(output) & np.isnan(sample.output))
        difference = float(np.where(same, 0.0, apart).max(initial=0.0))
    return replace(sample, whole_exit=exit_, difference=difference)
