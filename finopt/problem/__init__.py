"""What is asked and what an answer is: network, models, applications, placement, and their rules.

Imports nothing of the package outside itself; everybody may import it.
"""
