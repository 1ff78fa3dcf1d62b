"""The engine for one application: graphs, bounds, lossless reduction, latency levels and labels.

Imports `finopt.problem`, `finopt.evaluation` and `finopt.solvers`; formulations, heuristics and the API may
import it.
"""
