"""The device, edge, cloud scenario of the FIN paper: its networks, their ranges, and users that share it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import finopt
from finopt.problem.instance import Application, Instance
from finopt.problem.network import Link, Node

INSTANCES = Path(__file__).resolve().parents[2] / "instances"

PERCENT = tuple(range(10, 90, 5))
"""Accuracy targets of the papers' figures."""

MILLISECONDS = tuple(range(3, 16))
"""Latency limits of the papers' figures."""

MICROSECONDS = tuple(range(16, 42, 2))
"""Latency limits for LeNet, which needs 23 microseconds on the device alone."""


@dataclass(frozen=True)
class Network:
    """One early-exit network on one data set, with the ranges of its sweeps.

    ``target`` is the accuracy while the limit varies, ``limit`` [s] the latency while the target does.
    """

    key: str
    name: str
    target: float
    limit: float
    limits: tuple[float, ...]
    targets: tuple[float, ...] = tuple(percent / 100 for percent in PERCENT)

    @property
    def instance(self) -> Instance:
        """The shipped instance."""
        return _load(self.key)

    def at(self, limit: float, target: float) -> Instance:
        """The scenario with this latency limit [s] and accuracy target."""
        return limited(self.instance, limit, target)

    def points(self) -> Iterator[tuple[str, float, float]]:
        """Both sweeps: the name of what varies, latency limit and accuracy target."""
        for limit in self.limits:
            yield "latency", limit, self.target
        for target in self.targets:
            yield "accuracy", self.limit, target


def limited(instance: Instance, limit: float, target: float) -> Instance:
    """An instance of one application with this latency limit [s] and accuracy target."""
    change = {"max_latency": limit, "min_accuracy": target}
    return instance.model_copy(update={"applications": (instance.applications[0].model_copy(update=change),)})


@cache
def _load(key: str) -> Instance:
    instance = finopt.load(INSTANCES / f"paper/{key}.json")
    assert isinstance(instance, Instance)
    return instance


LIMITS = tuple(ms / 1000 for ms in MILLISECONDS)
LENET = tuple(us / 1e6 for us in MICROSECONDS)

NETWORKS = (
    Network("b-alexnet-cifar10", "B-AlexNet, CIFAR-10", 0.80, 5e-3, LIMITS),
    Network("b-alexnet-cifar100", "B-AlexNet, CIFAR-100", 0.60, 5e-3, LIMITS),
    Network("b-resnet110-cifar10", "B-ResNet, CIFAR-10", 0.80, 5e-3, LIMITS),
    Network("b-resnet110-cifar100", "B-ResNet, CIFAR-100", 0.60, 5e-3, LIMITS),
    Network("b-lenet-mnist", "B-LeNet, MNIST", 0.95, 1e-4, LENET),
)
"""CIFAR-100 with a target that one of its exits reaches; the papers' 80 % is out of reach for it."""


# ---------------------------------------------------------------- several users

KINDS = (
    # network, limit and target of the authors' scripts for several users
    ("alexnet", "b-alexnet-cifar10", 5e-3, 0.5),
    ("resnet", "b-resnet110-cifar10", 5e-3, 0.5),
    ("lenet", "b-lenet-mnist", 1e-4, 0.95),
)

EFFECTIVE = 1e-3
"""Share of the peak that the nodes of the single-user scenario have."""


@cache
def allotted() -> dict[str, float]:
    """Share of the peak of edge and cloud that all users of a network have together."""
    figures = json.loads((INSTANCES / "data/paper/params.json").read_text(encoding="utf-8"))
    shares: dict[str, float] = figures["resource_share_in_multi_app_code"]
    return shares


def sliced(users: int) -> Instance:
    """So many users of each network; each has its slice of what edge and cloud allot to that network.

    A slice has the share / users of the node's compute and, as in the authors' scripts, its whole power for
    as long as it computes.
    """
    nodes, links, applications = [], [], []
    for kind, key, limit, target in KINDS:
        for user in range(users):
            base, suffix = _load(key), f"-{kind}{user}"
            part = allotted()[kind] / EFFECTIVE / users
            nodes += [_renamed(node, suffix, part) for node in base.nodes]
            links += [_moved(link, suffix, suffix) for link in base.links]
            applications.append(_user(base, f"{kind}{user}", f"device{suffix}", limit, target, 1.0))
    models = tuple(_load(key).models[0] for _, key, _, _ in KINDS)
    return Instance(
        name=f"paper/users-{users}", nodes=nodes, links=links, models=models, applications=applications
    )


