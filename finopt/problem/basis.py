"""What an instance has besides its applications, and what follows from it: found once, shared by its copies.

A what-if copy with another application has the same network and models, so what was computed of these is not
computed again. Everything here can be found anew from the parts: none of it is pickled.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Sequence
from functools import cached_property
from typing import Any, Self, TypeVar

from finopt.problem.model import Model
from finopt.problem.network import DirectedLink, Link, Node, directed
from finopt.problem.objective import WEIGHT, Figure
from finopt.problem.profile import Profile
from finopt.problem.versions import needed_of_parts

Value = TypeVar("Value")

PARTS = ("nodes", "links", "models", "profiles")
"""The fields of an instance that a basis is made of."""

FOLLOWS = {"directed_links": "links", "link_by_id": "links", "node_by_id": "nodes"}
"""What takes long to find, and the part that it follows from alone."""

PATTERNS, GRAPHS, BOUNDS = 4, 8, 1000
"""How many are kept: patterns of large networks take about 200 byte a link."""


class Kept:
    """Values by key; of more than a number the oldest go.

    Two threads may both compute a value, which is then the same; no lock is needed.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """The value of a key, computed when it is first asked for."""
        found: Value | None = self._values.get(key)
        if found is None:
            found = self._values[key] = compute()
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        return found

    def __len__(self) -> int:
        """How many there are."""
        return len(self._values)


class Basis:
    """Nodes, links, models and profiles of an instance.

    Attributes
    ----------
    checked : bool
        Whether the rules between them are known to be kept.
    routes_of_results : dict
        What `finopt.problem.return_routes` has found so far.
    patterns, graphs, bounds : Kept
        What `finopt.graph` has built lately.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        links: Sequence[Link],
        models: Sequence[Model],
        profiles: Sequence[Profile],
        *,
        checked: bool = False,
    ) -> None:
        self.nodes, self.links, self.models, self.profiles = nodes, links, models, profiles
        self.checked = checked
        self.routes_of_results: dict[Any, Any] = {}
        self.patterns, self.graphs, self.bounds = Kept(PATTERNS), Kept(GRAPHS), Kept(BOUNDS)

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: what it is made of cannot be changed."""
        return self

    def take_over(self, other: Basis, changed: Collection[str]) -> None:
        """Take what another one has found of the parts that are the same."""
        known = {name for name, part in FOLLOWS.items() if part not in changed}
        vars(self).update((name, value) for name, value in vars(other).items() if name in known)

    def anew(self) -> Basis:
        """One of the same parts for which nothing was built that depends on what is minimised."""
        other = Basis(self.nodes, self.links, self.models, self.profiles, checked=self.checked)
        other.take_over(self, ())
        other.routes_of_results = self.routes_of_results
        return other

    @cached_property
    def figures(self) -> frozenset[Figure]:
        """The figures that are not 0 everywhere: energy, and what nodes or links have a weight for."""
        parts = (*self.nodes, *self.links)
        used = [figure for figure, field in WEIGHT.items() if any(getattr(part, field) for part in parts)]
        return frozenset(("energy", *used))

    @cached_property
    def version(self) -> int:
        """Version of the format that can hold it."""
        return needed_of_parts(self)

    @cached_property
    def has_slices(self) -> bool:
        """Whether visits of some node, or hops over some link, reserve slices."""
        return any(node.slices for node in self.nodes) or any(link.bandwidth_slices for link in self.links)

    @cached_property
    def directed_links(self) -> tuple[DirectedLink, ...]:
        """See `finopt.Instance`."""
        return directed(self.links)

    @cached_property
    def node_by_id(self) -> dict[str, Node]:
        """See `finopt.Instance`."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def link_by_id(self) -> dict[str, DirectedLink]:
        """See `finopt.Instance`."""
        links = self.directed_links
        return dict(zip([link.id for link in links], links, strict=True))

    @cached_property
    def model_by_id(self) -> dict[str, Model]:
        """See `finopt.Instance`."""
        return {model.id: model for model in self.models}

    @cached_property
    def profile_of(self) -> dict[tuple[str, str], Profile]:
        """See `finopt.Instance`."""
        return {(profile.model, profile.device): profile for profile in self.profiles}
