"""Pictures of placements, fronts, run times, plans under load and the stages of FIN.

They need the extra ``plot`` (``pip install 'finopt[plot]'``). Imports the API, the simulation and what is
below them; only the command line imports it. matplotlib is loaded when a picture is drawn. New figures are
not registered with pyplot: no window opens, and ``ax.figure.savefig`` writes them anywhere. Colours are those
of Okabe and Ito; markers, dashes, names or directions tell apart what looks alike in grey.
"""

from finopt.plotting.plot import plot_pareto, plot_placement, plot_scaling, plot_simulation, plot_stage

__all__ = ["plot_pareto", "plot_placement", "plot_scaling", "plot_simulation", "plot_stage"]
