"""Measured tables for a fleet: a class of devices for each kind of device and card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from finopt.problem.generators.fleet_demand import Array
from finopt.problem.generators.fleet_figures import CLOUD, DEVICES, SERVERS
from finopt.problem.generators.fleet_network import Devices, Sites, Sizes, rounded
from finopt.problem.model import Block, Exit, Model
from finopt.problem.profile import BlockMeasurement, ExitMeasurement, Profile

FASTER = (0.4, 0.99)
"""Time of a block relative to operations by effective compute, log-uniform: an assumption, and never above 1,
so that what is feasible by construction stays so."""

LEAST_TIME = 1e-9
"""Of a classifier without operations [s]."""


def equal_sizes(sizes: Sizes, sites: Sites) -> Sizes:
    """Servers of the same card are one class and get the same compute; together they keep theirs."""
    edge = sizes.edge.copy()
    for card in range(len(SERVERS)):
        alike = sites.card == card
        if alike.any():
            edge[alike] = rounded(edge[alike].mean(keepdims=True))
    return sizes._replace(edge=edge, cloud=np.full_like(sizes.cloud, sizes.cloud.max()))


def profiles(
    rng: np.random.Generator, models: Sequence[Model], devices: Devices, sites: Sites, sizes: Sizes
) -> Iterator[Profile]:
    """A table of every model on every class that there is."""
    computes = {DEVICES[kind].name: DEVICES[kind].compute for kind in sorted(set(devices.kind.tolist()))}
    for card, compute in zip(sites.card.tolist(), sizes.edge.tolist(), strict=True):
        computes[SERVERS[card].name] = compute
    computes[CLOUD.name] = float(sizes.cloud[0])
    for model in models:
        for device, compute in computes.items():
            yield _profile(rng, model, device, compute)


def _profile(rng: np.random.Generator, model: Model, device: str, compute: float) -> Profile:
    blocks = _times(rng, model.blocks, compute)
    exits = _times(rng, model.exits, compute)
    return Profile(
        model=model.id,
        device=device,
        source="operations by effective compute, and how far a block is faster: an assumption",
        blocks=tuple(
            BlockMeasurement(block=one.id, time=time) for one, time in zip(model.blocks, blocks, strict=True)
        ),
        exits=tuple(
            ExitMeasurement(exit=one.id, time=time) for one, time in zip(model.exits, exits, strict=True)
        ),
    )


def _times(rng: np.random.Generator, parts: Sequence[Block | Exit], compute: float) -> list[float]:
    low, high = FASTER
    ops: Array = np.array([part.ops for part in parts])
    times = ops / compute * low * (high / low) ** rng.random(len(parts))
    return rounded(np.maximum(times, LEAST_TIME)).tolist()  # type: ignore[no-any-return]
