"""What is special about benchmarks/peers.py: families of instances, the peers' models, the report."""
