"""How much time every step in a region takes from the slack, what is left beyond the least latency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from finopt.heuristics.joint.groups import Group
from finopt.heuristics.joint.value_table_kernels import most_slack, shorten
from finopt.problem.array_types import Floats
from finopt.problem.arrays import Demand, Network
from finopt.problem.coefficients import ALL_STAGES, sending_seconds
from finopt.problem.tolerances import SHORTEST_SLACK


@dataclass(frozen=True, eq=False)
class Timing:
    """Latencies in a region beyond the least that is needed anyway; they do not depend on prices.

    With ``least[i, v]`` the least latency to finish from stage i on node v, a step of t seconds takes
    ``t + least[there] - least[here]`` >= 0 from the slack. These sums telescope, steps on the fastest path
    take nothing, and levels only have to measure the slack.

    Attributes
    ----------
    least : ndarray, shape (F + 2, n)
    compute : ndarray, shape (F + 1, n)
    sending : ndarray, shape (F + 1, a)
        What steps take from the slack [s]; inf where they are not allowed.
    """

    least: Floats
    compute: Floats
    sending: Floats

    @classmethod
    def of(cls, group: Group, network: Network) -> Timing:
        """The least latencies of a region, by a backward pass without levels."""
        region, factors = group.region, group.factors
        compute = group.computing.seconds(network, ALL_STAGES, region.nodes)
        if group.returned is not None:
            compute = compute + group.returned.seconds
        compute = np.where(group.allowed, compute, np.inf)
        sending = sending_seconds(factors, ALL_STAGES, network.link_figures, region.link)
        least = np.zeros((group.stages + 1, region.nodes.size))
        for i in range(group.stages - 1, -1, -1):
            least[i] = compute[i] + least[i + 1]
            shorten(region.link.size, sending[i], region.tail, region.head, least[i])
        with np.errstate(invalid="ignore"):  # inf - inf, where nothing can be finished
            compute = compute + least[1:] - least[:-1]
            sending = sending + least[:-1, region.head] - least[:-1, region.tail]
        return cls(least, *(np.where(np.isnan(x), np.inf, np.maximum(x, 0.0)) for x in (compute, sending)))

    def longest(self, group: Group, network: Network, demand: Demand) -> float:
        """The slack that levels have to measure [s]: the longest of all members."""
        slack = self.slack(group, network, demand)
        return float(np.maximum(slack, SHORTEST_SLACK * demand.limit[group.members]).max())

    def slack(self, group: Group, network: Network, demand: Demand) -> Floats:
        """The most slack of each member where it enters the region [s]; -inf where it cannot."""
        start, links = network.uplinks
        members = group.members
        slack = np.empty(members.size)
        most_slack(
            members.size * group.stages,
            demand.source[members],
            group.region.position,
            demand.limit[members],
            network.node_figures,
            network.device_class,
            group.computing.tables,
            start,
            network.head[links],
            network.link_figures.take(links),
            group.factors,
            self.least,
            slack,
        )
        return slack
