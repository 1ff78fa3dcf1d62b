"""What users bring: networks, models and measurements of others' formats, as parts of an instance.

One folder or file per source: `networks` (extra ``networks``), `onnx` (extra ``onnx``), `measurements`.
Imports what `finopt.io` may; `finopt.io.project`, `finopt.runtime` and the command line import it.
"""
