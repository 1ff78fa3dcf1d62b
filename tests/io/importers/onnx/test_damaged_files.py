"""Thousands of damaged files: each is read, or refused with an InstanceError, and nothing else happens."""

from __future__ import annotations

import random
from pathlib import Path

import onnx
import pytest

from finopt.io.importers.onnx import extract_piece, read
from finopt.problem.errors import InstanceError
from tests.io.importers.onnx.mutations import damaged_fields
from tests.io.importers.onnx.small_models import attention, branched, branching, light, recurrent
from tests.mutations import damaged_bytes

SEEDS = 7000


def outcome(path: Path, seed: int) -> bool:
    """Whether a damaged file is still a model."""
    try:
        found = read(path, shapes={"batch": 1} if seed % 4 == 0 else None)
        extract_piece(path, found.inputs, found.outputs)
    except InstanceError:
        return False
    return True


def spread(seeds: range, path: Path) -> list[bool]:
    models = [branched(), branched("batch"), recurrent(), attention(), branching()]
    models += [onnx.load(light("bvlc_alexnet")), onnx.load(light("squeezenet"))]
    outcomes = []
    for seed in seeds:
        draw = random.Random(seed)
        model = draw.choice(models)
        fields = seed % 3 > 0
        path.write_bytes(
            damaged_fields(model, draw) if fields else damaged_bytes(model.SerializeToString(), draw)
        )
        outcomes.append(outcome(path, seed))
    return outcomes


def test_some_damaged_files(tmp_path: Path) -> None:
    outcomes = spread(range(SEEDS, SEEDS + 300), tmp_path / "x.onnx")
    assert any(outcomes) and not all(outcomes)


@pytest.mark.slow
def test_many_damaged_files(tmp_path: Path) -> None:
    outcomes = spread(range(SEEDS), tmp_path / "x.onnx")
    assert 0.02 * SEEDS < sum(outcomes) < 0.6 * SEEDS
