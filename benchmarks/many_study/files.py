"""The instance files, each written by a process of its own: making one is no part of any run's memory."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from harness.child import Tell, carry_out
from harness.launch import child_command, launch

from many_study.plan import INSTANCE, Run

LONGEST = 600.0
"""Seconds for making an instance."""


def path_of(run: Run, folder: Path) -> Path:
    """Where the instance of a run is; runs of several methods share it."""
    name = "-".join(str(getattr(run, column)) for column in INSTANCE)
    return folder / f"{name}-{run.table}.json"


def make(run: Run, script: Path, path: Path) -> str:
    """Let the script write the instance of a run unless it is there; what went wrong, empty if nothing."""
    if path.exists():
        return ""
    made = launch(run, child_command(script, run, "--make", "--file", str(path)), start_limit=LONGEST)
    return "" if made["termination"] == "COMPLETED" else f"making the instance failed: {made['reason']}"


def main(text: str, path: str) -> None:
    """What the process of `make` does."""
    carry_out(text, Run, partial(write, path))


def write(path: str, run: Run, tell: Tell) -> None:
    """Draw the instance of a run and save it."""
    import finopt

    counts = (run.applications, run.devices, run.sites, run.clouds)
    instance = finopt.generate_fleet(*counts, scarcity=run.scarcity, seed=run.seed)
    finopt.save(instance, path, table="parquet" if run.table == "parquet" else "csv")
    tell(termination="COMPLETED")
