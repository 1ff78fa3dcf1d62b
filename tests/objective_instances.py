"""Seeded random instances with carbon and prices on nodes and links, and limits on energy, carbon and cost.

They have the features of version 2 too, by the bits of the seed, see `tests.version2_instances`. The limits
lie between the least there is of a figure and what the least of another one takes of it; some are met
exactly, some are out of reach.
"""

from __future__ import annotations

import random
from typing import Any

import finopt
from finopt.problem.instance import Instance
from finopt.problem.objective import FIGURES, LIMIT_OF, Figure
from tests.joint_oracle import joint_optimum
from tests.random_instances import Maker, joint_instance
from tests.version2_instances import decorated

OUT_OF_REACH, ANYWHERE = 0.03, 0.15


def objective_of(seed: int) -> Figure:
    """What is minimised."""
    return FIGURES[seed % 3]


def objective_instance(seed: int) -> Instance:
    """3-5 nodes, 2-4 blocks, one application."""
    plain = Maker(seed).instance(nodes=(3, 5), blocks=(2, 4), configurations=(1, 3))
    return limited(weighted(decorated(plain, seed), seed), seed)


def joint_objective_instance(seed: int) -> Instance:
    """Two applications on a capacity that binds."""
    return limited(weighted(decorated(joint_instance(seed), seed), seed), seed)


def weighted(instance: Instance, seed: int) -> Instance:
    """The instance with carbon and prices, some nodes and links without, and more time to choose from."""
    rng = random.Random(seed)
    data = instance.model_dump()
    for node in data["nodes"]:
        node["carbon"], node["price"] = weight(rng, 1e-5, 1e-3), weight(rng, 1e-6, 1e-2)
    for link in data["links"]:
        link["carbon"], link["price"] = weight(rng, 1e-5, 1e-3), weight(rng, 1e-14, 1e-9)
    rng.choice(data["nodes"]).update(carbon=2e-4, price=3e-4)
    for application in data["applications"]:
        application["max_latency"] *= rng.choice((1.0, 2.0, 100.0))
    return Instance.model_validate(data)


def weight(rng: random.Random, low: float, high: float) -> float:
    """Mostly different, now and then nothing or a round figure that others have too."""
    return rng.choices((low * (high / low) ** rng.random(), high, 0.0), (70, 20, 10))[0]


def limited(instance: Instance, seed: int) -> Instance:
    """The instance with limits on some figures of its applications; most often an answer is left."""
    rng = random.Random(seed + 1)
    taken = [at_least(instance, figure) for figure in FIGURES]
    known: list[dict[str, Any]] = [one for one in taken if one]
    if not known:
        return instance
    data, witness = instance.model_dump(), known[(seed + 1) % len(known)]
    for application in data["applications"]:
        for figure in FIGURES:
            if rng.random() < 0.7:
                values = sorted(getattr(one[application["id"]], figure) for one in known)
                application[LIMIT_OF[figure]] = limit(
                    rng, values, getattr(witness[application["id"]], figure)
                )
    return Instance.model_validate(data)


def at_least(instance: Instance, figure: Figure) -> dict[str, Any]:
    """What the applications take where the least of one figure is taken; nothing if there is no placement."""
    asked = instance.minimising(figure)
    placement = joint_optimum(asked).placement
    if placement is None:
        return {}
    return {one.application: one for one in finopt.evaluate(asked, placement).applications}


def limit(rng: random.Random, values: list[float], kept: float) -> float | None:
    """A limit on a figure of which these amounts are taken, least first; None where nothing is."""
    least, most = values[0], values[-1]
    if most == 0:
        return None
    chance = rng.random()
    if chance < OUT_OF_REACH:
        return 0.99 * (least or most)
    if chance < ANYWHERE:
        return float(least + (most - least) * rng.random()) or most
    return float(kept + (most - kept) * rng.choice((0.0, 0.1 * rng.random()))) or most
