"""The engine for one application: graphs, bounds, lossless reduction, latency levels and labels.

Imports `finopt.problem`, `finopt.evaluation` and `finopt.solvers`; formulations, heuristics and the API may
import it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from finopt.graph.stage_graphs import Stages, stages

__all__ = ["Stages", "stages"]


def __getattr__(name: str) -> Any:
    """What loads numpy and networkx, on demand."""
    if name in __all__:
        return getattr(import_module("finopt.graph.stage_graphs"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
