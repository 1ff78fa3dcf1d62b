"""Constants of the joint search that trade time for quality; none of them touches what is feasible or proven.

They were set while `benchmarks/many.py` was run, and what they give together is in
`benchmarks/results/many.md`, from 10 applications on 10 nodes to a million on 100 105. No constant was
measured alone, except where its line says so.
"""

from __future__ import annotations

# ------------------------------------------------------------ sizes from which another way is taken

OWN_GROUPS = 400
"""Up to so many nodes times applications each application has tables of its own, its device included."""

ROWS_EACH = 200
"""Most applications that have a row of the restricted master each."""

EXACT_UP_TO = 200
"""Up to so many applications the best selection of candidates is sought exactly, beyond by annealing."""

CLOSED_UP_TO = 100_000
"""Applications times nodes and links up to which the gap is closed by search."""

COARSE_FROM = 50_000
"""Beyond so many applications the gap aimed at is ten times as wide, and fewer answers become candidates: the
benchmark asks for 0.1 % of 10 000 applications and for 1 % of a million."""

LEAST_DIVIDED, PARTS = 4000, 4
"""Applications of one model are divided, for several threads, where there are more than these and more than
this part of all."""

# ------------------------------------------------------------ rounds of prices

CLUSTERS = 600
"""Most clusters of applications, as long as models and sites allow."""

MASTER_PENALTY = 100.0
"""Cost of not placing an application, in units of what it costs at first."""

MOST_LEVELS = 2**26
"""Levels of slack: costs fall in few steps, so that fine levels cost no more than coarse ones."""

MOST_ROUNDS, STALLED = 100, 10
"""Rounds at most, and rounds without progress after which it ends."""

PROGRESS = 0.98
"""A round is progress if the distance of master and bound shrinks to this."""

ALIKE = (0.3, 1.0, 3.0, 10.0, 30.0)
"""The first prices of many applications: every capacity costs so many times what all applications need,
divided by the number of capacities that they exceed when nothing has a price. As soon as the answers exceed
nothing, the first mix is complete; it takes ten rounds to become so without them."""

STEADY = 0.4
"""Weight of the prices of the best bound in the next prices: about a sixth fewer rounds than without."""

FOR_PRICES = 0.5
"""Share of the time limit after which no further round of prices begins."""

ANSWERED_FROM, SHORT = 0.5, 0.1
"""Time limits from the first on [s] leave room for a first answer of up to ``COARSE_FROM`` applications.
Where answering once takes more than the second, as a share of the limit, only the highest of these prices
follow."""

CERTIFYING, QUICKLY = 10, 3
"""Rounds of prices that the bound with paths back to a device takes the time of, and with one class only."""

SIFTED_FROM, SIFTED_TO = 8, 4
"""With more columns per cluster than the first in the master, all but the second are set aside."""

# ------------------------------------------------------------ bounds

RETURNS_MAY_COST = 0.05
"""Share of the gap aimed at that the bound may lose to paths back to a device."""

PROOF_SCALES = (1.0, 1e2, 1e4, 1e6, 1e8)
"""Prices of a mix that leaves applications out are raised by these to prove that some must be."""

# ------------------------------------------------------------ candidates for annealing

NEAR_OPTIMAL = 1.05
"""Assignments are candidates up to this factor on the least priced power."""

PERTURBED, SPREAD = 2, 0.5
"""Further rounds of answers, to prices times exp(normal deviates of this spread): candidates that differ."""

TURNS, INVITED = 8, 3
"""Turns at most in which something is made dearer and cheaper; so many even if nothing is overloaded."""

DEARER, TIGHT, CHEAPER = 4.0, 0.9, 4.0
"""Factor per turn on prices of what is overloaded, once also on those of all that is used beyond ``TIGHT``.
What is used by a share u < 1 gets its price times exp(``CHEAPER`` * (u - 1))."""

FILLS = 5
"""Turns at most in which applications without a place look for one in the room that is left."""

# ------------------------------------------------------------ annealing

MOVES_EACH, MOST_MOVES, MOVES_IN_A_HURRY = 3000, 10_000_000, 2_000_000
"""Moves of the annealing per application, in all, and in all when time is up."""

FIRST, PER_TURN, LONG = 0.1, 0.05, 0.6
"""Shares of these moves before the turns, in each one, and after them."""

UNPRICED = 3.0
"""Fine on the overload of a capacity without a price, in units of the median power of an application."""

PASSES = 30
"""Sweeps over all applications at most in which overload is relieved or power saved."""

ROUNDED = 0.002
"""Share of its power that the rounded mix of very many applications may lie above the mix: further annealing
of 200 000 applications took as long again and found nothing better."""

# ------------------------------------------------------------ exact selection

MOVES_AMONG, FEWEST = 500, 50
"""Moves per application of the annealing before an exact selection, and of how many applications at least."""

WINDOW, RANKED = 0.01, 30
"""Per application and configuration at most so many assignments are candidates, of those that cost at most
this share of the bound more than its cheapest."""

SELECTIONS, UNCHANGED, REMOVED = 40, 2, (0.2, 0.4, 0.7)
"""Exact selections at most, and how many may bring nothing; between them, applications say what they would
do in the room that is left when these shares of them are taken out."""

FEW_SELECTIONS = 2
"""Exact selections at most where the gap is closed by search afterwards."""

CLOSER, NARROW = 0.05, 0.02
"""A selection may stop at this share of the certified gap; one is enough where that is at most ``NARROW``."""

SCATTERED = 3
"""Answers to random prices per selection, as long as some application has no place."""

SELECTION_PENALTY = 1e3
"""Cost of leaving out an application of the largest weight, in units of the dearest candidate."""

SEARCH_NODES = 1
"""Nodes of the search tree at most, the root with its heuristics: more bring little, and a limit in seconds
would make answers depend on the machine."""

# ------------------------------------------------------------ value tables

FIRST_STEPS, MOST_STEPS = 16, 20_000_000
"""Steps that a table has room for at first, per entry, and at most in all, 14 bytes each."""

MOST_DISTINCT_RATES, SAMPLED_RATES = 24, 1000
"""Up to so many different rates each has a row of its own; so many are looked at first to see whether there
are more."""

RATE_RATIO = 1.7
"""Most ratio of the rates between which values are interpolated."""
