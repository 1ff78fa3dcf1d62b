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
    """

    application: str
    configuration: int
    nodes: tuple[str, ...]
    routes: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        """All fields; of a long text beginning and end."""
        return fields_repr(self)
