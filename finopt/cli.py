"""The command line: ``finopt solve | compare | check | pareto | plot | generate | generate-fleet``.

Exit codes: 0 a feasible answer, 1 proven infeasible or nothing found (``check``: something is wrong with the
placement) or the output cannot be written, 2 bad input, 3 a back end is missing, out of memory or its
answer failed the check, 130 interrupted.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import finopt
from finopt import report
from finopt.api import METHODS, solve
from finopt.cli_generate import generate_command, generate_fleet_command
from finopt.cli_options import NewFile, Number, save_text, seed_option, threads_option, time_limit_option
from finopt.cli_pareto import pareto_command
from finopt.cli_plot import plot_command
from finopt.errors import BackendError, InstanceError
from finopt.evaluation import Evaluation
from finopt.instance import Instance
from finopt.io import result_file
from finopt.io.strict_json import read_text
from finopt.result import Result, Status, Termination

if TYPE_CHECKING:
    from finopt.graph.check import PathEvaluation
    from finopt.graph.resource import ResourceGraph

NOTHING, BAD_INPUT, BACKEND, INTERRUPTED = 1, 2, 3, 130

ANSWERED = (Status.OPTIMAL, Status.FEASIBLE)

OPTIONS = {
    "gamma": ("fin",),
    "lam": ("fin",),
    "gap": ("fin", "milp"),
    "reduce": ("milp", "cspp"),
}
"""Options of some methods only, and whose they are."""

STATED = 1e-9
"""Relative distance up to which the objective a result file states is the one of its placement."""


class _Commands(click.Group):
    """Turns what can go wrong into a message and an exit code, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InstanceError as error:
            _fail(str(error), BAD_INPUT)
        except BackendError as error:
            _fail(f"back end: {error}", BACKEND)
        except MemoryError:
            _fail("out of memory: free some or raise its limit (ulimit -v)", BACKEND)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)  # a closed pipe ends it quietly with exit code 1
        except OSError as error:  # files that are named have their own messages; this is a full disk
            _forget_output()
            _fail(f"input or output failed: {error}", NOTHING)


def _method_list(ctx: click.Context, param: click.Parameter, value: str) -> list[str]:
    names = [name.strip() for name in value.split(",") if name.strip()]
    for name in names:
        if name not in METHODS:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(METHODS)}.", ctx, param)
    if not names:
        raise click.BadParameter("names no method.", ctx, param)
    return list(dict.fromkeys(names))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(finopt.__version__, prog_name="finopt")
def main() -> None:
    """Place early-exit neural networks on mobile, edge and cloud nodes with the least energy.

    \b
    Example: finopt solve instances/paper/b-alexnet-cifar10.json

    Exit codes: 0 feasible answer, 1 infeasible or nothing found, 2 bad input, 3 back end failed.
    """


@main.command("solve")
@click.argument("file")
@click.option("--method", type=click.Choice(list(METHODS)), default="fin", show_default=True)
@click.option("--gamma", type=click.IntRange(1, 10**8), help="fin: latency levels, taken literally.")
@click.option("--lam", type=Number(min=0), help="fin: keep what is within (1 + LAM) of the bound; literally.")
@click.option("--gap", type=Number(min=0, max=1), help="fin, milp: stop at this proven relative gap.")
@click.option(
    "--reduce/--no-reduce", default=None, help="milp, cspp: drop arcs that cannot be optimal first."
)
@time_limit_option
@seed_option
@threads_option
@click.option("--json", "as_json", is_flag=True, help="Print the result file and nothing else.")
@click.option("-o", "--output", type=NewFile(), help="Write the result file, which `finopt check` reads.")
def solve_command(
    file: str,
    method: str,
    time_limit: float | None,
    seed: int,
    threads: int,
    as_json: bool,
    output: Path | None,
    **options: Any,
) -> None:
    """Solve FILE and print the plan: an instance, or a resource-constrained shortest path.

    \b
    Example: finopt solve instances/paper/b-alexnet-cifar10.json --method milp --output plan.json
    Example: finopt solve instances/orlib/rcsp1.txt
    """
    given = _given(method, options)
    target = finopt.load(file)
    common: dict[str, Any] = {"time_limit": time_limit, "seed": seed, "threads": threads}
    try:
        result = solve(target, method, progress=_terminal(), **common, **given)
    except InstanceError:
        raise
    except ValueError as error:  # for example a gamma for which there is no memory
        _fail(str(error), BAD_INPUT)
    text = result_file.write(result, target if isinstance(target, Instance) else None)
    if output is not None:
        save_text(text, output)
    if as_json:
        click.echo(text, nl=False)
    else:
        words = _words(target)
        click.echo(f"{words.title(target, file)}: {words.plan(target, result)}")
    sys.exit(_exit_code(result))


