"""The command line: ``finopt build | solve | compare | check | plot | report | run | doctor ...``.

Exit codes: 0 a feasible answer, 1 proven infeasible or nothing found (``check``: something is wrong with the
placement) or the output cannot be written, 2 bad input, 3 a back end is missing, out of memory or its
answer failed the check, 4 finopt crashed, 130 interrupted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import finopt
from finopt.api.dispatch import asked, solve
from finopt.api.methods import METHODS, options_of
from finopt.cli import comparison
from finopt.cli.build import build_command
from finopt.cli.check import check_command
from finopt.cli.contradictions import ANSWERED
from finopt.cli.convert import convert_command
from finopt.cli.doctor import doctor_command
from finopt.cli.failures import BACKEND, INTERRUPTED, NOTHING, Commands, failure
from finopt.cli.generate import generate_command, generate_fleet_command
from finopt.cli.inputs import called, max_bytes_option, problem_of
from finopt.cli.options import (
    STDOUT,
    NewFile,
    memory_limit_option,
    objective_option,
    save_text,
    seed_option,
    threads_option,
    time_limit_option,
    type_of,
)
from finopt.cli.output import print_file, words_for
from finopt.cli.pareto import pareto_command
from finopt.cli.plot import plot_command
from finopt.cli.previous import horizon_option, previous_of, previous_option
from finopt.cli.profile import profile_command
from finopt.cli.progress import shown, verbose_option
from finopt.cli.report_page import report_command
from finopt.cli.run import run_command
from finopt.cli.simulate import simulate_command
from finopt.cli.split import split_command
from finopt.cli.streams import say
from finopt.evaluation.result import Result
from finopt.io import result_file
from finopt.problem.errors import InstanceError
from finopt.problem.instance import Instance
from finopt.problem.objective import Figure
from finopt.problem.options import OptionError
from finopt.problem.status import Termination
from finopt.solvers.interruption import noted

if TYPE_CHECKING:
    from finopt.graph.resource import ResourceGraph


def _method_list(ctx: click.Context, param: click.Parameter, value: str) -> list[str]:
    names = [name.strip() for name in value.split(",") if name.strip()]
    for name in names:
        if name not in METHODS:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(METHODS)}.", ctx, param)
    if not names:
        raise click.BadParameter("names no method.", ctx, param)
    return list(dict.fromkeys(names))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(finopt.__version__, prog_name="finopt")
def main() -> None:
    """Place early-exit neural networks on mobile, edge and cloud nodes with the least energy.

    \b
    Example: finopt solve instances/paper/b-alexnet-cifar10.json

    Exit codes: 0 feasible answer, 1 infeasible or nothing found, 2 bad input, 3 back end failed,
    4 finopt crashed or ran out of memory, 130 interrupted.
    """


@main.command("solve")
@click.argument("file")
@click.option("--method", type=click.Choice(list(METHODS)), default="fin", show_default=True)
@click.option("--gamma", type=type_of("gamma"), help="fin, fin-published: latency levels, taken literally.")
@click.option(
    "--lam",
    type=type_of("lam"),
    help="fin, fin-published: keep what is within (1 + LAM) of the bound; literally.",
)
@click.option(
    "--lam-rule",
    type=type_of("lam_rule"),
    help="fin, fin-published: what LAM measures; levels is for fin-published.  [default: bound]",
)
@click.option("--gap", type=type_of("gap"), help="fin, milp: stop at this proven relative gap.")
@click.option(
    "--reduce/--no-reduce",
    default=None,
    help="fin, milp, cspp: drop arcs that cannot be optimal first; fin --no-reduce is fin-published.",
)
@click.option(
    "--certify",
    is_flag=True,
    default=None,
    help="fin, fin-published: prove a bound as well; fin always does.",
)
@objective_option
@previous_option
@horizon_option
@time_limit_option
@memory_limit_option
@seed_option
@threads_option
@verbose_option
@max_bytes_option
@click.option("--json", "as_json", is_flag=True, help="Print the result file and nothing else.")
@click.option("-o", "--output", type=NewFile(), help="Write the result file, which `finopt check` reads.")
def solve_command(
    file: str,
    method: str,
    objective: Figure,
    previous: str | None,
    moving_horizon: float | None,
    time_limit: float | None,
    memory_limit: float | None,
    seed: int,
    threads: int,
    verbose: bool,
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
    target = asked(problem_of(file), objective)
    limits = {"time_limit": time_limit, "memory_limit": memory_limit}
    common: dict[str, Any] = {**limits, "seed": seed, "threads": threads}
    common |= {"objective": objective, **previous_of(target, previous, moving_horizon)}
    with shown(verbose) as progress:
        result = solve(target, method, progress=progress, on_interrupt="return", **common, **given)
    text = result_file.write(result, target if isinstance(target, Instance) else None)
    if output not in (None, STDOUT):
        save_text(text, output)
    if as_json or output == STDOUT:
        print_file(text)
    else:
        words = words_for(target)
        say(f"{words.title(target, called(file))}: {words.plan(target, result)}")
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
@objective_option
@time_limit_option
@memory_limit_option
@seed_option
@threads_option
@verbose_option
@max_bytes_option
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON and nothing else.")
@click.option(
    "-o",
    "--output",
    type=NewFile(),
    callback=comparison.known_suffix,
    help="Write the rows; the ending, .json or .csv, says how. - is --json.",
)
def compare_command(
    files: tuple[str, ...],
    methods: list[str],
    verbose: bool,
    as_json: bool,
    output: Path | None,
    **options: Any,
) -> None:
    """Solve instances with several methods, a table each.

    Ends with exit code 0 when every instance got a feasible answer from one method at least and no method
    failed; one that does is left out and named.

    \b
    Example: finopt compare instances/paper/*.json --methods fin,milp --time-limit 60
    """
    targets = [(called(file), _asked(file, options["objective"])) for file in files]
    quiet = as_json or output == STDOUT
    code, rows = 0, list[dict[str, Any]]()
    for number, (file, target) in enumerate(targets):
        words = words_for(target)
        if not quiet:
            say(("\n" if number else "") + words.title(target, file))
        with noted() as interrupt, shown(verbose) as progress:
            results, refused, failed = _run(target, methods, progress=progress, **options)
        missing = {**dict(refused), **{method: line for method, line, _ in failed}}
        rows += comparison.rows_of(file, target, methods, results, missing)
        if results and not quiet:
            say(words.comparison(target, results))
        for method, line in refused if not quiet else ():
            say(f"{method}: {line}")
        for method, line, _ in failed:
            say(f"{method}: {line}", error=True)
        answered = any(result.status in ANSWERED for result in results.values())
        code = max(code, 0 if answered else NOTHING, *(worst for _, _, worst in failed))
        if interrupt.pressed:
            code = INTERRUPTED
            break
    _write_rows(rows, as_json, output)
    sys.exit(code)


def _asked(file: str, objective: Figure) -> Any:
    """What a file asks; one that cannot be asked for the objective is named."""
    try:
        return asked(problem_of(file), objective)
    except OptionError as error:
        raise OptionError(f"{called(file)}: {error}") from None


def _write_rows(rows: list[dict[str, Any]], as_json: bool, output: Path | None) -> None:
    """Where the user wants them."""
    if output not in (None, STDOUT):
        as_csv = comparison.kind_of(output) == ".csv"
        save_text(comparison.as_csv(rows) if as_csv else comparison.as_json(rows), output)
    if as_json or output == STDOUT:
        print_file(comparison.as_json(rows))


main.add_command(build_command)
main.add_command(check_command)
main.add_command(convert_command)
main.add_command(doctor_command)
main.add_command(generate_command)
main.add_command(generate_fleet_command)
main.add_command(pareto_command)
main.add_command(plot_command)
main.add_command(profile_command)
main.add_command(report_command)
main.add_command(run_command)
main.add_command(simulate_command)
main.add_command(split_command)


def _given(method: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options the user gave; one that the method does not have is an error, not ignored."""
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in options_of(method):
            owners = " and ".join(other for other in METHODS if name in options_of(other))
            raise click.UsageError(f"--{name.replace('_', '-')} is an option of {owners}, not of {method}.")
    return given


def _run(
    target: Instance | ResourceGraph, methods: list[str], **options: Any
) -> tuple[dict[str, Result], list[tuple[str, str]], list[tuple[str, str, int]]]:
    """One result per method, methods that are for other instances, and those that failed with exit codes."""
    results: dict[str, Result] = {}
    refused, failed = [], []
    for method in methods:
        try:
            results[method] = solve(target, method, on_interrupt="return", **options)
        except InstanceError as error:
            refused.append((method, "; ".join(problem.rule for problem in error.problems)))
            continue
        except Exception as error:  # costs its own row only
            line, code = failure(error)
            failed.append((method, line, code))
            continue
        if results[method].termination is Termination.INTERRUPTED:
            break
    return results, refused, failed


def _exit_code(result: Result) -> int:
    if result.termination is Termination.INTERRUPTED:
        return INTERRUPTED
    if result.status in ANSWERED:
        return 0
    return BACKEND if result.termination is Termination.ERROR else NOTHING
