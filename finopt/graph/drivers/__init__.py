"""From an instance to paths and back: one application, several in turn, and why some have no place.

Part of `finopt.graph`; the method ``labels`` is here, as it needs nothing but the graph.
"""
