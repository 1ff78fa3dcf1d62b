"""Measured tables for random instances: two classes of devices by tier, figures that no factors explain."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from finopt.problem.instance import Instance
from finopt.problem.model import Model
from finopt.problem.network import Node
from finopt.problem.profile import BlockMeasurement, ExitMeasurement, Profile

if TYPE_CHECKING:  # numpy is imported where it is used: `import finopt` has to stay quick
    import numpy as np

CLASSES = {"mobile": ("phone", "board"), "edge": ("card", "accelerator"), "cloud": ("server", "pod")}

UNKNOWN_DEVICE = 0.15
"""Share of the nodes that are of no class: operations and compute count there."""

MISSING = 0.15
"""Share of the blocks that cannot run on a class."""

WITHOUT_ENERGY = 0.3
"""Share of the entries of which only the time was measured."""

SPEED = (0.3, 1.2)
"""Time of a block relative to operations by compute, log-uniform: never so long that it overloads a node."""

EFFORT = (0.5, 1.5)
"""Energy of a block relative to power times time, log-uniform."""

STREAM = 2
"""Of the random generator: with tables everything else is drawn as without them."""


def with_profiles(instance: Instance, seed: int) -> Instance:
    """The instance with devices, and a table of its model for each of them.

    Clouds can run every block, and any application reaches a cloud if there is one; without any, no block is
    missing. Nor is one missing where it is pinned.
    """
    import numpy as np

    rng = np.random.default_rng([seed, STREAM])
    nodes = [_classified(rng, node) for node in instance.nodes]
    model = instance.models[0]
    keep = _pinned(instance, {node.id: node.device for node in nodes})
    everywhere = not any(node.tier == "cloud" for node in nodes)
    example = {node.device: node for node in reversed(nodes) if node.device is not None}
    profiles = [
        _profile(rng, model, node, everywhere or node.tier == "cloud", keep)
        for _, node in sorted(example.items())
    ]
    return instance.replace(nodes=nodes, profiles=profiles)


def _classified(rng: np.random.Generator, node: Node) -> Node:
    device = CLASSES[node.tier][int(rng.integers(2))]
    return node if rng.random() < UNKNOWN_DEVICE else node.replace(device=device)


def _pinned(instance: Instance, device: Mapping[str, str | None]) -> set[tuple[str, str | None]]:
    """Blocks and the classes that have to run them."""
    applications = instance.applications
    return {(block, device[node]) for app in applications for block, node in app.pinned.items()}


def _profile(
    rng: np.random.Generator, model: Model, node: Node, whole: bool, keep: Collection[tuple[str, str | None]]
) -> Profile:
    """The table of a class of which one node is given."""
    drawn = [block for block in model.blocks if rng.random() >= MISSING or whole]
    drawn = drawn or [model.blocks[0]]
    blocks = [block for block in model.blocks if block in drawn or (block.id, node.device) in keep]
    names = {block.id for block in blocks}
    exits = [exit_ for exit_ in model.exits if exit_.after in names]
    figures = _figures(rng, node, [*(block.ops for block in blocks), *(exit_.ops for exit_ in exits)])
    return Profile(
        model=model.id,
        device=str(node.device),
        source="random figures around operations by compute",
        blocks=tuple(
            BlockMeasurement(block=block.id, time=time, energy=energy)
            for block, (time, energy) in zip(blocks, figures[: len(blocks)], strict=True)
        ),
        exits=tuple(
            ExitMeasurement(exit=exit_.id, time=time, energy=energy)
            for exit_, (time, energy) in zip(exits, figures[len(blocks) :], strict=True)
        ),
    )


def _figures(rng: np.random.Generator, node: Node, parts: list[float]) -> list[tuple[float, float | None]]:
    """Time and energy of parts with so many operations."""
    return [_figure(rng, node, ops) for ops in parts]


def _figure(rng: np.random.Generator, node: Node, ops: float) -> tuple[float, float | None]:
    time = ops / node.compute * _draw(rng, SPEED)
    energy = time * node.power * _draw(rng, EFFORT)
    known = rng.random() >= WITHOUT_ENERGY
    return float(f"{time:.4g}"), float(f"{energy:.4g}") if known else None


def _draw(rng: np.random.Generator, between: tuple[float, float]) -> float:
    low, high = between
    return float(low * (high / low) ** rng.random())