@main.command("compare")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--methods",
    default=",".join(METHODS),
    show_default=True,
    callback=_method_list,
    help="Separated by commas.",
)
@time_limit_option
@seed_option
@threads_option
def compare_command(
    files: tuple[str, ...], methods: list[str], time_limit: float | None, seed: int, threads: int
) -> None:
    """Solve instances with several methods, a table each.

    Ends with exit code 0 when every instance got a feasible answer from one method at least.

    \b
    Example: finopt compare instances/paper/*.json --methods fin,milp --time-limit 60
    """
    targets = [(file, finopt.load(file)) for file in files]
    code = 0
    for number, (file, target) in enumerate(targets):
        words = _words(target)
        click.echo(("\n" if number else "") + words.title(target, file))
        results, refused, failed = _run(target, methods, time_limit=time_limit, seed=seed, threads=threads)
        if results:
            click.echo(words.comparison(target, results))
        for line in refused:
            click.echo(line)
        for line in failed:
            click.echo(line, err=True)
        if any(result.termination is Termination.INTERRUPTED for result in results.values()):
            sys.exit(INTERRUPTED)
        answered = any(result.status in ANSWERED for result in results.values())
        code = max(code, BACKEND if failed else 0 if answered else NOTHING)
    sys.exit(code)


@main.command("check")
@click.argument("instance_path", metavar="INSTANCE")
@click.argument("result_path", metavar="[RESULT]", required=False)
def check_command(instance_path: str, result_path: str | None) -> None:
    """Validate an instance, or the placement (path) of a result.

    Without RESULT prints what INSTANCE holds. With it, evaluates the placement anew and prints what it
    costs, what it loads and every rule it breaks; the exit code is 1 when it breaks one, or when the file
    states another objective.

    \b
    Example: finopt check instances/paper/b-alexnet-cifar10.json plan.json
    """
    target = finopt.load(instance_path)
    if result_path is None:
        words = _words(target)
        click.echo(words.summary(target, words.title(target, instance_path)))
        return
    _check_result(target, result_path)


main.add_command(generate_command)
main.add_command(generate_fleet_command)
main.add_command(pareto_command)
main.add_command(plot_command)


def _given(method: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options the user gave; one that the method does not have is an error, not ignored."""
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if method not in OPTIONS[name]:
            owners = " and ".join(OPTIONS[name])
            raise click.UsageError(f"--{name} is an option of {owners}, not of {method}.")
    return given


def _words(target: Instance | ResourceGraph) -> Any:
    """The module that puts an instance or a graph into words."""
    if isinstance(target, Instance):
        return report
    from finopt import path_report  # loads numpy

    return path_report


def _run(
    target: Instance | ResourceGraph, methods: list[str], **options: Any
) -> tuple[dict[str, Result], list[str], list[str]]:
    """One result per method, methods that are for other instances, and back ends that failed."""
    results: dict[str, Result] = {}
    refused, failed = [], []
    for method in methods:
        try:
            results[method] = solve(target, method, progress=_terminal(), **options)
        except InstanceError as error:
            refused.append(f"{method}: {'; '.join(problem.rule for problem in error.problems)}")
            continue
        except BackendError as error:
            failed.append(f"{method}: back end: {error}")
            continue
        if results[method].termination is Termination.INTERRUPTED:
            break
    return results, refused, failed


def _check_result(target: Instance | ResourceGraph, path: str) -> NoReturn:
    stated, name = result_file.read_with_name(read_text(path), path)
    if isinstance(target, Instance) and name and target.name and name != target.name:
        click.echo(f"warning: {path} answers instance {name!r}, not {target.name!r}", err=True)
    evaluation = _evaluate(target, stated)
    if evaluation is None:
        reason = f": {stated.reason}" if stated.reason else ""
        click.echo(f"{path} holds no {_answer(target)}, it states {stated.status}{reason}")
        sys.exit(NOTHING)
    click.echo(_words(target).account(target, evaluation))
    click.echo()
    disagreements = list(_disagreements(target, stated, evaluation.objective))
    for line in disagreements:
        click.echo(line)
    click.echo("feasible" if evaluation.feasible else "NOT FEASIBLE")
    sys.exit(NOTHING if disagreements or not evaluation.feasible else 0)


def _answer(target: Instance | ResourceGraph) -> str:
    return "placement" if isinstance(target, Instance) else "path"


def _evaluate(target: Instance | ResourceGraph, stated: Result) -> Evaluation | PathEvaluation | None:
    """The account of a result's placement or path; None when it has none."""
    if isinstance(target, Instance):
        return None if stated.placement is None else finopt.evaluate(target, stated.placement)
    from finopt.graph.check import evaluate_path

    first: int = _words(target).first_vertex(target)
    return None if stated.path is None else evaluate_path(target, stated.path, first)


def _disagreements(target: Instance | ResourceGraph, stated: Result, checked: float) -> Iterator[str]:
    """Where a result file claims something else than the cost model."""
    words = _words(target)
    kind, here = words.objective_kind(target), words.objective(target, checked)
    if math.isnan(checked):
        yield f"{kind} cannot be computed: the {_answer(target)} is incomplete or names what does not exist"
    elif stated.objective is None or not math.isclose(stated.objective, checked, rel_tol=STATED):
        yield f"the file states {kind} {words.objective(target, stated.objective)}, it is {here}"
    if stated.bound is not None and stated.bound > checked * (1 + STATED):
        yield f"the file states the lower bound {words.objective(target, stated.bound)}, {kind} is {here}"
    if stated.status not in ANSWERED:
        yield f"the file states {stated.status} and holds a {_answer(target)}"


def _exit_code(result: Result) -> int:
    return 0 if result.status in ANSWERED else NOTHING


def _forget_output() -> None:
    """Let what is still buffered for a broken standard output go nowhere; Python writes it when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminal() -> bool:
    return sys.stderr.isatty()


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"finopt: {message}", err=True)
    sys.exit(code)
