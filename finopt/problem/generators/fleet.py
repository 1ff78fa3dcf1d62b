"""Seeded instances of many applications: devices around edge sites, scarce edge servers, clouds behind them.

Like in `finopt.problem.generators.random_instance` every figure is rounded when it is drawn, so that the
last bit of a machine's logarithm cannot change an instance. Applications are drawn as columns: there is no
object for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finopt.problem.application_table import ApplicationTable
from finopt.problem.generators.fleet_demand import (
    Array,
    Indices,
    Least,
    Mask,
    Requests,
    Wanted,
    input_bits,
    least,
    wanted,
)
from finopt.problem.generators.fleet_figures import CLOUD, DEVICES, EDGE_NJ, RADIOS, SERVERS, SHARES, networks
from finopt.problem.generators.fleet_network import Devices, Sites, Sizes, delay_of, links, nodes, rounded
from finopt.problem.generators.fleet_profiles import equal_sizes
from finopt.problem.generators.fleet_profiles import profiles as tables
from finopt.problem.instance import Instance
from finopt.problem.model import Model
from finopt.problem.options import OptionError

REGION = 2e6
"""Sites and clouds lie in a square of this side [m]."""

NEIGHBOURS, CLOUDS_PER_SITE = 2, 2
"""Nearest sites and clouds that a site has links to."""

BETWEEN_SITES = 0.25
"""Share of the devices with a link to the site next to theirs too."""

LEAST_SIGNAL = 0.3
"""The radio bandwidth of a device is between this share of the peak and the peak."""

LEAST_WIRE = 1e8
"""No wired link has less bandwidth [bit/s]."""

RATES = (1.0, 30.0)
"""Samples per second and application, log-uniform [1/s]: up to the frames of a video. All of them are raised
where the edge servers would be less than a card each."""

SLACK = (0.02, 2.0)
"""How much longer than all in the cloud an application may take, log-uniform share of it."""

URGENT = 0.1
"""Share of the applications that are asked for a limit which the cloud cannot meet."""

RESERVED = 0.5
"""They get it while together they need less than this share of their edge server."""

HEADROOM = 1.25
"""What clouds and the links to them carry, relative to what everything in the cloud takes of them."""

FULL = 0.9
"""The inputs of a device's applications take at most this share of its uplink."""


def generate_fleet(
    applications: int = 1000,
    devices: int = 100,
    sites: int = 20,
    clouds: int = 3,
    *,
    models: Sequence[Model] | None = None,
    scarcity: float = 0.4,
    mean: float = 0.2,
    seed: int = 0,
    profiles: bool = False,
) -> Instance:
    """Draw a feasible instance of many applications that compete for edge servers.

    Parameters
    ----------
    applications, devices, sites, clouds : int
        How many; an edge site is one node. Each application runs on a random device. The devices are spread
        over the sites unevenly: about half as many as at the largest are at the second, a third at the next.
    models : sequence of Model, optional
        Which networks the applications run, equally often. Default: B-AlexNet, B-LeNet and B-ResNet-110 with
        their measured configurations, for 50, 20 and 30 % of the applications.
    scarcity : float
        Compute and memory of all edge servers together, relative to what everybody would like of them: what
        the cheapest placements on device and own edge server take, without any limit. Above 0; realistic is
        0.25 to 0.6. One half of it is spread over the sites evenly, the other as they would like.
    mean : float
        Share of the applications whose limit is on the mean latency.
    seed : int
        Of the random generator, at least 0.
    profiles : bool
        Whether each kind of device and card is a class of devices on which every model has a measured table.
        Servers with the same card then have the same compute.

    Returns
    -------
    Instance
        Its applications are an :class:`~finopt.problem.application_table.ApplicationTable`. It is feasible by
        construction: clouds, their links and the uplinks carry everything that runs in the nearest cloud
        of its site, and the applications that the cloud is too slow for fit into their own edge servers.

    Raises
    ------
    ValueError
        An argument out of its range, or no model.

    Notes
    -----
    Nodes are phones and boards, T4 or L4 cards at the edge, A100 cards in the clouds, each with its effective
    compute and power. An edge server is as many cards, in parts, as ``scarcity`` asks for; they run a block
    together. Links are Wi-Fi or LTE up and down, fibre between a site, its two nearest
    sites and its two nearest clouds. :mod:`finopt.problem.generators.fleet_figures` says where the figures
    come from. Rates, the share of urgent applications and how far limits are from the fastest placement are
    assumptions.

    Work and memory grow with applications * configurations * blocks and with the devices.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.generate_fleet(applications=50, devices=6, sites=3, clouds=1, seed=1)
    >>> len(instance.nodes), len(instance.applications)
    (10, 50)
    >>> edge = [node for node in instance.nodes if node.tier == "edge"]
    >>> all(node.memory is not None for node in edge)
    True
    """
    _check(applications, devices, sites, clouds, scarcity, mean, seed)
    given = networks() if models is None else tuple(models)
    if not given:
        raise OptionError("models must name at least one model")
    shares = np.array(SHARES if models is None else [1 / len(given)] * len(given))
    options = f"scarcity={scarcity!r}, mean={mean!r}, seed={seed!r}{'' if models is None else ', models=...'}"
    rng = np.random.default_rng(seed)
    drawn_sites = _draw_sites(rng, sites, clouds)
    drawn = _draw_devices(rng, devices, drawn_sites)
    source = rng.integers(devices, size=applications)
    requests = _draw_requests(rng, applications, given, shares, mean)
    bits, need = input_bits(given, requests), least(given, requests)
    like = _liked(given, requests, source, drawn, drawn_sites)
    rate = _draw_rates(rng, source, bits, scarcity * like.ops, drawn, drawn_sites)
    sizes = _sizes(bits, rate, source, like, need, drawn, drawn_sites, scarcity)
    if profiles:
        sizes = equal_sizes(sizes, drawn_sites)
        options += ", profiles=True"
    limits = _draw_limits(rng, bits, rate, source, need, drawn, drawn_sites, sizes)
    return Instance(
        name=f"fleet-{applications}x{devices}-seed{seed}",
        description=f"finopt.generate_fleet({applications}, {devices}, {sites}, {clouds}, {options})",
        source="figures of finopt.problem.generators.fleet_figures; random topology, rates and limits",
        nodes=tuple(nodes(drawn, drawn_sites, sizes, profiles)),
        links=tuple(links(drawn, drawn_sites, sizes)),
        models=given,
        profiles=tuple(tables(rng, given, drawn, drawn_sites, sizes)) if profiles else (),
        applications=ApplicationTable(
            ids=None,
            model_ids=tuple(model.id for model in given),
            model=requests.model.astype(np.int32),
            source_ids=tuple(f"device{i + 1}" for i in range(devices)),
            source=source.astype(np.int32),
            rate=rate,
            max_latency=limits,
            min_accuracy=requests.min_accuracy,
            mean=requests.mean,
            pins={},
        ),
    )


