"""What is scarce, and why applications have no place, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from finopt.graph.drivers.diagnosis import EXAMINED, NAMED, UNITS, explain, explain_unplaced
from finopt.graph.extended import Capacity
from finopt.problem.array_types import Floats, Ints
from finopt.problem.arrays import Network
from finopt.problem.instance import Instance


@dataclass(frozen=True, eq=False)
class Explanation:
    """The words for an instance with these prices.

    Attributes
    ----------
    instance : Instance
    network : Network
    price : ndarray, shape (2 V + E,), or None
        Of every capacity [W per unit]; None: there are none.
    """

    instance: Instance
    network: Network
    price: Floats | None

    def prices(self) -> list[dict[str, Any]]:
        """Rows of what is scarce, dearest first: what one more unit would save [W]."""
        if self.price is None:
            return []
        return price_rows(self.price, self.network.capacity, self._capacity)

    def _capacity(self, k: int) -> Capacity:
        nodes = self.network.nodes
        if k >= 2 * nodes:
            return Capacity("bandwidth", self.instance.directed_links[k - 2 * nodes].id)
        return Capacity("compute" if k < nodes else "memory", self.instance.nodes[k % nodes].id)

    def infeasible(self, individually: Sequence[int]) -> str:
        """Why there is no placement: who fits nowhere, or that not all fit together."""
        if individually:
            told = [explain(self.instance, self.instance.applications[h]) for h in individually[:NAMED]]
            more = len(individually) - NAMED
            return "; ".join(told) + (f" and {more} more applications" if more > 0 else "")
        names = ", ".join(str(Capacity(row["kind"], row["id"])) for row in self.prices()[:NAMED])
        return (
            "the applications fit one by one, but not together:"
            f" together they exceed the capacities of nodes or links; scarce: {names}"
        )

    def unplaced(self, shares: Floats | None, missing: Ints) -> str:
        """Why applications found no room beside the shares of capacities used; None: nobody is placed."""
        if shares is None:
            return "no application was placed"
        used = {
            self._capacity(int(k)): float(shares[k] * self.network.capacity[k])
            for k in np.flatnonzero(shares)
            if np.isfinite(self.network.capacity[k])
        }
        examined = [self.instance.applications[int(h)] for h in missing[:EXAMINED]]
        return explain_unplaced(self.instance, used, examined, missing.size)


def price_rows(price: Floats, limit: Floats, capacity: Callable[[int], Capacity]) -> list[dict[str, Any]]:
    """Rows of what has a price, dearest as a whole first.

    Parameters
    ----------
    price, limit : ndarray, shape (n,)
        Of every capacity [W per unit], and how much there is of it.
    capacity : callable
        The capacity of a number.
    """
    scarce = np.flatnonzero(price)
    scarce = scarce[np.argsort(-(price[scarce] * limit[scarce]), kind="stable")]
    named = [(capacity(k), float(price[k])) for k in scarce.tolist()]
    return [{"kind": one.kind, "id": one.id, "price": dear, "unit": UNITS[one.kind]} for one, dear in named]
