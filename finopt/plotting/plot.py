"""The kinds of pictures."""

from finopt.plotting.pareto import plot_pareto
from finopt.plotting.placement import plot_placement
from finopt.plotting.scaling import plot_scaling
from finopt.plotting.simulation import plot_simulation
from finopt.plotting.stages import plot_stage

__all__ = ["plot_pareto", "plot_placement", "plot_scaling", "plot_simulation", "plot_stage"]
