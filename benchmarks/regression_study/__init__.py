"""What benchmarks/regression.py compares."""
