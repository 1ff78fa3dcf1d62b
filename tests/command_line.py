"""What the tests of the command line share: an instance, and how to run commands.

The instance, by hand: a device at 1 Gop/s and 2 W (2 nJ/op), an edge server at 10 Gop/s and
10 W (1 nJ/op), a link of 100 Mbit/s and 10 nJ/bit. Configuration 1 leaves half of the samples at block b1.

    b1 on the device, b2 on the edge   1e6 op * 2 nJ + 1/2 (1e5 bit * 10 nJ + 1e8 op * 1 nJ) = 2 + 0.5 + 50 mJ
                                       1 ms + 1 ms + 10 ms = 12 ms
    both on the edge                   8e5 bit * 10 nJ + 1e6 op * 1 nJ + 50 mJ = 59 mJ
    both on the device                 2 mJ + 100 mJ = 102 mJ
    configuration 0 (no early exit)    103 mJ at least

The first is the optimum: 52.5 mJ, 52 of them for computing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from finopt.cli import main

SMALL: dict[str, Any] = {
    "format": "finopt-instance",
    "version": 1,
    "name": "small",
    "nodes": [
        {"id": "device", "tier": "mobile", "compute": 1e9, "power": 2.0},
        {"id": "edge", "tier": "edge", "compute": 1e10, "power": 10.0},
    ],
    "links": [{"source": "device", "target": "edge", "bandwidth": 1e8, "energy": 1e-8}],
    "models": [
        {
            "id": "net",
            "input_bits": 8e5,
            "blocks": [
                {"id": "b1", "ops": 1e6, "output_bits": 1e5},
                {"id": "b2", "ops": 1e8, "output_bits": 100},
            ],
            "exits": [{"id": "early", "after": "b1"}, {"id": "out", "after": "b2"}],
            "configurations": [
                {"exits": ["out"], "shares": [1.0], "accuracy": 0.9},
                {"exits": ["early", "out"], "shares": [0.5, 0.5], "accuracy": 0.85},
            ],
        }
    ],
    "applications": [
        {"id": "app", "model": "net", "source": "device", "max_latency": 0.05, "min_accuracy": 0.8}
    ],
}

Write = Callable[..., str]


def run(*arguments: object) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(main.main, [str(argument) for argument in arguments])


def cells(text: str) -> list[str]:
    """The words of a row of a table."""
    return text.split()


def tamper(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite a result file with something changed."""
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=60
    )
