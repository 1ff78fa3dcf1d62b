"""Seeded instances of many applications: devices around edge sites, scarce edge servers, clouds behind them.

Like in `finopt.problem.generators.random_instance` every figure is rounded when it is drawn, so that the
last bit of a machine's logarithm cannot change an instance. Applications are drawn as columns: there is no
object for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from finopt.problem.generators.fleet_draws import draw_fleet
from finopt.problem.instance import Instance
from finopt.problem.model import Model
from finopt.problem.options import OptionError


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
    drawn = draw_fleet(applications, devices, sites, clouds, models, scarcity, mean, seed, profiles)
    return drawn.instance()


def generate_fleet_partitions(
    applications: int = 1000,
    devices: int = 100,
    sites: int = 20,
    clouds: int = 3,
    *,
    partitions: int = 2,
    models: Sequence[Model] | None = None,
    scarcity: float = 0.4,
    mean: float = 0.2,
    seed: int = 0,
    profiles: bool = False,
) -> Iterator[Instance]:
    """Draw what :func:`generate_fleet` draws, as partitions, one after the other.

    Parameters
    ----------
    applications, devices, sites, clouds, models, scarcity, mean, seed, profiles
        As there.
    partitions : int
        How many, at least 1 and at most one per device. Each has the devices of neighbouring sites with their
        links and applications, about as many as the others, and all sites and clouds.

    Yields
    ------
    Instance
        A partition; devices, sites, clouds and applications are called as in the whole.

    Raises
    ------
    ValueError
        An argument out of its range, or no model.

    Notes
    -----
    Only one partition is there as objects at a time; the columns of the whole fleet take some 200 byte per
    application while they are drawn.

    Examples
    --------
    >>> import finopt
    >>> parts = list(finopt.generate_fleet_partitions(50, 6, 3, 1, partitions=2, seed=1))
    >>> [len(part.applications) for part in parts], [len(part.nodes) for part in parts]
    ([21, 29], [7, 7])
    """
    _check_partitions(partitions, devices)
    drawn = draw_fleet(applications, devices, sites, clouds, models, scarcity, mean, seed, profiles)
    load = np.bincount(drawn.source, minlength=devices)
    order = np.argsort(drawn.devices.site, kind="stable")
    middle = np.cumsum(load[order]) - load[order] / 2
    cuts = np.searchsorted(middle, np.arange(1, partitions) * (applications / partitions))
    for number, which in enumerate(np.split(order, cuts)):
        yield drawn.instance(np.sort(which), f" partition {number + 1} of {partitions}")


def _check_partitions(partitions: int, devices: int) -> None:
    if not isinstance(partitions, int) or not 1 <= partitions <= devices:
        raise OptionError(
            f"partitions must be a whole number from 1 to one per device, {devices}; got {partitions!r}"
        )
