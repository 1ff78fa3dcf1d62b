"""The gap of few applications closed: all that an optimum can contain, and the best of it.

`option_graph` what an application can do, `enumeration` all of it near the prices, `selection` the best of
it, `parts` better bounds, `closing` the search around them. Imported by `finopt.heuristics`.
"""
