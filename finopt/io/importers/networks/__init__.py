"""Networks of others: topologies by name or from files, and how they become nodes and links of an instance.

`read` gives a `Topology`: places and links, whatever the format. A `TierPlan` says which places become edge
and cloud sites and what hangs on them, and `tier_network` makes the nodes and links. Imports what
`finopt.io.importers` may; the command line and `finopt.io.project` import it. Needs the extra ``networks``
for topologies by name and for XML.
"""

from __future__ import annotations

from finopt.io.importers.networks.by_name import available, named
from finopt.io.importers.networks.plan import Backbone, DeviceGroup, Sites, TierPlan, tier_plan
from finopt.io.importers.networks.recognition import read
from finopt.io.importers.networks.tiers import NetworkParts, tier_network
from finopt.io.importers.networks.topology import Topology, TopologyLink, TopologyNode

__all__ = [
    "Backbone",
    "DeviceGroup",
    "NetworkParts",
    "Sites",
    "TierPlan",
    "Topology",
    "TopologyLink",
    "TopologyNode",
    "available",
    "named",
    "read",
    "tier_network",
    "tier_plan",
]
