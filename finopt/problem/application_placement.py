"""Where one application runs."""

from __future__ import annotations

from dataclasses import dataclass

from finopt.problem.formatting import fields_repr


@dataclass(frozen=True)
class ApplicationPlacement:
    """Where one application runs.

    Attributes
    ----------
    application : str
        Id of the application.
    configuration : int
        Index into the configurations of its model.
    nodes : tuple of str
        Node of block 0 .. F, where F is the block of the configuration's final exit.
    routes : tuple of tuple of str
        Ids of the directed links (``"a->b"``) that the data cross at stage 0 .. F, that is before block i;
        an empty tuple where they stay. The route at stage i leads from the node of block i-1 (the source
        for i = 0) to the node of block i.
    slices : tuple of (float or None)
        Share of its node that the visit of block 0 .. F reserves, None on nodes without slices; empty if no
        node that it uses has any. Consecutive blocks on a node between which nothing is sent are one visit,
        with one slice.
    route_slices : tuple of tuple of (float or None)
        Share of its link that every hop reserves, like ``routes``; empty if no link that it uses has slices.
    """

    application: str
    configuration: int
    nodes: tuple[str, ...]
    routes: tuple[tuple[str, ...], ...]
    slices: tuple[float | None, ...] = ()
    route_slices: tuple[tuple[float | None, ...], ...] = ()

    @property
    def has_slices(self) -> bool:
        """Whether it reserves a slice of a node or link."""
        return bool(self.slices or self.route_slices)

    def __repr__(self) -> str:
        """All fields; of a long text beginning and end."""
        return fields_repr(self)
