"""Applications and placements as CSV and Parquet tables.

Part of `finopt.io`.
"""
