"""Models that run on this machine: measured block by block, cut where a plan says, run as the plan says.

Needs the extra ``onnx``. Imports `finopt.api` and what is below it; only the command line imports it.
"""
