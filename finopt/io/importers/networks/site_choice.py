"""Which places become sites: of most links, of most inhabitants, amid the others, or as listed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from finopt.io.importers.networks.plan import Sites, TierPlan
from finopt.io.importers.networks.topology import Topology
from finopt.problem.errors import InstanceError, Problem, first, shown
from finopt.problem.references import suggest


class Chosen(NamedTuple):
    """Ids of the places of the edge and cloud sites."""

    edge: tuple[str, ...]
    cloud: tuple[str, ...]


class _NotEnoughError(Exception):
    """A choice cannot be made; says why."""


def chosen(topology: Topology, plan: TierPlan) -> Chosen:
    """The sites of a plan: those that are listed, then the clouds among the others, then the edge sites.

    Raises
    ------
    InstanceError
        A listed place does not exist, is listed twice, or more sites are asked for than there are places.
    """
    problems = first(_list_problems(topology, plan))
    if problems:
        raise InstanceError(problems, topology.name)
    tiers = {"cloud": plan.cloud, "edge": plan.edge}
    result = {
        tier: [place_id(topology, name) for name in sites.nodes or ()] if sites else []
        for tier, sites in tiers.items()
    }
    for tier, sites in tiers.items():
        if sites and sites.by != "list":
            taken = {*result["edge"], *result["cloud"]}
            result[tier] = _picked(topology, sites, taken, tier)
    return Chosen(tuple(result["edge"]), tuple(result["cloud"]))


def place_id(topology: Topology, name: str) -> str:
    """The id of the place of an id or of a label that only one place has; empty where there is none."""
    if name in topology.position:
        return name
    same = [node.id for node in topology.nodes if node.label == name]
    return same[0] if len(same) == 1 else ""


def name_problems(topology: Topology, path: str, names: Sequence[str]) -> Iterator[Problem]:
    """Names that are of no place, or of several, or come twice."""
    seen: dict[str, str] = {}
    for i, name in enumerate(names):
        at, place = f"{path}[{i}]", place_id(topology, name)
        if not place:
            yield _unknown(topology, at, name)
        elif seen.setdefault(place, at) != at:
            yield Problem(at, f"is listed twice, first at {seen[place]}", shown(name))


def _unknown(topology: Topology, at: str, name: str) -> Problem:
    same = [node.id for node in topology.nodes if node.label == name]
    labels = [node.label for node in topology.nodes]
    if same:
        return Problem(at, f"is the label of {len(same)} places: {', '.join(same[:4])}", shown(name))
    return Problem(at, "no such place", shown(name), "", suggest(name, {*topology.position, *labels}))


def _list_problems(topology: Topology, plan: TierPlan) -> Iterator[Problem]:
    listed = {
        tier: sites.nodes or () for tier, sites in (("edge", plan.edge), ("cloud", plan.cloud)) if sites
    }
    for tier, names in listed.items():
        yield from name_problems(topology, f"{tier}.nodes", names)
    clouds = {place_id(topology, name) for name in listed.get("cloud", ())}
    for i, name in enumerate(listed.get("edge", ())):
        if place_id(topology, name) in clouds - {""}:
            yield Problem(f"edge.nodes[{i}]", "is a cloud site, too", shown(name))


def _picked(topology: Topology, sites: Sites, taken: Collection[str], tier: str) -> list[str]:
    """So many places by the rule of the plan, in the order of the topology.

    Raises
    ------
    InstanceError
        There are not so many, or the figures that the rule needs are not known.
    """
    free = [i for i, node in enumerate(topology.nodes) if node.id not in taken]
    count = sites.count or 0
    if count > len(free):
        rule = f"must be at most {len(free)}, the places that are no site yet"
        raise InstanceError([Problem(f"{tier}.count", rule, str(count))], topology.name)
    try:
        picked = _RULES[sites.by](topology, free, count)
    except _NotEnoughError as error:
        raise InstanceError([Problem(f"{tier}.by", str(error), shown(sites.by))], topology.name) from None
    return [topology.nodes[i].id for i in sorted(picked)]


def _by_degree(topology: Topology, free: Sequence[int], count: int) -> list[int]:
    degrees = list(topology.degrees().values())
    return sorted(free, key=lambda i: (-degrees[i], i))[:count]


def _by_population(topology: Topology, free: Sequence[int], count: int) -> list[int]:
    known = [i for i in free if topology.nodes[i].population is not None]
    if len(known) < count:
        raise _NotEnoughError(f"needs {count} places of known population, the topology has {len(known)}")
    return sorted(known, key=lambda i: (-(topology.nodes[i].population or 0.0), i))[:count]


def _by_k_median(topology: Topology, free: Sequence[int], count: int) -> list[int]:
    from finopt.io.importers.networks import k_median  # loads scipy

    if len(topology.nodes) > k_median.MOST_NODES:
        raise _NotEnoughError(f"is for at most {k_median.MOST_NODES} places, use 'degree' or a list")
    return k_median.medians(topology, free, count)


_RULES = {"degree": _by_degree, "population": _by_population, "k-median": _by_k_median}
