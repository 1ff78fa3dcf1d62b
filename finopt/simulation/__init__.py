"""Plans under load: samples that arrive, queue at nodes and links, leave at exits and return, in SimPy.

Needs the extra ``simulate`` (``pip install 'finopt[simulate]'``). Imports the evaluation and what is below
it; pictures and the command line import it, and nothing else.
"""

from finopt.simulation.run import simulate
from finopt.simulation.simulation import (
    ApplicationFigures,
    Estimate,
    ExitFigures,
    Simulation,
    StationFigures,
)
from finopt.simulation.study import Study

__all__ = [
    "ApplicationFigures",
    "Estimate",
    "ExitFigures",
    "Simulation",
    "StationFigures",
    "Study",
    "simulate",
]
