"""Plans that are fixed beforehand: all blocks on one tier, or one split between the device and another tier.

Each takes the cheapest configuration with which it meets every limit, so it is as good as such a plan can be.
Pinned blocks stay where they are pinned: "all on the edge" has block 1 on the device, as every plan here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import finopt
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.placement import Placement

Plan = Callable[[Instance, Application], Iterator[ApplicationPlacement]]


class Found(NamedTuple):
    """A placement with its power and whether it keeps every limit of its application alone."""

    placed: ApplicationPlacement
    power: float


def on_device(instance: Instance, application: Application) -> Iterator[ApplicationPlacement]:
    """All blocks on the device."""
    for configuration, blocks in _configurations(instance, application):
        yield _split(instance, application, configuration, blocks, blocks, "device")


def on_edge(instance: Instance, application: Application) -> Iterator[ApplicationPlacement]:
    """All blocks that are not pinned on the edge."""
    for configuration, blocks in _configurations(instance, application):
        yield _split(instance, application, configuration, blocks, 1, "edge")


def in_cloud(instance: Instance, application: Application) -> Iterator[ApplicationPlacement]:
    """All blocks that are not pinned in the cloud."""
    for configuration, blocks in _configurations(instance, application):
        yield _split(instance, application, configuration, blocks, 1, "cloud")


def single_split(instance: Instance, application: Application) -> Iterator[ApplicationPlacement]:
    """The first blocks on the device, the others on the edge or in the cloud.

    As Neurosurgeon chooses (Kang et al., ASPLOS 2017), which splits between a mobile device and one server.
    """
    for configuration, blocks in _configurations(instance, application):
        for tier in ("edge", "cloud"):
            for split in range(1, blocks + 1):
                yield _split(instance, application, configuration, blocks, split, tier)


PLANS: dict[str, Plan] = {
    "all on device": on_device,
    "all on edge": on_edge,
    "all in cloud": in_cloud,
    "best single split": single_split,
}


def best(instance: Instance, application: Application, plan: Plan) -> Found | None:
    """The cheapest placement of a plan that keeps the limits of its application; None: there is none."""
    alone = instance.model_copy(update={"applications": (application,)})
    found: Found | None = None
    for placed in plan(instance, application):
        evaluation = finopt.evaluate(alone, Placement((placed,)))
        if evaluation.feasible and (found is None or evaluation.objective < found.power):
            found = Found(placed, evaluation.objective)
    return found


def _configurations(instance: Instance, application: Application) -> Iterator[tuple[int, int]]:
    """Admissible configurations, and how many blocks each computes."""
    model = instance.model_of(application)
    for configuration in instance.admissible(application):
        yield configuration, model.final_block(model.configurations[configuration]) + 1


def _split(
    instance: Instance, application: Application, configuration: int, blocks: int, split: int, tier: str
) -> ApplicationPlacement:
    """``split`` blocks on the device, the rest on the tier."""
    device = application.source
    away = _reached(instance, device, tier) if split < blocks else device
    split = min(split, blocks)
    nodes = (device,) * split + (away,) * (blocks - split)
    routes: list[tuple[str, ...]] = [()] * blocks
    if split < blocks:
        routes[split] = (f"{device}->{away}",)
    return ApplicationPlacement(application.id, configuration, nodes, tuple(routes))


def _reached(instance: Instance, device: str, tier: str) -> str:
    """The node of a tier that a link leads to from the device."""
    tiers = {node.id: node.tier for node in instance.nodes}
    heads = [link.target for link in instance.directed_links if link.source == device]
    return next(head for head in heads if tiers[head] == tier)
