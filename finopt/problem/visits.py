"""The visits of a placement: maximal runs of consecutive blocks of an application on one node."""

from __future__ import annotations

from typing import NamedTuple

from finopt.problem.application_placement import ApplicationPlacement


class Visit(NamedTuple):
    """Blocks ``first`` to ``last``, both included, on a node that the data reach over a route."""

    node: str
    first: int
    last: int
    route: tuple[str, ...]

    @property
    def blocks(self) -> slice:
        """Its blocks among those of the model."""
        return slice(self.first, self.last + 1)


def visits(placed: ApplicationPlacement) -> list[Visit]:
    """The visits of an application in order; data that are sent away and come back begin another one.

    Examples
    --------
    >>> import finopt
    >>> visits(finopt.ApplicationPlacement("app", 0, ("a", "a", "b"), ((), (), ("a->b",))))
    [Visit(node='a', first=0, last=1, route=()), Visit(node='b', first=2, last=2, route=('a->b',))]
    """
    found: list[Visit] = []
    for i, (node, route) in enumerate(zip(placed.nodes, placed.routes, strict=True)):
        if found and found[-1].node == node and not route:
            found[-1] = found[-1]._replace(last=i)
        else:
            found.append(Visit(node, i, i, tuple(route)))
    return found
