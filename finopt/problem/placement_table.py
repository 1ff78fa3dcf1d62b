"""Placements as columns: where a million applications run, without a million objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.application_table import ApplicationTable
from finopt.problem.columns import (
    default_name,
    figures,
    frozen,
    indices,
    names,
    ragged,
    same_names,
    starts,
    whole_numbers,
)
from finopt.problem.frozen_table import FrozenTable
from finopt.problem.instance import Instance

if TYPE_CHECKING:  # numpy is imported where a table is made: `import finopt` has to stay quick
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

VOCABULARIES = ("application_ids", "node_ids", "link_ids")

ARRAYS = ("application", "configuration", "node_start", "node", "hop_start", "hop_stage", "hop_link")

COLUMNS = (*VOCABULARIES, *ARRAYS)


class PlacementTable(FrozenTable[ApplicationPlacement]):
    """Where N applications run, as columns that cannot be changed.

    Parameters
    ----------
    application_ids, node_ids, link_ids : sequence of str
        The names that the indices below refer to; `for_instance` takes those of an instance, in its order.
        Applications may be None: they are called ``app0``, ``app1`` ...
    configuration : array of int, shape (N,)
        Index into the configurations of the application's model.
    node_start : array of int, shape (N + 1,)
        The nodes of row k are ``node[node_start[k]:node_start[k + 1]]``, one per computed block, in order.
    node : array of int
        Index of the node.
    hop_start : array of int, shape (N + 1,)
        The hops of row k are those from ``hop_start[k]`` up to ``hop_start[k + 1]``, in travelling order.
    hop_stage, hop_link : arrays of int
        Before which of the row's blocks the hop happens (not decreasing), and the index of the directed link.
    application : array of int, shape (N,), optional
        Index of the application; without it the rows are all applications in their order.

    Raises
    ------
    ValueError
        Columns that do not fit together, or an index out of range.

    Examples
    --------
    >>> table = PlacementTable(application_ids=["app"], node_ids=["phone", "edge"], link_ids=["phone->edge"],
    ...     configuration=[0], node_start=[0, 2], node=[0, 1], hop_start=[0, 1], hop_stage=[1], hop_link=[0])
    >>> table[0].nodes, table[0].routes
    (('phone', 'edge'), ((), ('phone->edge',)))
    """

    __slots__ = COLUMNS

    columns = COLUMNS

    application_ids: NDArray[np.object_] | None
    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    application: NDArray[np.int32]
    configuration: NDArray[np.int32]
    node_start: NDArray[np.int64]
    node: NDArray[np.int32]
    hop_start: NDArray[np.int64]
    hop_stage: NDArray[np.int32]
    hop_link: NDArray[np.int32]

    def __init__(
        self,
        *,
        application_ids: Sequence[str] | NDArray[np.object_] | None,
        node_ids: Sequence[str],
        link_ids: Sequence[str],
        configuration: ArrayLike,
        node_start: ArrayLike,
        node: ArrayLike,
        hop_start: ArrayLike,
        hop_stage: ArrayLike,
        hop_link: ArrayLike,
        application: ArrayLike | None = None,
    ) -> None:
        import numpy as np

        count = len(np.atleast_1d(np.asarray(configuration)))
        known = np.iinfo(np.int32).max if application_ids is None else len(application_ids)
        node, hop_link = np.asarray(node), np.asarray(hop_link)
        who = np.arange(count) if application is None else application
        columns: dict[str, Any] = {
            "application_ids": None if application_ids is None else names(application_ids),
            "node_ids": tuple(node_ids),
            "link_ids": tuple(link_ids),
            "application": indices("application", who, count, known),
            "configuration": figures("configuration", configuration, count, "int32"),
            "node_start": _starts("node_start", node_start, count, len(node)),
            "node": indices("node", node, len(node), len(node_ids)),
            "hop_start": _starts("hop_start", hop_start, count, len(hop_link)),
            "hop_link": indices("hop_link", hop_link, len(hop_link), len(link_ids)),
            "hop_stage": indices("hop_stage", hop_stage, len(hop_link), max(len(node), 1)),
        }
        _check_stages(columns["hop_stage"], columns["hop_start"], columns["node_start"])
        for name, column in columns.items():
            object.__setattr__(self, name, column)

    @classmethod
    def for_instance(cls, instance: Instance, **columns: ArrayLike) -> PlacementTable:
        """The table whose indices are those of ``instance.applications``, ``.nodes`` and ``.directed_links``.

        Parameters
        ----------
        instance : Instance
            What is placed.
        **columns : array of int
            ``configuration``, ``node_start``, ``node``, ``hop_start``, ``hop_stage``, ``hop_link``, and
            ``application`` unless the rows are all applications in their order.
        """
        given = instance.applications
        return cls(
            application_ids=given.ids if isinstance(given, ApplicationTable) else [item.id for item in given],
            node_ids=tuple(instance.node_by_id),
            link_ids=tuple(instance.link_by_id),
            **columns,
        )

    @classmethod
    def of(cls, placements: Sequence[ApplicationPlacement]) -> PlacementTable:
        """The table of any sequence of placements; a table is returned as it is.

        Raises
        ------
        ValueError
            A placement has more routes than nodes or fewer, for a table has one route per node; or it has
            slices, which a table does not have.
        """
        if isinstance(placements, PlacementTable):
            return placements
        for placed in placements:
            if len(placed.nodes) != len(placed.routes):
                counts = f"{len(placed.nodes)} nodes and {len(placed.routes)} routes"
                raise ValueError(f"application {placed.application!r} has {counts}: a table needs as many")
            if placed.has_slices:
                raise ValueError(f"application {placed.application!r} has slices: a table has none")
        applications = _Vocabulary(placed.application for placed in placements)
        nodes = _Vocabulary(node for placed in placements for node in placed.nodes)
        hops = [
            (stage, link)
            for placed in placements
            for stage, route in enumerate(placed.routes)
            for link in route
        ]
        links = _Vocabulary(link for _, link in hops)
        return cls(
            application_ids=applications.names,
            node_ids=nodes.names,
            link_ids=links.names,
            application=applications.index,
            configuration=whole_numbers([placed.configuration for placed in placements]),
            node_start=starts(whole_numbers([len(placed.nodes) for placed in placements])),
            node=nodes.index,
            hop_start=starts(whole_numbers([sum(map(len, placed.routes)) for placed in placements])),
            hop_stage=whole_numbers([stage for stage, _ in hops]),
            hop_link=links.index,
        )

    def __len__(self) -> int:
        """Number of placed applications."""
        return len(self.configuration)

    def _row(self, row: int) -> ApplicationPlacement:
        nodes = self.node[self.node_start[row] : self.node_start[row + 1]].tolist()
        routes: list[list[str]] = [[] for _ in nodes]
        hops = slice(self.hop_start[row], self.hop_start[row + 1])
        for stage, link in zip(self.hop_stage[hops].tolist(), self.hop_link[hops].tolist(), strict=True):
            routes[stage].append(self.link_ids[link])
        return ApplicationPlacement(
            application=self.name(row),
            configuration=int(self.configuration[row]),
            nodes=tuple(self.node_ids[node] for node in nodes),
            routes=tuple(map(tuple, routes)),
        )

    def name(self, row: int) -> str:
        """Id of the application in a row."""
        index = int(self.application[row])
        return default_name(index) if self.application_ids is None else str(self.application_ids[index])

    def find(self, name: str) -> ApplicationPlacement:
        """The first placement of the application with this id; KeyError if there is none."""
        import numpy as np

        if self.application_ids is None:
            named = [i for i in np.unique(self.application).tolist() if default_name(i) == name]
        else:
            named = np.flatnonzero(self.application_ids == name).tolist()
        rows = np.flatnonzero(np.isin(self.application, named))
        if not len(rows):
            raise KeyError(name)
        return self[int(rows[0])]

    def take(self, rows: Sequence[int] | NDArray[np.integer[Any]]) -> PlacementTable:
        """The table of some rows, in the order given."""
        import numpy as np

        chosen = np.asarray(rows, dtype=np.int64)
        nodes, node_start = ragged(self.node_start, chosen)
        hops, hop_start = ragged(self.hop_start, chosen)
        return PlacementTable(
            application_ids=self.application_ids,
            node_ids=self.node_ids,
            link_ids=self.link_ids,
            application=self.application[chosen],
            configuration=self.configuration[chosen],
            node_start=node_start,
            node=self.node[nodes],
            hop_start=hop_start,
            hop_stage=self.hop_stage[hops],
            hop_link=self.hop_link[hops],
        )

    def __eq__(self, other: object) -> bool:
        """Whether both place the same applications alike, in the same order."""
        if not isinstance(other, PlacementTable):
            return NotImplemented
        import numpy as np

        plain = ("configuration", "node_start", "hop_start", "hop_stage")
        return self is other or (
            all(np.array_equal(getattr(self, name), getattr(other, name)) for name in plain)
            and same_names(self.node_ids, self.node, other.node_ids, other.node)
            and same_names(self.link_ids, self.hop_link, other.link_ids, other.hop_link)
            and self._same_applications(other)
        )

    def _same_applications(self, other: PlacementTable) -> bool:
        import numpy as np

        if self.application_ids is None and other.application_ids is None:
            return np.array_equal(self.application, other.application)
        return all(self.name(i) == other.name(i) for i in range(len(self)))

    def __hash__(self) -> int:
        """Of the configurations and block counts; equal for equal tables."""
        return hash((self.configuration.tobytes(), self.node_start.tobytes()))

    def __repr__(self) -> str:
        """How many applications are placed, with how many blocks and hops."""
        counts = f"{len(self.node)} blocks, {len(self.hop_link)} hops"
        return f"<PlacementTable of {len(self)} applications, {counts}>"


class _Vocabulary:
    """Distinct names in the order in which they come, and the index of each."""

    def __init__(self, values: Iterator[str]) -> None:
        position: dict[str, int] = {}
        self.index = whole_numbers([position.setdefault(name, len(position)) for name in values])
        self.names = tuple(position)


def _starts(name: str, values: ArrayLike, count: int, items: int) -> NDArray[np.int64]:
    import numpy as np

    start = indices(name, values, count + 1, items + 1, "int64")
    if start[0] != 0 or start[-1] != items or (np.diff(start) < 0).any():
        raise ValueError(f"column {name}: must rise from 0 to the {items} items there are")
    return frozen(start)


def _check_stages(stage: NDArray[Any], hop_start: NDArray[Any], node_start: NDArray[Any]) -> None:
    """Every hop happens before a block that there is, and hops are listed in travelling order."""
    import numpy as np

    if (stage >= np.repeat(np.diff(node_start), np.diff(hop_start))).any():
        raise ValueError("column hop_stage: a hop stands before a block that its row does not have")
    falls = np.flatnonzero(np.diff(stage) < 0) + 1
    if not np.isin(falls, hop_start).all():
        raise ValueError("column hop_stage: the hops of a row must be in travelling order")
