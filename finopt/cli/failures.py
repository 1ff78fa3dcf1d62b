"""When something goes wrong on the command line: a message, an exit code, a traceback only when asked for."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import traceback
from contextlib import suppress
from typing import Any, NoReturn

import click

import finopt
from finopt.cli.ending import at_once_when_alone
from finopt.cli.streams import accept_all_text, say
from finopt.cli.warning_lines import one_line_warnings
from finopt.problem.errors import BackendError, InstanceError
from finopt.problem.options import OptionError
from finopt.solvers.interruption import once
from finopt.solvers.memory import is_out_of_memory

NOTHING, BAD_INPUT, BACKEND, CRASH, INTERRUPTED = 1, 2, 3, 4, 130
"""Exit codes; 0 is a feasible answer."""

ARGUMENTS, DEBUG = "finopt.arguments", "finopt.debug"
"""What every command finds in ``ctx.meta``: the words of the command line, whether tracebacks are wanted."""

LONGEST = 300
"""Characters of an exception's message that are shown."""


class Commands(click.Group):
    """Turns what can go wrong in any command into a message and an exit code.

    Every command has ``--debug``, and so has the group.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_debug_option())

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Register a command, which has the option from then on."""
        cmd.params.append(_debug_option())
        super().add_command(cmd, name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words for the message about a crash."""
        ctx.meta[ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            with one_line_warnings():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise  # click's own ways to end
        except OSError as error:
            _show_traceback(error)
            raise  # to `main`, which knows more of them
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except (InstanceError, OptionError) as error:
            fail(str(error), BAD_INPUT)
        except Exception as error:
            line, code = failure(error)
            fail(line, code)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; the output takes any text."""
        accept_all_text()
        alone = not (args or kwargs)  # called as the command, not by a program that goes on
        with once(alone), at_once_when_alone(alone):
            return self._main(*args, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the words of the command line."""
        try:
            return super().make_context(*args, **kwargs)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    def _main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)  # a closed pipe ends it quietly with exit code 1
        except OSError as error:  # files that are named have their own messages; this is a full disk
            _forget_output()
            fail(f"input or output failed: {error}", NOTHING)


def fail(message: str, code: int) -> NoReturn:
    """End with a message on standard error."""
    say(f"finopt: {message}", error=True)
    sys.exit(code)


def failure(error: Exception) -> tuple[str, int]:
    """What to say about an exception that no command expects, on one line, and the exit code.

    With ``--debug`` its traceback is on standard error before.
    """
    _show_traceback(error)
    if isinstance(error, BackendError):
        return f"back end: {error}", BACKEND
    if is_out_of_memory(error):
        return f"out of memory: {in_short(error)}; free some or raise its limit (ulimit -v)", CRASH
    meta = click.get_current_context().meta
    command = shlex.join(["finopt", *meta.get(ARGUMENTS, ())])
    versions = f"finopt {finopt.__version__}, Python {platform.python_version()}"
    hint = "" if meta.get(DEBUG) else ", and run again with --debug for the traceback"
    return f"crashed: {in_short(error)} ({versions}: {command}); please report this line{hint}", CRASH


def _show_traceback(error: Exception) -> None:
    """Print where an exception comes from, when that is asked for."""
    if click.get_current_context().meta.get(DEBUG):
        say("".join(traceback.format_exception(error)).rstrip(), error=True)


def in_short(error: BaseException) -> str:
    """Type and message of an exception on one line."""
    message = " ".join(str(error).split())
    message = message if len(message) <= LONGEST else message[: LONGEST - 3] + "..."
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _debug_option() -> click.Option:
    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        callback=_note_debug,
        help="Show the traceback when finopt crashes.",
    )


def _note_debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[DEBUG] = value or ctx.meta.get(DEBUG, False)


def _forget_output() -> None:
    """Let what is still buffered for a broken standard output go nowhere; Python writes it when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
