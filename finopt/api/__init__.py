"""The front door: `solve` for every method, many instances at once, and energy / latency fronts.

Imports all rooms of methods and files; only plotting and the command line import it.
"""

from finopt.api.batch import solve_many
from finopt.api.dispatch import solve
from finopt.api.methods import CAPABILITIES, METHODS
from finopt.api.pareto import Front, FrontPoint, pareto

__all__ = ["CAPABILITIES", "METHODS", "Front", "FrontPoint", "pareto", "solve", "solve_many"]
