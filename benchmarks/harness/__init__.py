"""What all benchmarks share: a launcher of child processes, one kind of row, growth fits, checks."""
