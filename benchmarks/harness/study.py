"""What the commands have in common: run everything, keep every row, say what is wrong."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from finopt.cli.streams import accept_all_text
from harness.launch import Launcher
from harness.rows import Row, Table, variant

Item = TypeVar("Item")

Where = Callable[[Row], str]
"""The instance of a row in words."""


@dataclass(frozen=True)
class Study:
    """A study whose figures go to a CSV file and whose tables go to a Markdown file beside it.

    Attributes
    ----------
    script : Path
        Its command.
    table : Table
        The columns of the CSV file.
    where : callable
        The instance of a row in words.
    child : callable
        What a run's process does, from the arguments.
    planned : callable
        The runs, from the arguments; ValueError if these are wrong.
    measured : callable
        The rows of runs as they come, from the rows so far, a launcher and a folder for scratch files.
    report : callable
        The Markdown file.
    wrong : callable
        Sentences about what cannot be right in the rows; it is told whether this is a smoke test.
    """

    script: Path
    table: Table
    where: Where
    child: Callable[[argparse.Namespace], None]
    planned: Callable[[argparse.Namespace], Sequence[Any]]
    measured: Callable[[Sequence[Any], Sequence[Row], Launcher, Path], Iterable[Row]]
    report: Callable[[Sequence[Row]], str]
    wrong: Callable[[Sequence[Row], bool], list[str]]

    @property
    def default(self) -> Path:
        """Where the figures go."""
        return self.script.parent / "results" / f"{self.script.stem}.csv"

    def main(self, parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
        """Do what the command line says; its exit code."""
        accept_all_text()
        self._add_flags(parser)
        args = parser.parse_args(arguments)
        if args.child is not None:
            self.child(args)
            return 0
        return self._render(parser, args) if args.render else self._run(parser, args)

    def _add_flags(self, parser: argparse.ArgumentParser) -> None:
        add, name = parser.add_argument, self.default.name
        add("--output", type=Path, help=f"CSV file, the report gets its name with .md (default {name})")
        add("--smoke", action="store_true", help="a minute's run on tiny instances; no file without --output")
        add("--render", action="store_true", help="only write the report again from the CSV file")
        add("--child", help=argparse.SUPPRESS)

    def _render(self, parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
        path = args.output or self.default
        rows = _chosen(parser, lambda: self.table.read(path), f"there are no rows in {path}")
        self.write(rows, path)
        return 0

    def _run(self, parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
        """Make the runs; the file takes the old one's place when all are made."""
        runs = _chosen(parser, lambda: self.planned(args), "these choices leave nothing to run")
        end_children_with_this_process()
        with tempfile.TemporaryDirectory() as scratch:
            output = args.output or (Path(scratch, self.default.name) if args.smoke else self.default)
            output.parent.mkdir(parents=True, exist_ok=True)
            part = output.with_name(output.name + ".part")
            part.unlink(missing_ok=True)
            rows: list[Row] = []
            launcher = Launcher(self.script, self.table, args.grace)
            arriving = self.measured(runs, rows, launcher, Path(scratch))
            if not collect(rows, arriving, partial(self.table.append, part)):
                print(f"interrupted; {len(rows)} rows are in {part}", file=sys.stderr)
                return 130
            part.replace(output)
            self.write(rows, output)
        return self.verdict(rows, args.smoke)

    def write(self, rows: Sequence[Row], output: Path) -> None:
        """Print the report and put it beside the CSV file."""
        text = self.report(rows)
        from finopt.io.atomic import write_text  # a child of this script measures what importing costs

        write_text(output.with_suffix(".md"), text)
        print(text)

    def verdict(self, rows: Sequence[Row], smoke: bool) -> int:
        """Say which runs failed and which answers cannot be right; the exit code."""
        return verdict(rows, self.wrong(rows, smoke), self.where, smoke)


def _chosen(
    parser: argparse.ArgumentParser, choose: Callable[[], Sequence[Item]], nothing: str
) -> Sequence[Item]:
    """What is chosen; the program ends with exit code 2 if the arguments are wrong or choose nothing."""
    try:
        chosen = choose()
    except ValueError as error:
        parser.error(str(error))
    if not chosen:
        parser.error(nothing)
    return chosen


def end_children_with_this_process() -> None:
    """Let a SIGTERM be as Ctrl-C, so that no child outlives its parent."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def progress(items: Iterable[Item], total: int, label: Callable[[Item], str]) -> Iterator[Item]:
    """The items, with a bar that names the present one; without a bar outside a terminal."""
    from tqdm import tqdm

    with tqdm(items, total=total, unit="run", disable=None) as bar:
        for item in bar:
            bar.set_postfix_str(label(item))
            yield item


def collect(rows: list[Row], arriving: Iterable[Row], keep: Callable[[Row], None]) -> bool:
    """Add each row as it arrives, kept on the disk before the next; False after Ctrl-C."""
    try:
        for row in arriving:
            keep(row)
            rows.append(row)
    except KeyboardInterrupt:
        return False
    return True


def verdict(rows: Sequence[Row], wrong: Sequence[str], where: Where, smoke: bool) -> int:
    """Say which runs did not end by themselves and which answers cannot be right; the exit code.

    A run that was killed is a failure of a smoke test only.
    """
    for row in rows:
        if row["termination"] in ("ERROR", "KILLED"):
            print(failure(row, where), file=sys.stderr)
    for sentence in wrong:
        print(f"WRONG: {sentence}", file=sys.stderr)
    fatal = ("ERROR", "KILLED") if smoke else ("ERROR",)
    return 1 if wrong or any(row["termination"] in fatal for row in rows) else 0


def failure(row: Row, where: Where) -> str:
    """Which run failed, and why."""
    return f"{row['termination']}: {variant(row)} on {where(row)}: {row['reason']}"
