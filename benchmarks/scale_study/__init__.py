"""The parts of ``benchmarks/scale.py``: plan, child, launch, rows, quality, timing, summary, plot."""
