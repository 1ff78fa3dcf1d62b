"""The command line, a command per file, and the texts people read.

Imports everything; nobody imports it.
"""
