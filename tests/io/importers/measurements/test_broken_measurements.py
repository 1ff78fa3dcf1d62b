"""Thousands of broken files of measurements: an answer or an `InstanceError`, and never anything else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from finopt import InstanceError
from finopt.io.importers import measurements
from tests.io.importers.measurements.files import (
    BLOCKS,
    BRANCHYNET,
    DEVICE_TYPES,
    MODELS,
    NET,
    PARTITIONS,
    PORTEND,
    SWEEP,
    TRTEXEC,
)
from tests.mutations import mutated

KNOWN = {"net": NET}
LAST = {"conv": "conv1 + relu1", "mid": "Reformatting CopyNode", "dense": "fc"}

Read = Callable[[Path], object]

KINDS: dict[str, tuple[str, str, Read]] = {
    "blocks": ("blocks.csv", BLOCKS, lambda path: measurements.read(path, models=KNOWN)),
    "blocks alone": ("blocks.csv", BLOCKS, measurements.read),
    "sweep": ("sweep.csv", SWEEP, lambda path: measurements.read_sweep(path, NET)),
    "sweep alone": ("sweep.csv", SWEEP, measurements.read_sweep),
    "branchynet": ("sweep.csv", BRANCHYNET, lambda path: measurements.read_sweep(path, NET)),
    "device types": ("device_types.yml", DEVICE_TYPES, lambda path: measurements.read(path, models=KNOWN)),
    "device types alone": ("device_types.yml", DEVICE_TYPES, measurements.read),
    "models": ("models.yml", MODELS, measurements.read_models),
    "portend": ("portend.txt", PORTEND, lambda path: measurements.read(path, models=KNOWN, model="net")),
    "portend plain": ("p.txt", json.dumps(PARTITIONS), lambda path: measurements.read(path, model="m")),
    "trtexec": ("t.json", TRTEXEC, lambda path: measurements.read(path, model="m", device="d")),
    "trtexec whole": (
        "t.json",
        TRTEXEC,
        lambda path: measurements.read(path, models=KNOWN, model="net", device="d", last_layers=LAST),
    ),
}

FILES = 700
"""Of each kind."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_file_gives_an_instance_error(tmp_path: Path, kind: str) -> None:
    name, text, read = KINDS[kind]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    read(path)  # as it is, it is right
    rng = random.Random(f"measurements {kind}")
    refused = 0
    for _ in range(FILES):
        content = mutated(text, rng)
        path.write_bytes(content)
        try:
            read(path)
        except InstanceError as error:
            refused += 1
            assert str(error)
        except Exception as error:
            raise AssertionError(f"{kind}: {content!r}") from error
    assert refused > FILES / 3
