"""What reports say of measured tables, of results that travel back, of carbon and cost, and of moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finopt.evaluation.account import ApplicationEvaluation
from finopt.evaluation.result import Result
from finopt.evaluation.steps import returned
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.formatting import amount, counted, percent, quantity, table
from finopt.problem.instance import Application, Instance
from finopt.problem.objective import FIGURES, LIMIT_OF, Figure
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


def further_lines(
    instance: Instance, application: Application, account: ApplicationEvaluation
) -> Iterator[str]:
    """Carbon and cost of an inference, where there are any or limits on them."""
    for figure in FIGURES[1:]:
        if figure in application.limits or figure in further_of(instance):
            taken = f"{amount(getattr(account, figure), figure, 5)} per inference"
            yield f"  {figure:8}  {taken}{at_most(application, figure)}"


def at_most(application: Application, figure: Figure) -> str:
    """The limit on a figure and what it is called, if there is one."""
    if figure not in application.limits:
        return ""
    return f" of {amount(application.limits[figure], figure)} ({LIMIT_OF[figure]})"


def further_of(instance: Instance) -> list[Figure]:
    """Carbon and cost, where nodes or links have a weight for them."""
    return [figure for figure in FIGURES if figure != "energy" and figure in instance.basis.figures]


def further_columns(
    instance: Instance,
    applications: Sequence[ApplicationEvaluation],
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> str:
    """The table of applications with a column for carbon and for cost, where there are any."""
    further = further_of(instance)
    cells = [[amount(getattr(one, figure), figure, 5) for figure in further] for one in applications]
    whole = [(*row, *more) for row, more in zip(rows, cells, strict=True)]
    return table((*header, *further), whole, align="l".ljust(len(header) + len(further), "r"))


def limits_line(application: Application) -> str:
    """The limits on energy, carbon and cost, after those on latency and accuracy."""
    limits = [f"{figure} at most {amount(limit, figure)}" for figure, limit in application.limits.items()]
    return "".join(f", {limit}" for limit in limits)


def moving_lines(instance: Instance, result: Result) -> Iterator[str]:
    """How many blocks moved, and which part of the objective that is."""
    if "moved" not in result.stats:
        return
    line = f"{counted(result.stats['moved'], 'block')} moved"
    charged = 0.0 if result.evaluation is None else result.evaluation.moving
    yield line + (f", charged {amount(charged, instance.objective, rate=True)}" if charged else "")
