"""What talks to others' solvers, to the clock, to Ctrl-C and to the compiler of loops.

Imports `finopt.problem` and `finopt.evaluation`; every method may import it.
"""
