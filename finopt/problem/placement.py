"""Who runs what where: the answer to an instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finopt.problem.placement_table import PlacementTable


WHOLE = 3
"""A placement of so many applications is shown completely."""


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


@dataclass(frozen=True)
class Placement:
    """One :class:`ApplicationPlacement` per application, in the order of the instance.

    Attributes
    ----------
    applications : tuple of ApplicationPlacement, or PlacementTable
        Methods answer large instances with a table, which reads like the tuple.
    """

    applications: tuple[ApplicationPlacement, ...] | PlacementTable

    def __repr__(self) -> str:
        """Everything of a few applications, of more only how many."""
        if len(self.applications) <= WHOLE:
            return f"Placement(applications={self.applications!r})"
        return f"<Placement of {len(self.applications)} applications>"

    def of(self, application: str) -> ApplicationPlacement:
        """The placement of the application with this id; KeyError if there is none."""
        if not isinstance(self.applications, tuple):
            return self.applications.find(application)
        for placed in self.applications:
            if placed.application == application:
                return placed
        raise KeyError(application)
