"""VGG-16 with an early exit for devices around scarce edge servers; everybody has weights of their own."""

from __future__ import annotations

import finopt
from finopt import Block, Configuration, Exit, Instance, Model

STAGES = (  # operations [op], values behind it, weights: multiply-accumulates x 2, 1 byte, 4 byte
    ("conv1", 3.87e9, 802_816, 38_720),
    ("conv2", 5.55e9, 401_408, 221_440),
    ("conv3", 9.25e9, 200_704, 1_475_328),
    ("conv4", 9.25e9, 100_352, 5_899_776),
    ("conv5", 2.77e9, 25_088, 7_079_424),
    ("fc6", 206e6, 4_096, 102_764_544),
    ("fc7", 33.6e6, 4_096, 16_781_312),
    ("fc8", 8.2e6, 1_000, 4_097_000),
)
"""VGG-16 (Simonyan, Zisserman 2015) by its stages."""

HEAD = ("early", "conv4", 0.2e6, 100_352)
"""A classifier on pooled values; that 40 % of the samples leave there is an assumption."""


def vgg16(name: str) -> Model:
    """The network with one early exit, trained for somebody."""
    blocks = [
        Block(id=stage, ops=ops, output_bits=8.0 * values, memory=4.0 * weights)
        for stage, ops, values, weights in STAGES
    ]
    head, after, ops, weights = HEAD
    return Model(
        id=name,
        input_bits=8.0 * 224 * 224 * 3,
        blocks=tuple(blocks),
        exits=(Exit(id=head, after=after, ops=ops, memory=4.0 * weights), Exit(id="final", after="fc8")),
        configurations=(
            Configuration(exits=("early", "final"), shares=(0.4, 0.6), accuracy=0.70),
            Configuration(exits=("final",), shares=(1.0,), accuracy=0.715),
        ),
    )


def busy(applications: int, devices: int, sites: int, share: float, seed: int) -> Instance:
    """Everybody at the same time; ``share`` scales all rates and what nodes and links may carry of them."""
    models = [vgg16(f"vgg16-{number}") for number in range(applications)]
    drawn = finopt.generate_fleet(applications, devices, sites, 1, models=models, seed=seed)
    nodes = [node.replace(max_utilisation=share * node.max_utilisation) for node in drawn.nodes]
    rows = [one.replace(rate=share * one.rate) for one in drawn.applications]
    return drawn.replace(nodes=nodes, applications=rows, name="day")