def shared(users: int, rate: float) -> Instance:
    """So many users of B-AlexNet (5 ms, 0.80) who share one edge server and one cloud, with capacities."""
    base = _load(KINDS[0][1])
    device, *others = base.nodes
    nodes, links, applications = list(others), [], []
    for user in range(users):
        suffix = f"-{user}"
        nodes.append(device.model_copy(update={"id": f"device{suffix}"}))
        links += [_moved(link, suffix, "") for link in base.links if link.source == "device"]
        applications.append(_user(base, f"user{user}", f"device{suffix}", 5e-3, 0.8, rate))
    links += [link for link in base.links if link.source != "device"]
    name = f"paper/shared-{users}"
    return Instance(name=name, nodes=nodes, links=links, models=base.models, applications=applications)


def _renamed(node: Node, suffix: str, part: float) -> Node:
    own = node.id == "device"
    change = {"id": node.id + suffix, "compute": node.compute * (1 if own else part)}
    return node.model_copy(update=change)


def _moved(link: Link, source: str, target: str) -> Link:
    return link.model_copy(update={"source": link.source + source, "target": link.target + target})


def _user(base: Instance, name: str, device: str, limit: float, target: float, rate: float) -> Application:
    model = base.models[0]
    return Application(
        id=name,
        model=model.id,
        source=device,
        rate=rate,
        max_latency=limit,
        min_accuracy=target,
        pinned={model.blocks[0].id: device},
    )


# ---------------------------------------------------------------- slices as decisions

SCRIPTS, FIGURES = "scripts", "figures"

LIMITS_OF = {
    SCRIPTS: {kind: (limit, target) for kind, _, limit, target in KINDS},
    FIGURES: {"alexnet": (5e-3, 0.8), "resnet": (5e-3, 0.8), "lenet": (2e-5, 0.95)},
}
"""Latency limit [s] and accuracy target of each network: those of the scripts for several users, and those of
the figures for one, within which B-AlexNet and B-LeNet cannot stay on the device."""

SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Slices of edge and cloud, beside the equal parts."""


BY_NETWORK, BY_USER = "network", "user"


def equal_parts(users: int, split: str) -> dict[str, float]:
    """The share of edge and cloud that a user of each network has where shares are equal and fixed.

    By network each network keeps what the scripts allot to it and splits that among its users; by user all
    users of all networks have the same.
    """
    if split == BY_USER:
        return {kind: 1 / (len(KINDS) * users) for kind, _, _, _ in KINDS}
    total = sum(allotted().values())
    return {kind: share / total / users for kind, share in allotted().items()}


def decided(users: int, limits: str) -> Instance:
    """So many users of each network on one edge server and one cloud, whose slices are decisions.

    Both have what is allotted to all networks together. The equal parts are among the slices: what is
    decided is never worse than they are.
    """
    equal = (part for split in (BY_NETWORK, BY_USER) for part in equal_parts(users, split).values())
    slices = tuple(sorted({*SHARES, *equal}))
    base = _load(KINDS[0][1])
    servers = [_part(node, "", 1.0).replace(slices=slices) for node in base.nodes[1:]]
    uplinks = [link for link in base.links if link.source != "device"]
    return _of_users(users, limits, servers, uplinks)


def equally(users: int, limits: str, split: str) -> Instance:
    """The same users, each with an edge server and a cloud of its own that are its equal parts."""
    parts, nodes, links = equal_parts(users, split), [], []
    for kind, key, _, _ in KINDS:
        for user in range(users):
            base, suffix = _load(key), f"-{kind}{user}"
            nodes += [_part(node, suffix, parts[kind]) for node in base.nodes[1:]]
            links += [_moved(link, suffix, suffix) for link in base.links if link.source != "device"]
    return _of_users(users, limits, nodes, links, own=True)


def _of_users(
    users: int, limits: str, servers: list[Node], uplinks: list[Link], own: bool = False
) -> Instance:
    """Devices and applications beside these servers, shared or each user's own."""
    nodes, links, applications = list(servers), list(uplinks), []
    for kind, key, _, _ in KINDS:
        for user in range(users):
            base, suffix = _load(key), f"-{kind}{user}"
            nodes.append(base.nodes[0].replace(id=f"device{suffix}"))
            up = (link for link in base.links if link.source == "device")
            links += [_moved(link, suffix, suffix if own else "") for link in up]
            applications.append(
                _user(base, f"{kind}{user}", f"device{suffix}", *LIMITS_OF[limits][kind], 1.0)
            )
    models = tuple(_load(key).models[0] for _, key, _, _ in KINDS)
    name = f"paper/{'equal' if own else 'decided'}-{limits}-{users}"
    return Instance(name=name, nodes=nodes, links=links, models=models, applications=applications)


def _part(node: Node, suffix: str, share: float) -> Node:
    """A share of what a server allots to all networks; an operation takes as much energy as on the whole."""
    part = share * sum(allotted().values()) / EFFECTIVE
    return node.replace(id=node.id + suffix, compute=node.compute * part, power=node.power * part)
