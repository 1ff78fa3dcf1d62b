"""What is drawn of a fleet, as columns, and the instances of all or some of its devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from finopt.problem.application_table import ApplicationTable
from finopt.problem.columns import default_name
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
from finopt.problem.profile import Profile

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


class Drawn(NamedTuple):
    """All that is drawn of a fleet, as columns."""

    name: str
    description: str
    models: tuple[Model, ...]
    profiles: tuple[Profile, ...]
    sites: Sites
    devices: Devices
    sizes: Sizes
    source: Indices
    requests: Requests
    rate: Array
    limits: Array

    def instance(self, which: Indices | None = None, suffix: str = "") -> Instance:
        """The fleet, or some of its devices with their applications."""
        chosen = np.arange(len(self.devices.kind)) if which is None else which
        place = np.full(len(self.devices.kind), -1)
        place[chosen] = np.arange(len(chosen))
        rows = np.flatnonzero(place[self.source] >= 0)
        every = tuple(nodes(self.devices, self.sites, self.sizes, bool(self.profiles), chosen))
        classes = {node.device for node in every}
        return Instance(
            name=f"{self.name}{suffix}",
            description=self.description,
            source="figures of finopt.problem.generators.fleet_figures; random topology, rates and limits",
            nodes=every,
            links=tuple(links(self.devices, self.sites, self.sizes, chosen)),
            models=self.models,
            profiles=tuple(profile for profile in self.profiles if profile.device in classes),
            applications=ApplicationTable(
                ids=None if which is None else list(map(default_name, rows.tolist())),
                model_ids=tuple(model.id for model in self.models),
                model=self.requests.model[rows].astype(np.int32),
                source_ids=tuple(f"device{i + 1}" for i in chosen.tolist()),
                source=place[self.source[rows]].astype(np.int32),
                rate=self.rate[rows],
                max_latency=self.limits[rows],
                min_accuracy=self.requests.min_accuracy[rows],
                mean=self.requests.mean[rows],
                pins={},
            ),
        )


def draw_fleet(
    applications: int,
    devices: int,
    sites: int,
    clouds: int,
    models: Sequence[Model] | None,
    scarcity: float,
    mean: float,
    seed: int,
    profiles: bool,
) -> Drawn:
    """Draw a fleet; the arguments are those of `finopt.generate_fleet`."""
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
    return Drawn(
        name=f"fleet-{applications}x{devices}-seed{seed}",
        description=f"finopt.generate_fleet({applications}, {devices}, {sites}, {clouds}, {options})",
        models=given,
        profiles=tuple(tables(rng, given, drawn, drawn_sites, sizes)) if profiles else (),
        sites=drawn_sites,
        devices=drawn,
        sizes=sizes,
        source=source,
        requests=requests,
        rate=rate,
        limits=limits,
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
