"""Who runs what where: the answer to an instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.formatting import cut

if TYPE_CHECKING:
    from finopt.problem.placement_table import PlacementTable


WHOLE = 3
"""A placement of so many applications is shown completely."""


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
            return cut(f"Placement(applications={self.applications!r})")
        return f"<Placement of {len(self.applications)} applications>"

    def of(self, application: str) -> ApplicationPlacement:
        """The placement of the application with this id; KeyError if there is none."""
        if not isinstance(self.applications, tuple):
            return self.applications.find(application)
        for placed in self.applications:
            if placed.application == application:
                return placed
        raise KeyError(application)
