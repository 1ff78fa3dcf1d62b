"""What many applications would like of edge servers and the least they need, without an object for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopt.problem.coefficients import stage_factors, stage_figures
from finopt.problem.model import Model

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]


class Requests(NamedTuple):
    """Model, accuracy target and kind of latency of each application, shape (N,)."""

    model: Indices
    min_accuracy: Array
    mean: Mask


class Least(NamedTuple):
    """The accurate configuration of least latency where one node runs all of it, per sample, shape (N,).

    ``latency_ops`` is what its latency counts, ``ops`` what it loads a node with [op], ``memory`` in byte.
    """

    latency_ops: Array
    ops: Array
    memory: Array


class Wanted(NamedTuple):
    """What the cheapest placement on device and edge takes of the edge, per sample, shape (N,)."""

    ops: Array
    bits: Array
    memory: Array


class _Cut(NamedTuple):
    """A configuration whose first blocks run on the device and the rest elsewhere, per sample."""

    device_ops: float
    ops: float
    bits: float
    memory: float


def input_bits(models: Sequence[Model], requests: Requests) -> Array:
    """Size of the input of each application's model [bit]."""
    return np.array([model.input_bits for model in models])[requests.model]


def least(models: Sequence[Model], requests: Requests) -> Least:
    """The least each application needs of a node that runs all of its blocks."""
    found = Least(*(np.full(len(requests.model), np.inf) for _ in Least._fields))
    for rows, model, configuration, accurate in _configurations(models, requests):
        whole = next(_cuts(model, configuration))
        worst = sum(stage_figures(model, configuration).ops.tolist())
        latency = np.where(requests.mean[rows], whole.ops, worst)
        better = accurate & (latency < found.latency_ops[rows])
        values: tuple[Array | float, ...] = (latency, whole.ops, whole.memory)
        for target, value in zip(found, values, strict=True):
            target[rows] = np.where(better, value, target[rows])
    return found


def wanted(
    models: Sequence[Model],
    requests: Requests,
    device_energy: Array,
    uplink_energy: Array,
    edge_energy: Array,
) -> Wanted:
    """The cheapest way to compute some blocks on the device and the rest at the edge, without any limit.

    Parameters
    ----------
    models : sequence of Model
        What ``requests.model`` counts.
    requests : Requests
        The applications.
    device_energy, uplink_energy, edge_energy : array, shape (N,)
        Of each application's device [J/op], of its way to its edge server [J/bit], of that server [J/op].

    Returns
    -------
    Wanted
        Zero where all blocks are cheapest on the device.

    Notes
    -----
    Work grows with applications * configurations * blocks.
    """
    energy = np.full(len(requests.model), np.inf)
    found = Wanted(*(np.zeros(len(requests.model)) for _ in Wanted._fields))
    for rows, model, configuration, accurate in _configurations(models, requests):
        device, uplink, edge = device_energy[rows], uplink_energy[rows], edge_energy[rows]
        for cut in _cuts(model, configuration):
            cost = cut.device_ops * device + cut.bits * uplink + cut.ops * edge
            better = accurate & (cost < energy[rows])
            energy[rows] = np.where(better, cost, energy[rows])
            for target, value in zip(found, cut[1:], strict=True):
                target[rows] = np.where(better, value, target[rows])
    return found


def _configurations(
    models: Sequence[Model], requests: Requests
) -> Iterator[tuple[Indices, Model, int, Mask]]:
    """Every configuration by model and index, with the applications of the model and whether it is accurate
    enough for each."""
    for number, model in enumerate(models):
        rows = np.flatnonzero(requests.model == number)
        target = requests.min_accuracy[rows]
        for c, configuration in enumerate(model.configurations):
            yield rows, model, c, configuration.accuracy >= target


def _cuts(model: Model, configuration: int) -> Iterator[_Cut]:
    """All blocks elsewhere, then more and more of them on the device."""
    factors = stage_factors(model, configuration, mean=True)
    ops, bits, memory = (figures.tolist() for figures in (factors.ops, factors.bits, factors.memory))
    for k in range(factors.stages + 1):
        yield _Cut(sum(ops[:k]), sum(ops[k:]), [*bits, 0.0][k], sum(memory[k:]))
