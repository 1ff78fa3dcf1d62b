"""What is special about benchmarks/paper.py: the scenario, three studies of it, report and pictures."""
