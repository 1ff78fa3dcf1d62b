"""The data model: frozen, strict, every figure in SI units.

An :class:`Instance` is a network (:class:`Node`, :class:`Link`), early-exit networks (:class:`Model`) and
the :class:`Application` objects that want to run them. Rules that concern more than one object live in
:mod:`finopt.problem.validation`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import PrivateAttr, ValidationInfo, model_validator

from finopt.problem.application import Application, Pins
from finopt.problem.application_table import ApplicationById, ApplicationTable, TupleOrTable
from finopt.problem.basis import PARTS, Basis
from finopt.problem.errors import LISTED, Problem, first, shown
from finopt.problem.field_messages import Location
from finopt.problem.fields import Frozen, Items, NonEmpty, counted_parts
from finopt.problem.formatting import quantity
from finopt.problem.model import Model
from finopt.problem.network import DirectedLink, Link, Node
from finopt.problem.notebook import ROWS, Row, html_table, rest
from finopt.problem.objective import Figure
from finopt.problem.profile import Profile
from finopt.problem.references import Data
from finopt.problem.validation import application_problems, find_problems
from finopt.problem.versions import needed_of_applications
from finopt.problem.what_if import changed_application, changed_link, changed_node

__all__ = [
    "Application",
    "ApplicationTable",
    "Instance",
    "Pins",
]

MODEL_PARTS = ("blocks", "exits", "configurations")
PROFILE_PARTS = ("blocks", "exits")


class Instance(Frozen):
    """Everything a placement is decided from.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.Instance(
    ...     nodes=[finopt.Node(id="phone", tier="mobile", compute=1e9, power=2.0)],
    ...     models=[finopt.Model(id="tiny", input_bits=8e3,
    ...         blocks=[finopt.Block(id="b1", ops=1e6, output_bits=80)],
    ...         exits=[finopt.Exit(id="out", after="b1")],
    ...         configurations=[finopt.Configuration(exits=["out"], shares=[1.0], accuracy=0.9)])],
    ...     applications=[finopt.Application(id="app", model="tiny", source="phone",
    ...         max_latency=0.01, min_accuracy=0.8)])
    >>> instance.node("phone").energy_per_op
    2e-09
    """

    format: Literal["finopt-instance"] = "finopt-instance"
    version: Literal[1, 2] = 1
    name: str = ""
    description: str = ""
    source: str = ""
    nodes: NonEmpty[Node]
    links: Items[Link] = ()
    models: NonEmpty[Model]
    profiles: Items[Profile] = ()
    applications: Annotated[tuple[Application, ...] | ApplicationTable, TupleOrTable()]

    _objective: Figure = PrivateAttr("energy")
    _before: Any = PrivateAttr(None)

    def __repr__(self) -> str:
        """Its size on one line."""
        sizes = {"node": self.nodes, "link": self.links, "model": self.models}
        return (
            f"<Instance {shown(self.name)} of {counted_parts({**sizes, 'application': self.applications})}>"
        )

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Its parts with their sizes, for notebooks."""
        tiers = Counter[str](node.tier for node in self.nodes)
        rows: list[Row] = [
            ("nodes", ", ".join(f"{count} {tier}" for tier, count in tiers.items())),
            ("links", f"{len(self.directed_links)} directed"),
            *(("model", _parts(model)) for model in self.models[:ROWS]),
            *rest(len(self.models)),
            *(("application", _demanded(item)) for item in self.applications[:ROWS]),
            *rest(len(self.applications)),
        ]
        return html_table(self.name or "instance", rows)

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Self:
        basis = info.context  # of the instance that this is a copy of, and right
        if isinstance(basis, Basis):
            broken = application_problems(self._as_data(("nodes",)))
        else:
            basis = Basis(self.nodes, self.links, self.models, self.profiles, checked=True)
            broken = find_problems(self._as_data())
        problems = first(broken)
        if problems:
            raise ValueError("\n".join(map(str, problems[:LISTED])))
        vars(self)["basis"] = basis  # the class is frozen for others
        needed = max(basis.version, needed_of_applications(self.applications))
        if self.version < needed:
            vars(self)["version"] = needed
        return self

    def _as_data(self, lists_of: Iterable[str] = ("nodes", "links")) -> dict[str, Any]:
        """What `find_problems` reads, without copying the figures."""
        models = [
            vars(model) | {key: [vars(item) for item in getattr(model, key)] for key in MODEL_PARTS}
            for model in self.models
        ]
        lists: dict[str, Any] = {key: [vars(item) for item in getattr(self, key)] for key in lists_of}
        applications = self.applications
        if not isinstance(applications, ApplicationTable):
            lists["applications"] = [vars(item) for item in applications]
        else:
            lists["applications"] = applications
        profiles = [
            vars(profile) | {key: [vars(item) for item in getattr(profile, key)] for key in PROFILE_PARTS}
            for profile in self.profiles
        ]
        return {**lists, "models": models, "profiles": profiles}

    @classmethod
    def _broken_rules(cls, data: Data) -> Iterable[Problem]:
        return find_problems(data)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """See `Frozen.model_copy`; what was found of parts that stay is shared."""
        copied = super().model_copy(update=update, deep=deep)
        return copied if deep else self._shared_with(copied, update or {})

    def checked_copy(self, changes: Mapping[str, Any], at: Location = ()) -> Self:
        """See `Frozen.checked_copy`; what was found of parts that stay is shared."""
        copied = super().checked_copy(changes, at)
        copied._objective, copied._before = self._objective, self._before
        return self._shared_with(copied, changes)

    @property
    def objective(self) -> Figure:
        """What placements are sought with the least of, see `minimising`; no part of a file."""
        return self._objective

    def minimising(self, figure: Figure) -> Self:
        """The same instance as another question: which placement has the least energy, carbon or cost."""
        return self if figure == self._objective else self._asked(figure, self._before)

    @property
    def before(self) -> Any:
        """What was placed before and what moving costs, a `finopt.problem.moving.Before`, see `after`."""
        return self._before

    @property
    def moves(self) -> bool:
        """Whether moving blocks costs something."""
        return self._before is not None and self._before.moving is not None

    def after(self, before: Any) -> Self:
        """The same instance as the question that follows a placement: moving blocks may cost something."""
        return self._asked(self._objective, before)

    def _asked(self, figure: Figure, before: Any) -> Self:
        other = self.model_copy()
        other._objective, other._before = figure, before
        vars(other)["basis"] = self.basis.anew()  # graphs and their costs are of one question only
        return other

    def _known_to_be_right(self, changes: Mapping[str, Any]) -> Basis | None:
        return None if not self.basis.checked or self._changed(changes) else self.basis

    def _shared_with(self, copied: Self, changes: Mapping[str, Any]) -> Self:
        changed = self._changed(changes)
        if changed:
            copied.basis.take_over(self.basis, changed)
        else:
            vars(copied)["basis"] = self.basis
        return copied

    def _changed(self, changes: Mapping[str, Any]) -> list[str]:
        return [name for name in PARTS if name in changes and changes[name] is not getattr(self, name)]

    @cached_property
    def basis(self) -> Basis:
        """All but the applications; copies that differ in these alone share it."""
        return Basis(self.nodes, self.links, self.models, self.profiles)

    @property
    def directed_links(self) -> tuple[DirectedLink, ...]:
        """Every direction of every link; the first from a to b is called ``a->b``, the next ``a->b#2``."""
        return self.basis.directed_links

    @property
    def has_slices(self) -> bool:
        """Whether visits of some node, or hops over some link, reserve slices."""
        return self.basis.has_slices

    @property
    def node_by_id(self) -> dict[str, Node]:
        """Nodes by id."""
        return self.basis.node_by_id

    @property
    def link_by_id(self) -> dict[str, DirectedLink]:
        """Directed links by id."""
        return self.basis.link_by_id

    @property
    def model_by_id(self) -> dict[str, Model]:
        """Models by id."""
        return self.basis.model_by_id

    @property
    def profile_of(self) -> dict[tuple[str, str], Profile]:
        """What was measured, by the ids of model and class of devices."""
        return self.basis.profile_of

    def measured(self, model: Model, node: Node) -> Profile | None:
        """What was measured of a model on the class of a node; None: operations and compute count."""
        return self.profile_of.get((model.id, node.device)) if node.device is not None else None

    @cached_property
    def application_by_id(self) -> Mapping[str, Application]:
        """Applications by id."""
        if isinstance(self.applications, ApplicationTable):
            return ApplicationById(self.applications)
        return {application.id: application for application in self.applications}

    def node(self, node_id: str) -> Node:
        """The node with this id; KeyError if there is none."""
        return self.node_by_id[node_id]

    def model_of(self, application: Application) -> Model:
        """The model an application runs."""
        return self.model_by_id[application.model]

    def may_use(self, application: Application, node: Node) -> bool:
        """Whether the node computes or relays for the application."""
        return node.shared or node.id == application.source

    def admissible(self, application: Application) -> list[int]:
        """Indices of the configurations that meet the accuracy target; compared as given."""
        configurations = self.model_of(application).configurations
        return [i for i, c in enumerate(configurations) if c.accuracy >= application.min_accuracy]

    def with_node(self, node: str, /, **changes: Any) -> Self:
        """A checked copy in which one node has other fields.

        Parameters
        ----------
        node : str
            Its id.
        **changes
            New values by field of `Node`, in SI units.

        Raises
        ------
        InstanceError
            No such node or field, the nearest one is named; or a value that a file could not have.

        Examples
        --------
        >>> import finopt
        >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
        >>> frugal = instance.with_node("edge", power=100.0)
        >>> round(finopt.solve(frugal).objective, 4), round(finopt.solve(instance).objective, 4)
        (0.089, 0.1001)
        """
        return self.replace(nodes=changed_node(self.nodes, node, changes))

    def with_link(self, link: str | tuple[str, str], /, **changes: Any) -> Self:
        """A checked copy in which one link has other fields.

        Of a bidirectional link both directions change, whichever of them is named.

        Parameters
        ----------
        link : str or (str, str)
            Id of a directed link as routes name it, ``"a->b"`` or ``"a->b#2"``; or source and target, if only
            one link leads from one to the other.
        **changes
            New values by field of `Link`, in SI units.

        Raises
        ------
        InstanceError
            No such link or field, the nearest one is named; several links between these nodes; or a value
            that a file could not have.

        Examples
        --------
        >>> import finopt
        >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
        >>> instance.with_link("device->edge", bandwidth=1e8).link_by_id["device->edge"].bandwidth
        100000000.0
        """
        return self.replace(links=changed_link(self.links, self.directed_links, link, changes))

    def with_application(self, application: str, /, **changes: Any) -> Self:
        """A checked copy in which one application has other fields.

        Of an `ApplicationTable` one row changes; no other application becomes an object.

        Parameters
        ----------
        application : str
            Its id.
        **changes
            New values by field of `Application`, in SI units.

        Raises
        ------
        InstanceError
            No such application or field, the nearest one is named; or a value that a file could not have.

        Examples
        --------
        >>> import finopt
        >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
        >>> round(finopt.solve(instance.with_application("b-alexnet", max_latency=6e-3)).objective, 4)
        0.0836
        >>> instance.with_application("b-alexnet", max_latencyy=6e-3)
        Traceback (most recent call last):
        finopt.problem.errors.InstanceError: instance: 1 problem
          applications[0].max_latencyy: application 'b-alexnet': unknown key; did you mean 'max_latency'?
        """
        return self.replace(applications=changed_application(self.applications, application, changes))


def _parts(model: Model) -> str:
    sizes = {"block": model.blocks, "exit": model.exits, "configuration": model.configurations}
    return f"{model.id}: {counted_parts(sizes)}"


def _demanded(application: Application) -> str:
    limit = f"{application.latency} latency at most {quantity(application.max_latency, 's')}"
    asked = f"{limit}, accuracy at least {application.min_accuracy:g}"
    return f"{application.id}: {application.model} from {application.source}, {asked}"
