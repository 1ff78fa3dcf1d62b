"""Seeded random instances: a network of three tiers, an early-exit model, applications with limits that bind.

Every figure is rounded to a few significant digits when it is drawn, so that the last bit of a machine's
logarithm or power cannot change an instance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from typing import TYPE_CHECKING, Any, Literal, get_args

from finopt.problem.instance import Application, Instance
from finopt.problem.model import Block, Configuration, Exit, Model
from finopt.problem.network import Link, Node
from finopt.problem.options import OptionError

if TYPE_CHECKING:  # numpy is imported where it is used: `import finopt` has to stay quick
    import numpy as np

Topology = Literal["sparse", "mesh"]
Latency = Literal["worst", "mean"]
Tier = Literal["mobile", "edge", "cloud"]
Range = tuple[float, float]

_TIERS: dict[Tier, tuple[Range, Range]] = {
    "mobile": ((4e9, 2e10), (2.0, 8.0)),
    "edge": ((2e10, 1.5e11), (15.0, 140.0)),
    "cloud": ((1.5e11, 3e11), (150.0, 400.0)),
}
"""Effective compute [op/s] and power [W] by tier: phones and boards, accelerator cards, servers."""

_RADIO: tuple[Range, Range, Range] = ((2e7, 1e9), (2e-8, 4e-7), (5e-4, 5e-3))
_WIRED: tuple[Range, Range, Range] = ((1e9, 1e10), (1e-9, 6e-8), (5e-5, 5e-3))
"""Bandwidth [bit/s], energy [J/bit] and delay [s] of links with and without a mobile end."""

_TOTAL_OPS: Range = (2e8, 3e9)
_INPUT_BITS: Range = (2e4, 1.2e6)
_CLASSES_BITS = 800.0
_MOST_BITS = 1e7
"""All stages together: less than any bandwidth, so that one application at rate 1 overloads no link."""

_MOST_EXITS = 8


def generate(
    nodes: int = 10,
    blocks: int = 5,
    *,
    applications: int = 1,
    configurations: int = 3,
    topology: Topology = "sparse",
    seed: int = 0,
    tightness: float = 0.5,
    latency: Latency = "worst",
    pins: int = 0,
    devices: int | None = None,
    private: bool = True,
    profiles: bool = False,
    slices: bool = False,
) -> Instance:
    """Draw a random instance; the same arguments give the same instance on any machine.

    Parameters
    ----------
    nodes : int
        Number of nodes, mobile devices included. About a quarter of the others are clouds, the rest edge.
    blocks : int
        Number of blocks of the model, which all applications share.
    applications : int
        Number of applications; they take the mobile devices in turn as their source. Rate 1/s each.
    configurations : int
        Number of configurations. Accuracy grows from one to the next, and none ends before its predecessor;
        which of the exits before its last one a configuration enables is random.
    topology : {"sparse", "mesh"}
        ``sparse``: edge and cloud nodes form a random tree with half as many extra links as nodes, every
        device is attached to one or two of them, all links are bidirectional and routes take several hops.
        ``mesh``: one link with figures of its own for each ordered pair of nodes.
    seed : int
        Of the random generator, at least 0.
    tightness : float
        Where each latency limit lies between the least latency that an application can reach (0) and the
        latency of its energy-minimal placement (1: the limit does not bind); larger is looser. A negative
        tightness -x sets the limit the fraction x below the least latency: infeasible.
    latency : {"worst", "mean"}
        Which latency the limits are on.
    pins : int
        Number of pinned blocks per application: the first block on its source, then random blocks on random
        nodes that the application may use.
    devices : int, optional
        Number of mobile devices. Default: one per application, at most half of the nodes.
    private : bool
        Whether devices serve only the applications whose source they are.
    profiles : bool
        Whether nodes get classes of devices and the model a measured table on each of them, which no
        operations and compute explain; some blocks cannot run on some classes, some entries have no energy,
        some nodes no class. Everything else but the limits is drawn as without.
    slices : bool
        Whether visits of shared nodes reserve slices, between a tenth and all of the node. Everything else
        is drawn as without, limits too: one application alone can reserve the whole of each node.

    Returns
    -------
    Instance
        Limits are set for each application on its own. Capacities are ample for one application, so they
        never bind; with many applications they may.

    Raises
    ------
    ValueError
        An argument out of its range.

    Notes
    -----
    Work grows with applications * configurations * blocks * links.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.generate(nodes=6, blocks=4, seed=1)
    >>> [node.id for node in instance.nodes]
    ['device1', 'edge1', 'edge2', 'edge3', 'edge4', 'cloud1']
    >>> instance == finopt.generate(nodes=6, blocks=4, seed=1)
    True
    >>> tight = finopt.generate(nodes=6, blocks=4, seed=1, tightness=0).applications[0]
    >>> tight.max_latency < instance.applications[0].max_latency
    True
    """
    import numpy as np

    call = {name: value for name, value in locals().items() if name != "np"}
    for name in ("profiles", "slices"):
        if not call[name]:
            del call[name]
    _check(call)
    call["tightness"] = float(tightness)
    rng = np.random.default_rng(seed)
    if devices is None:
        devices = max(1, min(applications, nodes // 2))
    drawn = tuple(_nodes(rng, nodes, devices, private))
    links = tuple((_sparse if topology == "sparse" else _mesh)(rng, drawn))
    model = _model(rng, blocks, configurations)
    instance = Instance(
        name=f"generated-{topology}-{nodes}x{blocks}-seed{seed}{'-profiles' * profiles}{'-slices' * slices}",
        description=f"finopt.generate({', '.join(f'{name}={value!r}' for name, value in call.items())})",
        source="random figures in realistic ranges",
        nodes=drawn,
        links=links,
        models=(model,),
        applications=tuple(_application(rng, i, drawn, model, latency, pins) for i in range(applications)),
    )
    if profiles:
        from finopt.problem.generators.random_profiles import with_profiles

        instance = with_profiles(instance, seed)
    if slices:
        from finopt.problem.generators.random_slices import with_slices

        instance = with_slices(instance, seed)
    return _with_limits(instance, tightness)


def _check(call: Mapping[str, Any]) -> None:
    for name, least in {
        "nodes": 1, "blocks": 1, "applications": 1, "configurations": 1, "seed": 0, "pins": 0, "devices": 1
    }.items():  # fmt: skip
        value = call[name]
        if name == "devices" and value is None:
            continue
        if not isinstance(value, int) or value < least:
            raise OptionError(f"{name} must be a whole number of at least {least}, got {value!r}")
    for name, choice in {"topology": Topology, "latency": Latency}.items():
        if call[name] not in get_args(choice):
            raise OptionError(f"{name} must be one of {', '.join(get_args(choice))}, got {call[name]!r}")
    if not -1 < call["tightness"] <= 1:
        raise OptionError(f"tightness must be above -1 and at most 1, got {call['tightness']!r}")
    if call["pins"] > call["blocks"]:
        raise OptionError(f"pins must be at most the number of blocks {call['blocks']}, got {call['pins']}")
    most = call["nodes"] - (call["topology"] == "sparse" and call["nodes"] > 1)
    if call["devices"] is not None and call["devices"] > most:
        rule = f"at most {most} of {call['nodes']} nodes in a {call['topology']} network"
        raise OptionError(f"devices must be {rule}, got {call['devices']}")


def _draw(rng: np.random.Generator, between: Range) -> float:
    """A figure that is log-uniform between two others, with four significant digits."""
    low, high = between
    return float(f"{low * (high / low) ** rng.random():.4g}")


def _nodes(rng: np.random.Generator, count: int, devices: int, private: bool) -> Iterator[Node]:
    shared = count - devices
    clouds = max(1, shared // 4) if shared > 1 else 0
    counts: dict[Tier, int] = {"mobile": devices, "edge": shared - clouds, "cloud": clouds}
    for tier, number in counts.items():
        name = "device" if tier == "mobile" else tier
        for i in range(number):
            yield Node(
                id=f"{name}{i + 1}",
                tier=tier,
                compute=_draw(rng, _TIERS[tier][0]),
                power=_draw(rng, _TIERS[tier][1]),
                shared=tier != "mobile" or not private,
            )


def _link(rng: np.random.Generator, a: Node, b: Node, bidirectional: bool) -> Link:
    bandwidth, energy, delay = _RADIO if "mobile" in (a.tier, b.tier) else _WIRED
    return Link(
        source=a.id,
        target=b.id,
        bandwidth=_draw(rng, bandwidth),
        energy=_draw(rng, energy),
        delay=_draw(rng, delay),
        bidirectional=bidirectional,
    )


def _mesh(rng: np.random.Generator, nodes: Sequence[Node]) -> Iterator[Link]:
    for a in nodes:
        for b in nodes:
            if a is not b:
                yield _link(rng, a, b, bidirectional=False)


def _sparse(rng: np.random.Generator, nodes: Sequence[Node]) -> Iterator[Link]:
    fixed = [node for node in nodes if node.tier != "mobile"]
    pairs = {(int(rng.integers(i)), i) for i in range(1, len(fixed))}
    for _ in range(len(fixed) // 2):
        a, b = sorted(int(rng.integers(len(fixed))) for _ in range(2))
        if a != b:
            pairs.add((a, b))
    for a, b in sorted(pairs):
        yield _link(rng, fixed[a], fixed[b], bidirectional=True)
    for device in (node for node in nodes if node.tier == "mobile"):
        if fixed:
            for i in {int(rng.integers(len(fixed))) for _ in range(2)}:
                yield _link(rng, device, fixed[i], bidirectional=True)


def _model(rng: np.random.Generator, blocks: int, configurations: int) -> Model:
    bits = _stage_bits(rng, blocks)
    total = _draw(rng, _TOTAL_OPS)
    weights = [0.2 + rng.random() for _ in range(blocks)]
    exits = min(blocks, configurations, _MOST_EXITS)
    return Model(
        id="model1",
        input_bits=bits[0],
        blocks=tuple(
            Block(id=f"block{i + 1}", ops=float(f"{total * w / sum(weights):.4g}"), output_bits=bits[i + 1])
            for i, w in enumerate(weights)
        ),
        exits=tuple(
            Exit(id=f"exit{k + 1}", after=f"block{(k + 1) * blocks // exits}", ops=total // 100)
            for k in range(exits)
        ),
        configurations=tuple(_configuration(rng, k, configurations, exits) for k in range(configurations)),
    )


def _stage_bits(rng: np.random.Generator, blocks: int) -> list[float]:
    """K_0 .. K_L: features swell in the first block and shrink to one byte per class."""
    bits = [_draw(rng, _INPUT_BITS)]
    largest = 4 * bits[0]
    for i in range(1, blocks):
        bits.append(largest * (_CLASSES_BITS / largest) ** (i / blocks) * (0.6 + rng.random()))
    bits.append(_CLASSES_BITS)
    scale = min(1.0, _MOST_BITS / sum(bits))
    return [float(8 * max(1, int(scale * b / 8))) for b in bits]


def _configuration(rng: np.random.Generator, k: int, count: int, exits: int) -> Configuration:
    """The k-th: more accurate than the ones before, with fewer samples that leave early."""
    last = k * exits // count
    enabled = [i for i in range(last) if rng.random() < 0.6]
    depth = (k + rng.random()) / count
    shares, left = [], 1.0
    for _ in enabled:
        shares.append(round((0.55 - 0.4 * depth) * left, 4))
        left -= shares[-1]
    return Configuration(
        exits=tuple(f"exit{i + 1}" for i in (*enabled, last)),
        shares=(*shares, round(left, 4)),
        accuracy=round(0.5 + 0.45 * depth, 4),
    )


def _application(
    rng: np.random.Generator, number: int, nodes: Sequence[Node], model: Model, latency: Latency, pins: int
) -> Application:
    """An application whose limit is still to be set."""
    sources = [node for node in nodes if node.tier == "mobile"]
    source = sources[number % len(sources)]
    usable = [node for node in nodes if node.shared or node is source]
    pinned = {model.blocks[0].id: source.id} if pins else {}
    for i in sorted(rng.permutation(len(model.blocks) - 1)[: max(0, pins - 1)].tolist()):
        pinned[model.blocks[i + 1].id] = usable[int(rng.integers(len(usable)))].id
    lowest = model.configurations[int(rng.integers((len(model.configurations) + 1) // 2))]
    return Application(
        id=f"app{number + 1}",
        model=model.id,
        source=source.id,
        max_latency=1.0,
        min_accuracy=int(100 * lowest.accuracy) / 100,
        latency=latency,
        pinned=pinned,
    )


def _with_limits(instance: Instance, tightness: float) -> Instance:
    from finopt.problem.generators.latency_range import latency_range

    known: dict[object, float] = {}
    applications = []
    for application in instance.applications:
        alike = (application.source, application.min_accuracy, *application.pinned.items())
        if alike not in known:
            known[alike] = _limit(*latency_range(instance, application), tightness)
        applications.append(application.model_copy(update={"max_latency": known[alike]}))
    return instance.model_copy(update={"applications": tuple(applications)})


def _limit(least: float, loosest: float, tightness: float) -> float:
    """Between two latencies, or below the least; rounded so that it stays on its side of feasibility."""
    if tightness < 0:
        return float(Context(6, ROUND_FLOOR).create_decimal_from_float(least * (1 + tightness)))
    return float(Context(6, ROUND_CEILING).create_decimal_from_float(least + tightness * (loosest - least)))
