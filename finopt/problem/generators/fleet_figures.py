"""Measured and published figures behind :func:`finopt.generate_fleet`: devices, servers, radios, networks.

Where each comes from is written beside it; the raw rows are in ``instances/data`` of the repository.
"""

from __future__ import annotations

from typing import NamedTuple

from finopt.problem.model import Block, Configuration, Exit, Model

EFFECTIVE = 1e-3
"""Share of the peak that a node reaches, as in the scripts of the FIN authors (arXiv:2404.08060)."""


class Kind(NamedTuple):
    """A device or an accelerator card: effective compute [op/s], power [W], memory [byte]."""

    name: str
    compute: float
    power: float
    memory: float

    @property
    def energy_per_op(self) -> float:
        """Energy per operation [J/op]."""
        return self.power / self.compute


DEVICES = (
    Kind("Apple A14", 11e12 * EFFECTIVE, 6.0, 4e9),
    Kind("Jetson Nano", 0.472e12 * EFFECTIVE, 10.0, 4e9),
    Kind("Jetson TX2", 1.33e12 * EFFECTIVE, 15.0, 8e9),
    Kind("Jetson Xavier NX", 1.69e12 * EFFECTIVE, 20.0, 8e9),
)
"""Phones and boards, equally frequent. The first is the device of the FIN paper (its integer peak), the
others are dense fp16 peaks of ``devices.json``. Memory as sold."""

SERVERS = (
    Kind("NVIDIA T4", 65.13e12 * EFFECTIVE, 70.0, 16e9),
    Kind("NVIDIA L4", 125.34e12 * EFFECTIVE, 72.0, 24e9),
)
"""Cards of edge sites, equally frequent: dense fp16 peaks of ``devices.json``."""

CLOUD = Kind("NVIDIA A100 SXM4 40GB", 311.87e12 * EFFECTIVE, 400.0, 40e9)
"""Card of the clouds: dense fp16 peak of ``devices.json``."""


class Radio(NamedTuple):
    """Up and down: peak bandwidth [bit/s] and the device's energy [J/bit]; one-way delay [s]."""

    name: str
    bandwidth: tuple[float, float]
    energy: tuple[float, float]
    delay: float


RADIOS = (
    Radio("Wi-Fi", (1e8, 1e8), (283.17e-9, 137.01e-9), 1e-3),
    Radio("LTE", (5e7, 1.5e8), (438.39e-9, 51.97e-9), 5e-3),
)
"""Equally frequent. Energies: Huang et al., MobiSys 2012, as recalled in ``devices.json`` (marked R there).
Bandwidth: that of the FIN paper's device (Wi-Fi), LTE category 4. Delays are assumptions of usual size."""

EDGE_NJ, CLOUD_NJ = 37e-9, 12.6e-9
"""Energy per bit of an edge and of a cloud node's port [J/bit], from the FIN authors' scripts."""

SHARES = (0.5, 0.2, 0.3)
"""How frequent the networks of `networks` are among the applications: an assumption."""


def networks() -> tuple[Model, ...]:
    """B-AlexNet, B-LeNet and B-ResNet-110 of BranchyNet (arXiv:1709.01686) with measured configurations.

    Blocks and exits are counted from the authors' code: 1 MAC = 2 op, 8 bits per feature, 1 byte per
    parameter. Shares and accuracies are those of the authors' threshold sweeps, spread over their fronts; of
    B-ResNet-110 the only published setting, and ResNet-110 without early exits.
    """
    return _b_alexnet(), _b_lenet(), _b_resnet110()


def _b_alexnet() -> Model:
    return _network(
        "b-alexnet",
        24576,
        [(31129600, 131072, 53696), (7077888, 49152, 55392), (18284544, 1024, 433696)],
        [(3549184, 32842), (887296, 28970), (2560, 1290)],
        [
            ((1.0,), 0.7529),
            ((0.9676, 0.0324), 0.7593),
            ((0.8961, 0.1039), 0.7678),
            ((0.7654, 0.2346), 0.7804),
            ((0.7219, 0.1752, 0.1029), 0.7923),
            ((0.6342, 0.2364, 0.1294), 0.7954),
        ],
    )


def _b_lenet() -> Model:
    return _network(
        "b-lenet",
        6272,
        [(225000, 36000, 130), (2053460, 672, 66844)],
        [(215300, 6870), (1680, 850)],
        [
            ((1.0,), 0.9862),
            ((0.9962, 0.0038), 0.9873),
            ((0.9851, 0.0149), 0.9893),
            ((0.9735, 0.0265), 0.9911),
            ((0.9395, 0.0605), 0.9925),
        ],
    )


def _b_resnet110() -> Model:
    return _network(
        "b-resnet110",
        24576,
        [(777600, 115200, 480), (149299200, 115200, 84672), (314735616, 4608, 1646208)],
        [(96422400, 341386), (8582400, 148714), (11520, 5770)],
        [((0.415, 0.138, 0.447), 0.7917), ((0.0, 0.0, 1.0), 0.807)],
    )


def _network(
    name: str,
    input_bits: float,
    blocks: list[tuple[float, float, float]],
    exits: list[tuple[float, float]],
    configurations: list[tuple[tuple[float, ...], float]],
) -> Model:
    """A model with an exit behind every block; an exit at which nobody leaves is not enabled."""
    return Model(
        id=name,
        input_bits=input_bits,
        blocks=tuple(
            Block(id=f"block{i}", ops=ops, output_bits=bits, memory=memory)
            for i, (ops, bits, memory) in enumerate(blocks, 1)
        ),
        exits=tuple(
            Exit(id=f"exit{i}", after=f"block{i}", ops=ops, memory=memory)
            for i, (ops, memory) in enumerate(exits, 1)
        ),
        configurations=tuple(
            Configuration(
                exits=tuple(f"exit{i}" for i, share in enumerate(shares, 1) if share),
                shares=tuple(share for share in shares if share),
                accuracy=accuracy,
            )
            for shares, accuracy in configurations
        ),
    )
