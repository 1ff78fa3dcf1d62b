"""What the pictures of :mod:`finopt.plotting` are made of; matplotlib is loaded only when one is drawn."""
