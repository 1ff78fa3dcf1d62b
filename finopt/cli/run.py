"""The command ``finopt run``: the pieces that `finopt split` made, run here and compared with the plan."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from finopt.cli import run_report
from finopt.cli.failures import BACKEND, INTERRUPTED, NOTHING
from finopt.cli.options import seed_option
from finopt.cli.output import print_file
from finopt.cli.streams import say

if TYPE_CHECKING:
    from finopt.runtime.run import Run


@click.command("run")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--samples", metavar="FILE", help="Samples: .npz, .npy or .csv.  [default: random]")
@click.option(
    "--count", type=click.IntRange(1), default=100, show_default=True, help="Samples per application."
)
@click.option(
    "--threshold", "given", multiple=True, metavar="EXIT=NUMBER", help="In place of the one in the manifest."
)
@seed_option
@click.option("--brief", is_flag=True, help="Totals only.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON and nothing else.")
def run_command(
    folder: Path,
    samples: str | None,
    count: int,
    given: tuple[str, ...],
    seed: int,
    brief: bool,
    as_json: bool,
) -> None:
    """Run the pieces in FOLDER, which `finopt split` made, sample by sample.

    Every node is a process of this machine, links are emulated by their bandwidth and delay. Prints the exit
    that each sample takes, its latency beside the prediction, and whether the result is that of the whole
    model. A check of plans, not a server. Needs onnxruntime (pip install 'finopt[onnx]').

    Exit code 1: a sample leaves elsewhere than in the whole model or its result differs; 3: a process ended
    or did not answer; after Ctrl-C (130) what was measured is printed.

    \b
    Example: finopt run pieces --samples samples.npz --count 100
    """
    from finopt.runtime import manifest_file, run
    from finopt.runtime.thresholds import parsed_thresholds

    manifest = manifest_file.read(folder)
    exits = [exit_.exit for plan in manifest.applications for exit_ in plan.exits[:-1]]
    manifest = run.with_thresholds(manifest, parsed_thresholds(given, exits))
    makers = run.sample_makers(manifest, samples, seed)
    found = run.run(folder, manifest, makers, count)
    if as_json:
        print_file(json.dumps(run_report.as_json(found), indent=1) + "\n")
    else:
        say(run_report.text(found, listed=not brief))
    sys.exit(_exit_code(found))


def _exit_code(found: Run) -> int:
    if found.interrupted:
        return INTERRUPTED
    if found.reason:
        return BACKEND
    return 0 if all(sample.equal for sample in found.measured) else NOTHING
