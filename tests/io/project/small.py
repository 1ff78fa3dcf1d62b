"""A small project whose network and model stand in the file itself, and how to write and build one."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from finopt import InstanceError
from finopt.io.project import Built, build

SMALL: dict[str, Any] = {
    "format": "finopt-project",
    "version": 1,
    "name": "small",
    "seed": 3,
    "network": {
        "nodes": [
            {"id": "phone", "tier": "mobile", "compute": 1e9, "power": 2.0, "device": "soc"},
            {"id": "watch", "tier": "mobile", "compute": 5e8, "power": 1.0},
            {"id": "edge", "tier": "edge", "compute": 1e11, "power": 70.0, "device": "gpu"},
        ],
        "links": [
            {"source": "phone", "target": "edge", "bandwidth": 1e8, "energy": 1e-8, "bidirectional": True},
            {"source": "watch", "target": "edge", "bandwidth": 1e7, "energy": 1e-8, "bidirectional": True},
        ],
    },
    "models": [
        {
            "id": "net",
            "input_bits": 24576,
            "blocks": [
                {"id": "conv", "ops": 2e7, "output_bits": 196608},
                {"id": "dense", "ops": 3e7, "output_bits": 80},
            ],
            "exits": [{"id": "early", "after": "conv", "ops": 1e6}, {"id": "out", "after": "dense"}],
            "sweep": "sweep.csv",
        }
    ],
    "profiles": [{"file": "measured.csv"}],
    "applications": {"count": 5, "rate": [0.5, 2.0], "times_fastest": [1.5, 3.0]},
}

SWEEP = "accuracy,share_early,share_final\n0.80,,1\n0.78,0.4,0.6\n0.74,0.7,0.3\n"

MEASURED = "model,device,block,exit,time_s,energy_j\nnet,gpu,conv,,2e-4,0.01\nnet,gpu,,early,1e-5,\n"

FILES = {"sweep.csv": SWEEP, "measured.csv": MEASURED}


def project(**changes: Any) -> dict[str, Any]:
    """The small project with other sections; None leaves one out."""
    data = {**copy.deepcopy(SMALL), **changes}
    return {name: value for name, value in data.items() if value is not None}


def written(folder: Path, data: Any = None, **files: str) -> Path:
    """The project in a folder, as JSON, which is YAML; and the files beside it."""
    path = folder / "project.yaml"
    path.write_text(data if isinstance(data, str) else json.dumps(data or SMALL), encoding="utf-8")
    for name, text in {**FILES, **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return path


def built(folder: Path, data: Any = None, **options: Any) -> Built:
    """What becomes of a project."""
    return build(written(folder, data), **options)


def problems(folder: Path, data: Any = None, **options: Any) -> list[str]:
    """What is wrong with a project."""
    with pytest.raises(InstanceError) as error:
        built(folder, data, **options)
    return [str(problem) for problem in error.value.problems]
