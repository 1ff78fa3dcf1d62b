"""Exact sums of products: integers over a common denominator, since a `Fraction` per step takes its time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

Ratio = tuple[int, int]
"""Numerator and denominator; they may have common factors."""


class ExactSums:
    """Sums by key of weights times figures.

    Examples
    --------
    >>> sums = ExactSums()
    >>> sums.add("a", (1, 3), [0.5, 0.25])
    >>> sums.add("a", (1, 1), [1.0])
    >>> sums.totals()
    {'a': Fraction(5, 4)}
    """

    def __init__(self) -> None:
        self._terms: defaultdict[str, list[Ratio]] = defaultdict(list)

    def add(self, key: str, weight: Ratio, figures: Iterable[float | Fraction]) -> None:
        """Add the weight times each figure to the sum of a key."""
        above, below = weight
        terms = self._terms[key]
        if above == below == 1:
            terms.extend([figure.as_integer_ratio() for figure in figures])
            return
        for figure in figures:
            numerator, denominator = figure.as_integer_ratio()
            terms.append((above * numerator, below * denominator))

    def totals(self) -> dict[str, Fraction]:
        """The sums, in the order in which their keys came."""
        return {key: ratio_sum(terms) for key, terms in self._terms.items()}


def total(summands: Mapping[str, Fraction]) -> Fraction:
    """The sum of some fractions."""
    return ratio_sum([summand.as_integer_ratio() for summand in summands.values()])


def quotient(amount: Fraction, divisor: float) -> Ratio:
    """The amount divided by a figure; not reduced, which a sum does in the end."""
    above, below = divisor.as_integer_ratio()
    return amount.numerator * below, amount.denominator * above


def product(amount: Fraction, factor: float, divisor: float = 1.0) -> Fraction:
    """The amount times a figure, divided by another one; reduced once."""
    (above, below), (over, under) = factor.as_integer_ratio(), divisor.as_integer_ratio()
    return Fraction(amount.numerator * above * under, amount.denominator * below * over)


def ratio_sum(terms: Sequence[Ratio]) -> Fraction:
    """The sum of some ratios."""
    # Floats have powers of two below the line, so the common denominator stays small.
    denominators = {denominator for _, denominator in terms}
    if len(denominators) == 1:
        return Fraction(sum([above for above, _ in terms]), *denominators)
    common = math.lcm(*denominators)
    return Fraction(sum([above * (common // below) for above, below in terms]), common)
