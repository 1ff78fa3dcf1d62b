"""The parts of benchmarks/paper.py."""
