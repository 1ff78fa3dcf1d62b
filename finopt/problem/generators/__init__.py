"""Seeded random instances, and fleets of many applications around scarce edge servers.

Part of `finopt.problem`: imports nothing of the package outside it.
"""
