"""Pictures of placements, fronts and run times (extra ``plot``: ``pip install 'finopt[plot]'``).

Imports the API and what is below it; only the command line imports it. matplotlib is loaded when a picture
is drawn. New figures are not registered with pyplot: no window opens, and ``ax.figure.savefig`` writes them
anywhere. Colours are those of Okabe and Ito; markers, dashes or names tell apart what looks alike in grey.
"""

from finopt.plotting.plot import plot_pareto, plot_placement, plot_scaling

__all__ = ["plot_pareto", "plot_placement", "plot_scaling"]
