"""The columns of the CSV file: one row per run, or per point of a growth series."""

from __future__ import annotations

from harness.rows import PACKAGES as SCALING_PACKAGES

PACKAGES = (*SCALING_PACKAGES, "scipy", "networkx", "cspy")
"""Whose versions are noted."""

COLUMNS: dict[str, type] = {
    "date": str,
    "machine": str,
    "family": str,
    "size": str,
    "seed": int,
    "method": str,
    "time_limit_s": float,
    "warm": bool,
    "vertices": int,
    "arcs": int,
    "arcs_kept": int,
    "labels": int,
    "gamma": int,
    "relaxed": int,
    "status": str,
    "termination": str,
    "objective": float,
    "bound": float,
    "gap": float,
    "build_s": float,
    "solve_s": float,
    "total_s": float,
    "start_s": float,
    "warmup_s": float,
    "compile_s": float,
    "late_compile_s": float,
    "before_mb": float,
    "run_peak_mb": float,
    "peak_memory_mb": float,
    "solver": str,
    "reason": str,
    "python": str,
    **dict.fromkeys(PACKAGES, str),
}
