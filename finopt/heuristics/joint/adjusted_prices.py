"""Prices other than those of the master, at which applications give further answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from finopt.heuristics.joint.tuning import CHEAPER, TIGHT
from finopt.problem.array_types import Floats
from finopt.problem.tolerances import FULL


def adjusted(capacity: Floats, used: Floats, price: Floats, typical: float, factor: float) -> list[Floats]:
    """Prices at which what is overloaded is dearer and what is not full cheaper; and prices at which all that
    is nearly full is dearer, where something is overloaded.

    Parameters
    ----------
    capacity : ndarray, shape (2 V + E,)
    used : ndarray, shape (2 V + E,)
        Share of each capacity in use.
    price : ndarray, shape (2 V + E,)
        From which they differ [W per unit].
    typical : float
        Power of about one application [W]: what the whole of a capacity without a price costs at first.
    factor : float
        By which something becomes dearer.
    """
    limited = np.isfinite(capacity) & (capacity > 0)
    over = limited & (used > FULL)
    inviting = np.where(limited & ~over, price * np.exp(CHEAPER * (np.minimum(used, 1) - 1)), price)
    prices = [_raised(inviting, over, capacity, typical, factor)]
    if over.any():
        prices.append(_raised(price, limited & (used > TIGHT), capacity, typical, factor))
    return prices


def scattered(capacity: Floats, typical: float, rng: np.random.Generator) -> Floats:
    """Some capacities are dear by chance."""
    price = np.zeros(capacity.size)
    limited = np.isfinite(capacity) & (capacity > 0) & (rng.random(capacity.size) < 0.5)
    price[limited] = typical * 10 ** rng.uniform(-1, 6, int(limited.sum())) / capacity[limited]
    return price


def _raised(price: Floats, which: Any, capacity: Floats, typical: float, factor: float) -> Floats:
    """Prices with some raised by a factor, from a typical power for the whole of a capacity on."""
    raised = price.copy()
    raised[which] = np.maximum(price[which], typical / capacity[which]) * factor
    return raised
