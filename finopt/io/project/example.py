"""A small complete project to start from: a network, a model, measured times, a sweep of exits."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from finopt.io.atomic import write_text

PROJECT = """\
# A project: `finopt build project.yaml --output instance.json` makes an instance of it.
# docs/projects.md describes every field. All figures are in SI units: s, J, W, bit, byte, op/s.
format: finopt-project
version: 1
name: example
seed: 1                          # of everything that is drawn

network:
  topology: sndlib/polska        # a name of topohub, or a file beside this one (GraphML, GML, SNDlib, JSON)
  tiers:
    cloud: {by: degree, count: 1, card: NVIDIA A100 SXM4 40GB}
    edge: {by: degree, count: 4, card: NVIDIA T4}
    devices:
      - {name: board, kind: Jetson Nano, radio: LTE, count: 6}
      # A class of devices of your own: `device` is what measured.csv calls it.
      - {name: laptop, radio: Wi-Fi, count: 4, device: laptop core, compute: 40e9, power: 15, memory: 8e9}

models:
  - id: resnet50
    onnx: wheel:light_resnet50.onnx    # inside the package onnx; or a file beside this one
    cuts: [r46, r88, r150]       # tensors between the blocks; or blocks: 8
    precision: 8                 # bits of a number that is sent or stored
    classifiers:                 # early exits that the file does not hold; those it holds go to `exits`
      - {id: early, after: 1, ops: 2e6, memory: 512e3, output_bits: 8000}
      - {id: middle, after: 2, ops: 2e6, memory: 512e3, output_bits: 8000}
    sweep: sweep.csv             # accuracy and shares of exits, a row per setting of the thresholds

profiles:
  - file: measured.csv           # what `finopt profile` writes; devices without one compute by op/s

applications:                    # drawn; or a list of {id, model, source, rate, max_latency, min_accuracy}
  count: 12
  models: {resnet50: 1}          # weights
  start: mobile
  rate: [0.05, 0.5]              # samples per second
  times_fastest: [1.5, 3]        # limits, relative to the least possible latency; or max_latency: [0.1, 0.5]
  min_accuracy: [0.70, 0.75]
"""

MEASURED = """\
# Seconds and joules of one sample: one core of a server with ONNX Runtime, and 15 W times that. The
# classifiers are not in the file, so their figures are estimates.
model,device,block,exit,time_s,energy_j
resnet50,laptop core,r46,,0.0592,0.888
resnet50,laptop core,r88,,0.0505,0.758
resnet50,laptop core,r150,,0.0739,1.109
resnet50,laptop core,gpu_0/softmax_1,,0.0265,0.398
resnet50,laptop core,,early,0.0001,0.0015
resnet50,laptop core,,middle,0.0001,0.0015
"""

SWEEP = """\
# Made up, to have something to start with: put the sweep of your own exits here.
# An empty share: the exit is off. share_final is that of the last exit.
accuracy,share_early,share_middle,share_final,threshold_early,threshold_middle
0.761,,,1,,
0.757,0.10,0.22,0.68,0.95,0.95
0.749,0.19,0.31,0.50,0.90,0.90
0.738,0.28,0.36,0.36,0.80,0.80
0.721,0.39,0.36,0.25,0.70,0.70
0.697,0.52,0.31,0.17,0.60,0.60
0.742,,0.47,0.53,,0.85
"""

CONTENT = {"project.yaml": PROJECT, "measured.csv": MEASURED, "sweep.csv": SWEEP}


def write_example(folder: str | Path) -> Sequence[Path]:
    """Write the example's files into a folder, which is made if there is none.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    OSError
        One of the files is there already (nothing is written then), or cannot be written.
    """
    folder = Path(folder)
    paths = [folder / name for name in CONTENT]
    for path in paths:
        if path.exists() or path.is_symlink():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in zip(paths, CONTENT.values(), strict=True):
        write_text(path, text)
    return paths
