"""A row of benchmarks/scale.py, as its tests change it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from harness.rows import SCALE


def make_row(method="labels", objective=1.0, status="OPTIMAL", **changes):
    """A finished run as it comes back from its process, with its stamp."""
    row = {
        **dict.fromkeys(SCALE.columns),
        "nodes": 5,
        "links": 8,
        "blocks": 3,
        "arcs": 39,
        "configurations": 3,
        "topology": "sparse",
        "tightness": 0.5,
        "seed": 0,
        "method": method,
        "options": "{}",
        "time_limit_s": 1.0,
        "warm": False,
        "workers": 1,
        "status": status,
        "termination": "COMPLETED",
        "objective": objective,
        "bound": objective,
        "gap": None if objective is None else 0.0,
        "total_s": 0.01,
        "peak_memory_mb": 100.0,
        "warmup_s": 0.5,
    }
    return {**row, **changes}
