"""Thresholds of exits: from a measured sweep, matched by what a configuration says, or given one by one.

A sample leaves at the first exit whose confidence, the largest probability, is at least the threshold.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from finopt.io.importers.measurements import MOST_BYTES, Sweep, SweepRow, read_sweep
from finopt.io.importers.measurements.branchynet import COLUMNS
from finopt.io.regular_file import read_regular_text
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.model import Configuration, Model
from finopt.problem.references import suggest

SAME = 1e-6
"""Shares and accuracies that differ by less are the same: files round them."""


def read_confidences(path: str | Path, model: Model) -> Sweep:
    """A sweep whose thresholds are confidences.

    Raises
    ------
    InstanceError
        The file is wrong, or of BranchyNet's kind: its thresholds are entropies, below which a sample leaves.
    """
    header = read_regular_text(path, MOST_BYTES).partition("\n")[0]
    if all(column in header for column in COLUMNS):
        rule = "lists entropies as thresholds; those that finopt run compares are least confidences"
        hint = "give --threshold EXIT=0.9"
        raise InstanceError([Problem("header", rule, "", "", hint)], str(path))
    return read_sweep(path, model)


def matched(configuration: Configuration, sweep: Sweep, subject: str, source: str) -> dict[str, float]:
    """The thresholds of the first row that a configuration was made from, by exit but the final one.

    Raises
    ------
    InstanceError
        No row has its exits, shares and accuracy, or the row lacks a threshold or has one that is no share:
        confidences are from 0 to 1.
    """
    row = next((row for row in sweep.rows if _same(row.configuration, configuration)), None)
    if row is None:
        shares = ", ".join(
            f"{n} {s:g}" for n, s in zip(configuration.exits, configuration.shares, strict=True)
        )
        rule = f"no row has its exits, shares ({shares}) and accuracy ({configuration.accuracy:g})"
        hint = "give thresholds with --threshold EXIT=0.9"
        raise InstanceError([Problem("", rule, "", subject, hint)], source)
    problems = [problem for name in configuration.exits[:-1] for problem in _problems(row, name)]
    if problems:
        raise InstanceError(problems, source)
    return {name: row.thresholds[name] for name in configuration.exits[:-1]}


def _same(one: Configuration, other: Configuration) -> bool:
    return (
        one.exits == other.exits
        and all(abs(a - b) <= SAME for a, b in zip(one.shares, other.shares, strict=True))
        and abs(one.accuracy - other.accuracy) <= SAME
    )


def _problems(row: SweepRow, name: str) -> Iterable[Problem]:
    at, value = f"row {row.row}", row.thresholds.get(name)
    if value is None:
        yield Problem(at, f"has no column threshold_{name}, or an empty cell in it")
    elif not 0 <= value <= 1:
        rule = "must be a confidence from 0 to 1, as finopt run compares it with the largest probability"
        yield Problem(at, rule, shown(value), f"threshold of exit {shown(name)}")


def parsed_thresholds(words: Iterable[str], exits: Iterable[str]) -> dict[str, float]:
    """Thresholds given as ``EXIT=0.9``, by exit.

    Raises
    ------
    InstanceError
        A word is of another form or names no exit; lists all.
    """
    found: dict[str, float] = {}
    problems, known = [], sorted(set(exits))
    for word in words:
        name, equals, value = word.rpartition("=")
        if not equals or not _is_share(value):
            rule = "must be EXIT=NUMBER with a number from 0 to 1"
            problems.append(Problem("--threshold", rule, shown(word)))
        elif name not in known:
            problems.append(Problem("--threshold", "no such exit", shown(name), "", suggest(name, known)))
        else:
            found[name] = float(value)
    if problems:
        raise InstanceError(problems, "options")
    return found


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False
