"""Generated instances with measured tables: no factors explain them, and everything promised stays so."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import finopt
from finopt.io import instance_file
from finopt.problem.generators.latency_range import latency_range
from finopt.problem.instance import Instance
from tests.command_line import run
from tests.oracle import Task, frontier

SEEDS = range(24)


def drawn(seed: int, **more: Any) -> Instance:
    """Small instances of every kind."""
    latency, topology = ("worst", "mean")[seed % 2], ("sparse", "mesh")[seed // 2 % 2]
    usual = {"nodes": 3 + seed % 3, "blocks": 2 + seed % 3, "latency": latency, "topology": topology}
    return finopt.generate(**{**usual, "pins": seed % 3, "seed": seed, "profiles": True, **more})


def table(instance: Instance) -> np.ndarray[Any, Any]:
    """Seconds of the blocks that all classes can run, shape (blocks, classes)."""
    profiles = instance.profiles
    common = [b.id for b in instance.models[0].blocks if all(b.id in p.block for p in profiles)]
    return np.array([[p.block[name].time for p in profiles] for name in common])


def test_all_else_is_drawn_as_without_tables() -> None:
    for seed in SEEDS:
        plain, measured = drawn(seed, profiles=False), drawn(seed)
        assert (plain.version, measured.version) == (1, 2)
        assert [node.replace(device=None) for node in measured.nodes] == list(plain.nodes)
        assert (measured.links, measured.models) == (plain.links, plain.models)
        assert "profiles" not in plain.description
        assert "profiles=True" in measured.description
        assert measured == drawn(seed)


def test_no_factors_explain_the_table() -> None:
    times = table(drawn(0, nodes=30, blocks=20, topology="sparse"))
    assert times.shape[1] >= 5
    logs = np.log(times)
    rest = logs - logs.mean(0) - logs.mean(1, keepdims=True) + logs.mean()  # of the best fit by factors
    assert np.abs(rest).max() > math.log(1.5)


def test_some_blocks_energies_and_classes_are_missing() -> None:
    instance = drawn(1, nodes=40, blocks=20, topology="sparse")
    model, entries = instance.models[0], [entry for p in instance.profiles for entry in p.blocks]
    assert any(len(p.blocks) < len(model.blocks) for p in instance.profiles)
    assert {entry.energy is None for entry in entries} == {True, False}
    assert any(node.device is None for node in instance.nodes)
    clouds = {node.device for node in instance.nodes if node.tier == "cloud" and node.device}
    assert all(len(p.blocks) == len(model.blocks) for p in instance.profiles if p.device in clouds)


@pytest.mark.parametrize("seed", SEEDS)
def test_limits_lie_between_the_fastest_and_the_cheapest_placement(seed: int) -> None:
    instance = drawn(seed)
    application = instance.applications[0]
    choices = frontier(Task(instance, application))
    fastest = min(choice.took for choice in choices)
    cheapest = min(choices, key=lambda choice: (choice.energy, choice.took))
    least, loosest = latency_range(instance, application)
    assert least == pytest.approx(float(fastest), rel=1e-12)
    assert loosest == pytest.approx(float(cheapest.took), rel=1e-12)
    assert finopt.solve(instance, "labels").status == "OPTIMAL"


def test_a_fleet_has_a_class_for_every_kind() -> None:
    plain, fleet = (finopt.generate_fleet(300, 40, 6, 2, seed=3, profiles=p) for p in (False, True))
    assert (plain.version, fleet.version) == (1, 2)
    classes = {node.device for node in fleet.nodes}
    assert classes == {profile.device for profile in fleet.profiles if profile.device in classes}
    assert len(fleet.profiles) == len(fleet.models) * len({profile.device for profile in fleet.profiles})
    for device in classes - {None}:
        alike = [node for node in fleet.nodes if node.device == device]
        assert len({(node.compute, node.power) for node in alike}) == 1
    edge = [sum(n.compute for n in each.nodes if n.tier == "edge") for each in (plain, fleet)]
    assert edge[1] == pytest.approx(edge[0], rel=1e-3)
    assert np.linalg.matrix_rank(np.array([[e.time for e in p.blocks] for p in fleet.profiles[:7]])) > 1


@pytest.mark.parametrize("seed", range(3))
def test_a_fleet_stays_feasible(seed: int) -> None:
    instance = finopt.generate_fleet(150, 20, 4, 2, seed=seed, profiles=True)
    result = finopt.solve(instance, "fin")
    assert result.placement is not None
    assert finopt.evaluate(instance, result.placement).feasible


def test_the_commands_draw_them(tmp_path: Path) -> None:
    assert run("generate", "--profiles", "--seed", "4").stdout == instance_file.write(
        finopt.generate(seed=4, profiles=True)
    )
    path = tmp_path / "fleet.json"
    sizes = ("--applications", "30", "--devices", "5", "--sites", "2", "--clouds", "1")
    assert run("generate-fleet", "--profiles", *sizes, "-o", path).exit_code == 0
    assert json.loads(path.read_text())["version"] == 2
    assert finopt.load(path) == finopt.generate_fleet(30, 5, 2, 1, profiles=True)
