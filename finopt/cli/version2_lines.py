"""What reports say of measured tables and of results that travel back."""

from __future__ import annotations

from collections.abc import Iterator

from finopt.evaluation.steps import returned
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.formatting import counted, percent, quantity
from finopt.problem.instance import Application, Instance
from finopt.problem.profile import Profile


def profile_line(instance: Instance, profile: Profile) -> str:
    """What was measured on how many nodes: ``'net' on 'soc': 5 of 5 blocks, 1 node``."""
    model = instance.model_by_id[profile.model]
    nodes = sum(node.device == profile.device for node in instance.nodes)
    blocks = f"{len(profile.blocks)} of {counted(len(model.blocks), 'block')}"
    return f"{profile.model!r} on {profile.device!r}: {blocks}, {counted(nodes, 'node')}"


def result_lines(instance: Instance, application: Application, placed: ApplicationPlacement) -> Iterator[str]:
    """The way of every result, its size and the share of the samples that it is of."""
    configuration = instance.model_of(application).configurations[placed.configuration]
    results = returned(instance, application, placed)
    for i, (name, result) in enumerate(zip(configuration.exits, results, strict=False)):
        way = ", ".join(result.route.links) or f"stays on {application.destination}"
        size = f"{quantity(result.bits, 'bit')}, {percent(float(result.share))} of the samples"
        yield f"  {'' if i else 'result':8}  {name}: {way}  {size}"
