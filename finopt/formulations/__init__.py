"""Programmes for other solvers: arc flow for HiGHS (``milp``), constrained paths for CP-SAT (``cspp``).

Imports `finopt.graph` and what is below it; never `finopt.heuristics` or `finopt.io`.
"""
