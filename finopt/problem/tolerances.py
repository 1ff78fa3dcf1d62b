"""Every tolerance of the package, and how they nest.

The model says when a limit is met: up to `LIMIT_TOLERANCE`, relative, in exact arithmetic
(`finopt.evaluation`). Nothing else decides what is feasible. Searches compute in double precision, where a
sum along a path is off by at most `ROUNDING`; they stop at `MARGIN` of a limit, ten roundings inside of it,
so that nothing they find is refused. On latency levels a figure within `LEVEL_TOLERANCE` of a level is on
it. Rounded up, levels then keep a limit up to that, which is inside `LIMIT_TOLERANCE`; rounded down, both
tolerances together are less than a level for every gamma that is allowed, so no path that keeps the limit is
lost. `FULL` leaves half of the tolerance to sums of loads that are kept up to date one by one. What bounds
from below goes the other way: it allows the whole `LIMIT_FACTOR` and gives up a `ROUNDING` at the end. A
bound and an objective closer than `PROVEN` are the same, which is what OPTIMAL means; prices, columns and
classes that would change less than that are not looked at again. Solvers of others have tolerances of their
own, absolute and on scaled figures (`SIMPLEX_TOLERANCE`, `INTEGER_TOLERANCE`); they are wider than ours
where they must be, so answers of solvers are always checked again, and capacities are left a little short
(`SOLVER_MARGIN`) where one did not pass.
"""

from __future__ import annotations

from fractions import Fraction

# ------------------------------------------------------------ the model

LIMIT_TOLERANCE = Fraction(1, 10**9)
"""Latency limits, capacities and budgets count as met up to this much, relative."""

LIMIT_FACTOR = 1 + float(LIMIT_TOLERANCE)
"""What a limit is multiplied with where nothing that keeps it may be lost: lower bounds."""

SHARE_TOLERANCE = 1e-9
"""Shares that were rounded when they were written may sum to this much more than 1."""

PROVEN = 1e-9
"""Objective and bound this close, relative, count as proven optimal."""

# ------------------------------------------------------------ double precision

UNIT = 2.0**-53
"""Relative rounding error of one operation in double precision."""

ROUNDING = 1e-12
"""Relative error of a sum of doubles along any path we meet; what is closer than this is not told apart."""

MARGIN = LIMIT_FACTOR * (1 - 10 * ROUNDING)
"""Share of a limit that searches use: a hair less than in the exact check, so that rounding never lets a
path pass that the check refuses."""

FULL = 1 + 5e-10
"""Share of a capacity that loads of many applications, added up one by one, may use."""

WHOLE_COST = 1e-6
"""Where all costs are whole numbers, a bound this little above one is that number."""

# ------------------------------------------------------------ latency levels

LEVEL_TOLERANCE = 4e-10
"""A figure this close to a level, relative, is on it."""

SLACK_TOLERANCE = 1e-5
"""And what is left of a limit also if it is this part of a level below: it is a difference, so its error is
absolute."""

SHORTEST_SLACK = 1e-6
"""Levels measure at least this share of a latency limit: finer ones would be finer than its rounding."""

# ------------------------------------------------------------ prices and columns

EXCESS = 1e-9
"""A capacity counts as exceeded by a mix of columns beyond this, relative: as much as the simplex allows on
rows of 1."""

REDUCED_COST = 1e-9
"""A column may enter the restricted master if its reduced cost is below minus this, in units of a
cluster's."""

PLACED = 1e-7
"""Up to this part of an application may be missing from a mix that counts as complete."""

SAME_BOUND = 1e-9
"""Bounds that differ by less, relative, are not worth a finer class of devices."""

# ------------------------------------------------------------ solvers of others, on scaled figures

SIMPLEX_TOLERANCE = 1e-9
"""Absolute tolerance of the simplex; with rows of about 1e4 finer than the cost model's 1e-9 relative."""

INTEGER_TOLERANCE = 1e-6
"""Tolerance of the branch and bound. With 1e-9 HiGHS 1.13 called wrong answers optimal (seed 2646 of
tests/random_instances.py); this is its default, still 1e-10 of a limit, and the exact check follows."""

SOLVER_GAP = 1e-6
"""With gap 0, HiGHS' bound ends this close below the exact objective: its integers are off by as much."""

SOLVER_MARGIN = 1 - 2e-6
"""Share of a capacity that HiGHS may fill once it has exceeded the whole by a millionth, which it may."""
