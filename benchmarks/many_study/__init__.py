"""What is special about benchmarks/many.py: cases and targets, instance files, checks, the report."""
