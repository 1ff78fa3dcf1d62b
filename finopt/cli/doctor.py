"""The command ``finopt doctor``: whether this installation works, and what to do where it does not."""

from __future__ import annotations

import sys

import click

from finopt.api.versions import version_lines
from finopt.cli.failures import BACKEND
from finopt.cli.streams import say
from finopt.problem.formatting import counted


@click.command("doctor")
def doctor_command() -> None:
    """Print versions, and try whether everything works: solvers, known answers, compiled loops.

    Takes some seconds. Ends with exit code 3 when something is wrong, and says what to do about it.

    \b
    Example: finopt doctor
    """
    from finopt.api.doctor import examine

    say("\n".join([*version_lines(), ""]))
    wrong = 0
    for finding in examine():
        wrong += bool(finding.wrong)
        verdict, more = ("WRONG", f": {finding.wrong}") if finding.wrong else ("ok", "")
        say(f"{verdict:7}{finding.what}{more}")
        if finding.advice:
            say(f"{'':7}{finding.advice}")
    say("\n" + (f"{counted(wrong, 'thing')} wrong" if wrong else "nothing is wrong"))
    sys.exit(BACKEND if wrong else 0)
