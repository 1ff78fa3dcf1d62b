"""The cost model: exact for one placement, in arrays for a million, and the one place that decides a Status.

Imports `finopt.problem`; whatever produces or shows an answer may import it.
"""
