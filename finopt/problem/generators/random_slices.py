"""Slices for random instances: every shared node offers some, the largest is all of it."""

from __future__ import annotations

from finopt.problem.instance import Instance

LADDERS = ((0.25, 0.5, 1.0), (0.125, 0.25, 0.5, 1.0), (0.2, 0.4, 0.6, 0.8, 1.0), (0.1, 0.2, 0.4, 1.0))

STREAM = 3
"""Of the random generator: with slices everything else is drawn as without them."""


def with_slices(instance: Instance, seed: int) -> Instance:
    """The instance with slices on all nodes that several applications may use."""
    import numpy as np

    rng = np.random.default_rng([seed, STREAM])
    nodes = [
        node.replace(slices=LADDERS[int(rng.integers(len(LADDERS)))]) if node.shared else node
        for node in instance.nodes
    ]
    return instance.replace(nodes=nodes)
