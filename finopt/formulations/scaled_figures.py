"""Figures as solvers take them: in units of about the optimum or of a limit, with few bits."""

from __future__ import annotations

import numpy as np

from finopt.problem.array_types import Floats

SCALE = 1e4
"""What ``unit`` and every limit become; HiGHS' tolerances are 1e-9 absolute."""

MANTISSA = 40
"""Bits that scaled figures keep, so that instances that differ only in units give the same model."""


def scaled(figures: Floats, unit: float) -> Floats:
    """Figures in units of ``unit / SCALE``, with ``MANTISSA`` bits."""
    mantissa, exponent = np.frexp(figures * (SCALE / unit))
    rounded: Floats = np.ldexp(np.round(np.ldexp(mantissa, MANTISSA)), exponent - MANTISSA)
    return rounded


def share_of(figures: Floats, limit: float) -> Floats:
    """Figures as shares of a limit; what alone exceeds it becomes twice the limit."""
    if limit <= 0:
        return np.where(figures > 0, 2 * SCALE, 0.0)
    return scaled(np.minimum(figures, 2 * limit), limit)
