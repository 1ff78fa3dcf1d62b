"""The command ``finopt split``: the models of a plan, cut into one ONNX file per visit of a node."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from finopt.cli.inputs import called, input_of, problem_of
from finopt.cli.options import told
from finopt.cli.streams import say
from finopt.evaluation.result import Result
from finopt.io import result_file
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.formatting import counted, quantity, table
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement

if TYPE_CHECKING:
    from finopt.runtime.manifest import Manifest
    from finopt.runtime.source_models import SourceModel
    from finopt.runtime.split import Thresholds


@click.command("split")
@click.argument("instance_path", metavar="INSTANCE")
@click.argument("result_path", metavar="RESULT")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME=FILE.onnx",
    help="The file of a model of INSTANCE; once for every model that is in use.",
)
@click.option(
    "--thresholds",
    "sweeps",
    multiple=True,
    metavar="[NAME=]SWEEP.csv",
    help="The sweep that the configurations of a model (of all) were made from; says the thresholds.",
)
@click.option(
    "--threshold",
    "given",
    multiple=True,
    metavar="EXIT=NUMBER",
    help="The threshold of an exit; before sweeps.",
)
@click.option("--application", "only", multiple=True, metavar="ID", help="Only this one; may be repeated.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder to make; must not hold anything.",
)
def split_command(
    instance_path: str,
    result_path: str,
    models: tuple[str, ...],
    sweeps: tuple[str, ...],
    given: tuple[str, ...],
    only: tuple[str, ...],
    output: Path,
) -> None:
    """Cut the models of INSTANCE where the placement of RESULT says.

    Blocks and exits must be called like their tensors in the files, as `finopt build` and `finopt profile`
    call them. Writes one ONNX file per node and application, manifest.json, kubernetes.yaml and mappings for
    PipeEdge and AutoDiCE. Needs onnx and PyYAML (pip install 'finopt[build]').

    \b
    Example: finopt split digits.json plan.json --model digits=digits.onnx --thresholds sweep.csv -o pieces
    """
    from finopt.runtime import plan_folder, split

    plan_folder.check_new(output)
    instance = problem_of(instance_path)
    if not isinstance(instance, Instance):
        rule = "is a shortest path problem: only a placement of networks can be cut"
        raise InstanceError([Problem("", rule)], instance_path)
    result, placement = _placement(instance, result_path)
    try:
        plan = split.split(
            instance,
            placement,
            _sources(models),
            _thresholds(instance, placement, sweeps, given),
            only=only,
            result=f"{result.method}, {result.status}",
        )
    except InstanceError as error:
        sources = {"result": result_path, instance.name or "instance": instance_path}
        source = sources.get(error.source, error.source)
        raise InstanceError(error.problems, source, error.omitted) from None
    with told(output):
        plan_folder.write(plan, output)
    say(_summary(plan.manifest, output))


def _placement(instance: Instance, path: str) -> tuple[Result, Placement]:
    """The placement of a result file that answers this instance."""
    result, name = result_file.read_with_name(input_of(path).text, called(path))
    if name and instance.name and name != instance.name:
        rule = f"answers another instance than {shown(instance.name)}"
        raise InstanceError([Problem("instance", rule, shown(name))], path)
    if result.placement is None:
        reason = f": {result.reason}" if result.reason else ""
        rule = f"there is none, the file states {result.status}{reason}"
        raise InstanceError([Problem("placement", rule)], path)
    return result, result.placement


def _sources(words: Iterable[str]) -> dict[str, SourceModel]:
    from finopt.runtime.source_models import SourceModel

    problems: list[Problem] = []
    found: dict[str, str] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if not (name and equals and path):
            problems.append(Problem("--model", "must be NAME=FILE.onnx", shown(word)))
        elif name in found:
            problems.append(Problem("--model", "is given twice", shown(name)))
        else:
            found[name] = path
    if problems:
        raise InstanceError(problems, "options")
    return {name: SourceModel(name, path) for name, path in found.items()}


def _thresholds(
    instance: Instance, placement: Placement, sweeps: Iterable[str], given: Iterable[str]
) -> Thresholds:
    """By application and exit."""
    from finopt.runtime.thresholds import matched, parsed_thresholds, read_confidences

    files = _sweeps(instance, sweeps)
    read = {name: read_confidences(path, instance.model_by_id[name]) for name, path in files.items()}
    own = parsed_thresholds(given, (exit_.id for model in instance.models for exit_ in model.exits))
    found = {}
    for placed in placement.applications:
        application = instance.application_by_id.get(placed.application)
        model = instance.model_of(application) if application else None
        if model is None or placed.configuration >= len(model.configurations):
            continue  # told when the placement is evaluated
        configuration = model.configurations[placed.configuration]
        swept: dict[str, float] = {}
        if model.id in files and set(configuration.exits[:-1]) - own.keys():
            subject = f"model {shown(model.id)}, configuration {placed.configuration}"
            swept = matched(configuration, read[model.id], subject, files[model.id])
        found[placed.application] = {**swept, **own}
    return found


def _sweeps(instance: Instance, words: Iterable[str]) -> dict[str, str]:
    """By model the file of its sweep."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if equals and name in instance.model_by_id:
            found[name] = path
        else:
            found = {**dict.fromkeys(instance.model_by_id, word), **found}
    return found


def _summary(manifest: Manifest, folder: Path) -> str:
    rows = [
        (
            plan.application,
            piece.node,
            piece.file,
            _blocks(piece.blocks),
            quantity(piece.predicted_seconds, "s"),
        )
        for plan in manifest.applications
        for piece in plan.pieces
    ]
    lines = [
        f"{folder}: {counted(len(rows), 'piece')} of {counted(len(manifest.applications), 'application')}"
    ]
    if len(rows) <= 40:
        lines.append(table(("application", "node", "file", "blocks", "computing"), rows, "llllr"))
    missing = sorted({name for plan in manifest.applications for name in plan.missing_thresholds})
    if missing:
        lines.append(f"no threshold yet: {', '.join(missing)}; finopt run takes --threshold EXIT=NUMBER")
    return "\n".join(lines)


def _blocks(blocks: tuple[str, ...]) -> str:
    return blocks[0] if len(blocks) == 1 else f"{blocks[0]} ... {blocks[-1]}"