def _check(
    applications: int, devices: int, sites: int, clouds: int, scarcity: float, mean: float, seed: int
) -> None:
    for name, value, lowest in (
        ("applications", applications, 1),
        ("devices", devices, 1),
        ("sites", sites, 1),
        ("clouds", clouds, 1),
        ("seed", seed, 0),
    ):
        if not isinstance(value, int) or value < lowest:
            raise OptionError(f"{name} must be a whole number of at least {lowest}, got {value!r}")
    if not 0 < scarcity < np.inf:
        raise OptionError(f"scarcity must be above 0 and finite, got {scarcity!r}")
    if not 0 <= mean <= 1:
        raise OptionError(f"mean must be from 0 to 1, got {mean!r}")


# ---------------------------------------------------------------- what is drawn


def _draw_sites(rng: np.random.Generator, sites: int, clouds: int) -> Sites:
    site = rng.random((sites, 2)) * REGION
    cloud = rng.random((clouds, 2)) * REGION
    return Sites(
        clouds,
        rng.integers(len(SERVERS), size=sites),
        *_nearest(site, site, NEIGHBOURS + 1, skip=1),
        *_nearest(site, cloud, CLOUDS_PER_SITE),
    )


def _nearest(places: Array, others: Array, count: int, skip: int = 0) -> tuple[Indices, Array]:
    """The nearest others of each place and their distances, shape (places, count) or fewer."""
    distance = np.hypot(*(places[:, None, axis] - others[None, :, axis] for axis in (0, 1)))
    order = np.argsort(distance, axis=1, kind="stable")[:, skip:count]
    return order, np.take_along_axis(distance, order, axis=1)


def _draw_devices(rng: np.random.Generator, count: int, sites: Sites) -> Devices:
    weight = 1 / (1 + rng.permutation(len(sites.card)))
    site = rng.choice(len(sites.card), size=count, p=weight / weight.sum())
    radio = rng.integers(len(RADIOS), size=count)
    signal = _log_uniform(rng, (LEAST_SIGNAL, 1.0), count)
    up, down = np.array([one.bandwidth for one in RADIOS])[radio].T
    between = rng.random(count) < BETWEEN_SITES
    nearest = sites.sites[site, 0] if sites.sites.shape[1] else np.full(count, -1)
    return Devices(
        rng.integers(len(DEVICES), size=count),
        radio,
        rounded(up * signal),
        rounded(down * signal),
        site,
        np.where(between, nearest, -1),
    )


def _draw_requests(
    rng: np.random.Generator, count: int, models: Sequence[Model], shares: Array, mean: float
) -> Requests:
    """An accuracy target is what one of the model's configurations reaches, to two digits."""
    model = rng.choice(len(models), size=count, p=shares)
    each = np.array([len(one.configurations) for one in models])
    accuracy = np.array([int(100 * c.accuracy) / 100 for one in models for c in one.configurations])
    first = np.cumsum(each) - each
    target = accuracy[first[model] + (rng.random(count) * each[model]).astype(np.intp)]
    return Requests(model, target, rng.random(count) < mean)


