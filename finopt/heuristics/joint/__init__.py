"""FIN for many applications on shared capacity: column generation, and a primal heuristic on its prices.

Part of `finopt.heuristics`.
"""
