"""The columns of the CSV file: one row per run."""

from __future__ import annotations

from harness.rows import PACKAGES as SCALING_PACKAGES

PACKAGES = (*SCALING_PACKAGES, "pyarrow")
"""Whose versions are noted."""

COLUMNS: dict[str, type] = {
    "date": str,
    "machine": str,
    "case": str,
    "applications": int,
    "devices": int,
    "sites": int,
    "clouds": int,
    "nodes": int,
    "links": int,
    "scarcity": float,
    "seed": int,
    "table": str,
    "method": str,
    "options": str,
    "time_limit_s": float,
    "warm": bool,
    "status": str,
    "termination": str,
    "objective": float,
    "bound": float,
    "gap": float,
    "gap_to_optimum": float,
    "violations": int,
    "rounds": int,
    "columns": int,
    "pricing_s": float,
    "master_s": float,
    "rounding_s": float,
    "build_s": float,
    "solve_s": float,
    "total_s": float,
    "load_s": float,
    "check_s": float,
    "start_s": float,
    "warmup_s": float,
    "peak_memory_mb": float,
    "solver": str,
    "reason": str,
    "python": str,
    **dict.fromkeys(PACKAGES, str),
}
