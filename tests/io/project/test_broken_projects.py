"""Thousands of broken project files: an instance or an `InstanceError`, and never anything else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from finopt import InstanceError
from finopt.io.project import build
from tests.io.project.small import FILES
from tests.mutations import mutated

PROJECT = """\
format: finopt-project
name: small
seed: 3
network:
  nodes:
    - {id: phone, tier: mobile, compute: 1e9, power: 2.0, device: soc}
    - {id: edge, tier: edge, compute: 1e11, power: 70, device: gpu, memory: 8e9}
  links:
    - {source: phone, target: edge, bandwidth: 1e8, energy: 1e-8, delay: 1e-3, bidirectional: true}
models:
  - id: net
    input_bits: 24576
    blocks:
      - {id: conv, ops: 2e7, output_bits: 196608}
      - {id: dense, ops: 3e7, output_bits: 80, memory: 1e6}
    exits: [{id: early, after: conv, ops: 1e6}, {id: out, after: dense}]
    sweep: sweep.csv
profiles:
  - file: measured.csv
    model: net
  - model: net
    device: soc
    blocks: &b [{block: conv, time: 0.01}, {block: dense, time: 0.02, energy: 0.1}]
    exits: [{exit: early, time: 1e-4}, {exit: out, time: 1e-9}]
"""

DRAWN = """\
applications:
  count: 3
  models: {net: 1}
  start: [phone]
  rate: [0.5, 2.0]
  latency: worst
  times_fastest: 2
  min_accuracy: [0.70, 0.75]
  result_to: source
"""

LISTED = """\
applications:
  - {id: a, model: net, source: phone, rate: 2, max_latency: 0.5, min_accuracy: 0.7, pinned: {conv: phone}}
  - {id: b, model: net, source: phone, max_latency: 1,
     min_accuracy: 0, latency: mean, allowed: {conv: [edge]}}
"""

FOREIGN = """\
network:
  topology: net.json
  tiers:
    cloud: {by: degree, count: 1, card: NVIDIA A100 SXM4 40GB}
    edge: {by: list, nodes: [a, b], card: NVIDIA T4}
    devices: [{name: phone, kind: Jetson Nano, radio: LTE, count: 2}]
    backbone: {bandwidth: 1e9}
models:
  - {file: model.json, sweep: sweep.csv}
applications: {count: 2, max_latency: [1, 2]}
"""

NETWORK = """\
{"nodes": [{"id": "a", "pos": [0, 0]}, {"id": "b", "pos": [1, 1]}, {"id": "c", "pos": [2, 1]}],
 "links": [{"source": "a", "target": "b"}, {"source": "b", "target": "c"}]}
"""

MODEL = """\
{"id": "net", "input_bits": 24576, "blocks": [{"id": "conv", "ops": 2e7, "output_bits": 1e5}],
 "exits": [{"id": "early", "after": "conv"}, {"id": "out", "after": "conv"}],
 "configurations": [{"exits": ["out"], "shares": [1.0], "accuracy": 1.0}]}
"""

PROJECTS = {"drawn": PROJECT + DRAWN, "listed": PROJECT + LISTED, "foreign": FOREIGN}

TRIES = 600
"""Of each project."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", PROJECTS)
def test_a_broken_project_gives_an_instance_error(tmp_path: Path, kind: str) -> None:
    for name, text in {**FILES, "net.json": NETWORK, "model.json": MODEL}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    path = tmp_path / "project.yaml"
    path.write_text(PROJECTS[kind], encoding="utf-8")
    build(path)  # as it is, it is right
    rng = random.Random(f"projects {kind}")
    refused = 0
    for _ in range(TRIES):
        content = mutated(PROJECTS[kind], rng)
        path.write_bytes(content)
        try:
            build(path)
        except InstanceError as error:
            refused += 1
            assert str(error)
        except Exception as error:
            raise AssertionError(f"{kind}: {content!r}") from error
    assert refused > TRIES / 3
