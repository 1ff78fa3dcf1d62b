"""A day of changing demands: the network and who uses it, plans for every hour, the table."""
