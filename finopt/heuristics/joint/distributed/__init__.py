"""One joint solve over the workers of an executor: applications are divided into partitions.

The caller keeps prices and the master, workers hold partitions. Part of `finopt.heuristics.joint`.

A *partition* is an instance of its own: some devices with their links and applications, and all shared nodes.
Partitions have only the capacities of shared nodes and of the links among these in common.
"""
