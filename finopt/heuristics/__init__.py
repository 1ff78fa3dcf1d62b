"""Methods of our own: ``fin`` and the baseline ``mcp``.

Imports `finopt.graph` and what is below it; never `finopt.formulations` or `finopt.io`.
"""
