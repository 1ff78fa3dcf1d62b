"""From measuring to running, all of it on this machine: profile, build, solve, split, run.

    python instances/digits/example.py            # works in build/digits, which it makes anew

Every command is printed as one would type it. What they need is beside this file, but for measured.csv: these
times are measured first.
"""

from __future__ import annotations

import argparse
import csv
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NEEDED = ("digits.onnx", "project.yaml", "samples.npz", "sweep.csv")
CUTS = ("block1", "block2", "block3")


def main() -> None:
    """Run the commands; the first that fails ends the example with its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--folder", type=Path, default=HERE.parents[1] / "build" / "digits", help="to work in"
    )
    parser.add_argument("--count", default="200", help="samples to run")
    arguments = parser.parse_args()
    folder = prepared(arguments.folder)
    cuts = [word for cut in CUTS for word in ("--cut", cut)]
    finopt(folder, "profile", "digits.onnx", *cuts, "--runs", "300", "--output", "times")
    without_energy(folder / "times.csv", folder / "measured.csv")
    finopt(folder, "build", "project.yaml", "--output", "instance.json")
    finopt(folder, "solve", "instance.json", "--method", "labels", "--output", "plan.json")
    files = ["--model", "digits=digits.onnx", "--thresholds", "sweep.csv"]
    finopt(folder, "split", "instance.json", "plan.json", *files, "--output", "pieces")
    finopt(folder, "run", "pieces", "--samples", "samples.npz", "--count", arguments.count, "--brief")


def prepared(folder: Path) -> Path:
    """An empty folder with what is needed; one that is no work of this script stays as it is."""
    if folder.exists() and not (folder / "project.yaml").exists() and any(folder.iterdir()):
        sys.exit(f"{folder} holds something else; name another with --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in NEEDED:
        shutil.copy(HERE / name, folder / name)
    return folder


def finopt(folder: Path, *words: str) -> None:
    """Print and run a command of finopt."""
    print(f"\n$ finopt {shlex.join(words)}", flush=True)
    path = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, "-m", "finopt.cli", *words], cwd=folder, env={**os.environ, "PYTHONPATH": path}
    )
    if ended.returncode:
        sys.exit(ended.returncode)


def without_energy(measured: Path, times: Path) -> None:
    """The times alone: the three nodes are one machine and take the powers that the project states."""
    with measured.open(encoding="utf-8", newline="") as file:
        rows = [{**row, "energy_j": ""} for row in csv.DictReader(file)]
    with times.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
