"""What all benchmarks share: one launcher of child processes, one kind of row, growth fits, checks.

Imports no study; no study imports another one.
"""
