"""The command ``finopt check``: what a file holds, or whether the answer of a result file is what it says."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import click

import finopt
from finopt.api.dispatch import following
from finopt.cli.contradictions import contradictions
from finopt.cli.failures import NOTHING
from finopt.cli.inputs import called, input_of, max_bytes_option
from finopt.cli.output import words_for
from finopt.cli.previous import horizon_option, previous_of, previous_option
from finopt.cli.second_opinion_lines import AGREED, second_opinion_lines
from finopt.cli.streams import say
from finopt.evaluation.account import Evaluation
from finopt.evaluation.result import Result
from finopt.io import read_problem, result_file
from finopt.io.unit_hints import unit_hints
from finopt.problem.instance import Instance

if TYPE_CHECKING:
    from finopt.graph.path_evaluation import PathEvaluation
    from finopt.graph.resource import ResourceGraph


@click.command("check")
@click.argument("instance_path", metavar="INSTANCE")
@click.argument("result_path", metavar="[RESULT]", required=False)
@click.option(
    "--independent",
    is_flag=True,
    help="Have RESULT judged a second time, by a module that shares nothing with the rest of finopt.",
)
@previous_option
@horizon_option
@max_bytes_option
def check_command(
    instance_path: str,
    result_path: str | None,
    independent: bool,
    previous: str | None,
    moving_horizon: float | None,
) -> None:
    """Validate an instance, or the placement (path) of a result.

    Without RESULT prints what INSTANCE holds, with hints at figures that may be in the wrong unit. With it,
    evaluates the placement anew and prints what it costs, what it loads and every rule it breaks; the exit
    code is 1 when it breaks one, or when the file states another objective, or a status, bound or gap that
    cannot be, or when the independent judge says anything else.

    \b
    Example: finopt check instances/paper/b-alexnet-cifar10.json plan.json
    """
    given = input_of(instance_path)
    target = read_problem(*given)
    before = previous_of(target, previous, moving_horizon)
    if before:
        target = following(target, **before)
    if independent and (result_path is None or not isinstance(target, Instance)):
        raise click.UsageError("--independent judges the placement of a RESULT for an instance.")
    if result_path is None:
        words = words_for(target)
        say(words.summary(target, words.title(target, called(instance_path))))
        for hint in unit_hints(target) if isinstance(target, Instance) else ():
            say(f"hint: {hint}")
        return
    _check_result(target, result_path, given.text if independent else None)


def _check_result(target: Instance | ResourceGraph, path: str, judged: str | None) -> NoReturn:
    """Say what the answer of a file is; `judged` is the instance's text if it is to be judged twice."""
    text, path, *_ = input_of(path)
    stated = result_file.read_stated(text, path)
    result, name = stated.result, stated.instance
    if isinstance(target, Instance):
        target = target.minimising(result.minimised)
    if isinstance(target, Instance) and name and target.name and name != target.name:
        say(f"warning: {path} answers instance {name!r}, not {target.name!r}", error=True)
    evaluation = _evaluate(target, result)
    if stated.moving and isinstance(evaluation, Evaluation) and not evaluation.moving:
        say(f"warning: {path} states what moving costs, which --previous tells; it is taken as stated")
        evaluation = replace(evaluation, objective=evaluation.objective + stated.moving, moving=stated.moving)
    found = list(contradictions(target, stated, evaluation))
    if evaluation is None:
        reason = f": {result.reason}" if result.reason else ""
        what = "placement" if isinstance(target, Instance) else "path"
        say("\n".join([f"{path} holds no {what}, it states {result.status}{reason}", *found]))
        sys.exit(NOTHING)
    again: list[str] = []
    if judged is not None and isinstance(target, Instance) and isinstance(evaluation, Evaluation):
        again = second_opinion_lines(target, judged, text, evaluation)
        found += again
    say(words_for(target).account(target, evaluation) + "\n")
    agreed = [AGREED] if judged is not None and not again else []
    say("\n".join([*found, *agreed, "feasible" if evaluation.feasible else "NOT FEASIBLE"]))
    sys.exit(NOTHING if found or not evaluation.feasible else 0)


def _evaluate(target: Instance | ResourceGraph, stated: Result) -> Evaluation | PathEvaluation | None:
    """The account of a result's placement or path; None when it has none."""
    if isinstance(target, Instance):
        return None if stated.placement is None else finopt.evaluate(target, stated.placement)
    from finopt.graph.path_evaluation import evaluate_path

    if stated.path is None:
        return None
    first: int = words_for(target).first_vertex(target)
    return evaluate_path(target, stated.path, first, arcs=stated.arcs, stated=stated.objective)
