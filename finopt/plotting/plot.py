"""The three kinds of pictures."""

from finopt.plotting.pareto import plot_pareto
from finopt.plotting.placement import plot_placement
from finopt.plotting.scaling import plot_scaling

__all__ = ["plot_pareto", "plot_placement", "plot_scaling"]