def _draw_rates(
    rng: np.random.Generator, source: Indices, bits: Array, edge_ops: Array, devices: Devices, sites: Sites
) -> Array:
    """Rates that keep a card per site busy, smaller on devices whose uplink could not carry all inputs."""
    rate = _log_uniform(rng, RATES, len(source))
    cards = np.array([card.compute for card in SERVERS])[sites.card].sum()
    rate *= max(1.0, cards / max(float((rate * edge_ops).sum()), 1e-9 * cards))
    load = _sums(source, rate * bits, len(devices.up))
    return rounded(rate * np.minimum(1.0, FULL * devices.up / np.maximum(load, 1e-9))[source])


def _draw_limits(
    rng: np.random.Generator,
    bits: Array,
    rate: Array,
    source: Indices,
    need: Least,
    devices: Devices,
    sites: Sites,
    sizes: Sizes,
) -> Array:
    """Latency limits: of the urgent between all at the edge and all in the cloud, of the others beyond."""
    site = devices.site[source]
    delay = np.array([radio.delay for radio in RADIOS])[devices.radio[source]]
    uplink = bits / devices.up[source] + delay
    edge = uplink + need.latency_ops / sizes.edge[site]
    cloud = uplink + bits / sizes.backhaul[site] + delay_of(sites.cloud_distance[site, 0])
    cloud += need.latency_ops / sizes.cloud[sites.clouds[site, 0]]
    asked = (rng.random(len(site)) < URGENT) & (edge < cloud)
    urgent = _first_that_fit(asked, site, need.ops * rate, RESERVED * sizes.edge)
    urgent &= _first_that_fit(asked, site, need.memory, RESERVED * sizes.memory)
    limit = cloud * (1 + _log_uniform(rng, SLACK, len(site)))
    return rounded(np.where(urgent, edge + (cloud - edge) * rng.random(len(site)), limit), 6, up=True)


def _first_that_fit(asked: Mask, group: Indices, amount: Array, room: Array) -> Mask:
    """Those asked for, as long as they and those before them fit into the room of their group."""
    order = np.flatnonzero(asked)[np.argsort(group[asked], kind="stable")]
    total = np.cumsum(amount[order])
    starts = np.searchsorted(group[order], np.arange(len(room)))
    before = np.concatenate([[0.0], total])[starts]
    fits = np.zeros(len(asked), dtype=np.bool_)
    fits[order] = total - before[group[order]] <= room[group[order]]
    return fits


# ---------------------------------------------------------------- what follows from it


def _sizes(
    input_bits: Array,
    rate: Array,
    source: Indices,
    like: Wanted,
    need: Least,
    devices: Devices,
    sites: Sites,
    scarcity: float,
) -> Sizes:
    site = devices.site[source]
    count = len(sites.card)
    ops, bits, memory = (_sums(site, one, count) for one in (like.ops * rate, like.bits * rate, like.memory))
    inputs = _sums(site, input_bits * rate, count)
    everything = _sums(sites.clouds[site, 0], need.ops * rate, sites.all_clouds)
    return Sizes(
        rounded(_spread(ops, scarcity, SERVERS[0].compute)),
        rounded(_spread(memory, scarcity, SERVERS[0].memory)),
        np.maximum(1, np.ceil(HEADROOM * everything / CLOUD.compute)) * CLOUD.compute,
        rounded(np.maximum(LEAST_WIRE, HEADROOM * inputs)),
        rounded(np.maximum(LEAST_WIRE, _spread(bits, scarcity, LEAST_WIRE))),
    )


def _sums(group: Indices, amount: Array, count: int) -> Array:
    """The amounts summed up by group."""
    sums: Array = np.bincount(group, amount, count).astype(np.float64)
    return sums


def _liked(
    models: Sequence[Model], requests: Requests, source: Indices, devices: Devices, sites: Sites
) -> Wanted:
    device = np.array([kind.energy_per_op for kind in DEVICES])[devices.kind]
    uplink = np.array([radio.energy[0] for radio in RADIOS])[devices.radio] + EDGE_NJ
    edge = np.array([card.energy_per_op for card in SERVERS])[sites.card][devices.site]
    return wanted(models, requests, device[source], uplink[source], edge[source])


def _spread(liked: Array, scarcity: float, default: float) -> Array:
    """A share of what is liked, half of it evenly, half as liked; the default where nobody likes anything."""
    if not liked.any():
        return np.full(len(liked), default)
    spread: Array = scarcity * (liked.mean() + liked) / 2
    return spread


def _log_uniform(rng: np.random.Generator, between: tuple[float, float], count: int) -> Array:
    low, high = between
    return rounded(low * (high / low) ** rng.random(count))
