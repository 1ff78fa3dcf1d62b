"""The instance files, each written by a process of its own: making one is no part of any run's memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from many_study.plan import INSTANCE, Run

SCRIPT = Path(__file__).resolve().parents[1] / "many.py"

LONGEST = 600.0
"""Seconds for making an instance."""


def path_of(run: Run, folder: Path) -> Path:
    """Where the instance of a run is; runs of several methods share it."""
    name = "-".join(str(getattr(run, column)) for column in INSTANCE)
    return folder / f"{name}-{run.table}.json"


def make(run: Run, path: Path) -> str:
    """Write the instance of a run unless it is there; what went wrong, empty if nothing."""
    if path.exists():
        return ""
    command = [sys.executable, str(SCRIPT), "--make", json.dumps(asdict(run)), "--file", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return f"making the instance took more than {LONGEST:g} s"
    return f"making the instance failed: {done.stderr.strip()[-500:]}" if done.returncode else ""


def write(text: str, path: str) -> None:
    """What the process of `make` does: draw the instance that a JSON object describes, save it."""
    import finopt

    run = Run(**json.loads(text))
    counts = (run.applications, run.devices, run.sites, run.clouds)
    instance = finopt.generate_fleet(*counts, scarcity=run.scarcity, seed=run.seed)
    finopt.save(instance, path, table="parquet" if run.table == "parquet" else "csv")
