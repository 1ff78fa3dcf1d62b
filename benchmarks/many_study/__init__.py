"""The parts of ``benchmarks/many.py``: plan, files, child, columns, checks, report."""
