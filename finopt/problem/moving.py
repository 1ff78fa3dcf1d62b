"""What it costs to bring the weights of blocks to nodes that did not hold them before, row (15).

What was placed before says which parts of a model, blocks and exits, lie on which nodes. To compute a part on
a node without it, its memory travels there from the nearest node that holds it, over the route that adds
least to what is minimised, bit by bit; that is paid over a horizon. All is decided in exact arithmetic.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any

from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Block, Exit, Model
from finopt.problem.network import DirectedLink
from finopt.problem.objective import Figure
from finopt.problem.options import OptionError
from finopt.problem.placement import Placement

BITS_PER_BYTE = 8

Part = tuple[str, str, str]
"""A model, "block" or "exit", and its id."""


@dataclass(frozen=True)
class Moving:
    """What moving blocks is charged with, an option of :func:`finopt.solve`.

    Attributes
    ----------
    horizon : float
        Seconds over which bringing the weights of a block is paid: the time until the next plan, for example.

    Raises
    ------
    TypeError
        The horizon is no number.
    OptionError
        It is not above 0 and finite.

    Examples
    --------
    >>> Moving(horizon=3600)
    Moving(horizon=3600)
    """

    horizon: float

    def __post_init__(self) -> None:
        if isinstance(self.horizon, bool) or not isinstance(self.horizon, int | float):
            raise TypeError(f"horizon must be a number of seconds, got {self.horizon!r}")
        if not 0 < self.horizon < math.inf:
            raise OptionError(f"horizon must be above 0 and finite, got {self.horizon!r}")


@dataclass(frozen=True, eq=False)
class Before:
    """Where the parts of models lay, and what moving them is charged with.

    Attributes
    ----------
    places : mapping of Part to set of str
        Ids of the nodes that held it; parts that nobody used are missing.
    moving : Moving or None
        None: nothing is charged.
    prices : sequence of mapping
        What more of scarce capacities would have saved, the first prices of a joint solve.
    routes : dict
        What was found of routes so far.
    """

    places: Mapping[Part, frozenset[str]]
    moving: Moving | None
    prices: Sequence[Mapping[str, Any]] = ()
    routes: dict[Any, dict[str, Fraction]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        instance: Instance,
        placement: Placement,
        moving: Moving | None,
        prices: Sequence[Mapping[str, Any]] = (),
    ) -> Before:
        """Read it from a placement; what names objects that the instance does not have is left out."""
        places: defaultdict[Part, set[str]] = defaultdict(set)
        for placed in placement.applications:
            application = instance.application_by_id.get(placed.application)
            if application is not None:
                for part, node in _held(instance.model_of(application), placed):
                    if node in instance.node_by_id:
                        places[part].add(node)
        return cls({part: frozenset(nodes) for part, nodes in places.items()}, moving, prices)


def _held(model: Model, placed: ApplicationPlacement) -> Iterator[tuple[Part, str]]:
    """Every part that a placement uses, and its node."""
    exits: Sequence[str] = ()
    if 0 <= placed.configuration < len(model.configurations):
        exits = model.configurations[placed.configuration].exits
    for block, node in zip(model.blocks, placed.nodes, strict=False):
        yield (model.id, "block", block.id), node
        for name in exits:
            if model.exit_by_id[name].after == block.id:
                yield (model.id, "exit", name), node


def part_of(model: Model, part: Block | Exit) -> Part:
    """What a block or exit is called."""
    return model.id, "block" if isinstance(part, Block) else "exit", part.id


def charge(
    instance: Instance, application: Application, parts: Sequence[Block | Exit], node: str
) -> Fraction | None:
    """What bringing some parts to a node adds to the objective per second; None: there is no way to it."""
    total = Fraction(0)
    if not instance.moves:
        return total
    before, model = instance.before, instance.model_of(application)
    for part in parts:
        places = before.places.get(part_of(model, part))
        if places is None or node in places or not part.memory:
            continue
        known = _per_bit(instance, application, places)
        if not known:  # it only lies on private nodes of others, which give nothing away
            continue
        per_bit = known.get(node)
        if per_bit is None:
            return None
        total += BITS_PER_BYTE * Fraction(part.memory) * per_bit
    return total / Fraction(before.moving.horizon)


def moved_blocks(instance: Instance, placement: Placement) -> int:
    """How many blocks run on nodes that did not hold them, of those that some node held."""
    before, count = instance.before, 0
    for placed in placement.applications if before is not None else ():
        application = instance.application_by_id.get(placed.application)
        blocks = instance.model_of(application).blocks if application is not None else ()
        for block, node in zip(blocks, placed.nodes, strict=False):
            places = before.places.get((application.model, "block", block.id))  # type: ignore[union-attr]
            count += places is not None and node not in places
    return count


def _per_bit(instance: Instance, application: Application, places: frozenset[str]) -> dict[str, Fraction]:
    """What a bit costs on its way from the nearest of some places, by node; without a way a node is missing.

    Routes are over nodes that the application may use; found once per places and private source.
    """
    assert instance.before is not None
    source = instance.node(application.source)
    key = instance.objective, places, None if source.shared else source.id
    known: dict[Any, dict[str, Fraction]] = instance.before.routes
    if key not in known:
        known[key] = _spread(instance, application, places)
    return known[key]


def _spread(instance: Instance, application: Application, places: frozenset[str]) -> dict[str, Fraction]:
    """Least weight of a route from any of the places to every node (Dijkstra 1959)."""
    usable = {node.id for node in instance.nodes if instance.may_use(application, node)}
    leaving: defaultdict[str, list[DirectedLink]] = defaultdict(list)
    for link in instance.directed_links:
        if link.source in usable and link.target in usable:
            leaving[link.source].append(link)
    settled: dict[str, Fraction] = {}
    heap = [(Fraction(0), place) for place in sorted(places & usable)]
    while heap:
        length, node = heappop(heap)
        if node not in settled:
            settled[node] = length
            for link in leaving[node]:
                heappush(heap, (length + weight_per_bit(link, instance.objective), link.target))
    return settled


def weight_per_bit(link: DirectedLink, figure: Figure) -> Fraction:
    """What a bit on a link adds to a figure."""
    if figure == "cost":
        return Fraction(link.price)
    energy = Fraction(link.energy)
    return energy if figure == "energy" else energy * Fraction(link.carbon)
