"""What is special about benchmarks/scale.py: its runs, its instances, tables and curves."""
