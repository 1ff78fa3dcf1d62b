"""Project files: network, tiers, models, profiles and applications in one YAML file, made into an instance.

A module per section of the file holds its fields and what is made of them; `reading` checks the file,
`builder` makes the instance. docs/projects.md describes every field. Imports `finopt.io.importers` and what
`finopt.io` may; only the API and the command line import it.
"""

from __future__ import annotations

from finopt.io.project.builder import Built, build
from finopt.io.project.example import write_example
from finopt.io.project.notes import Note

__all__ = ["Built", "Note", "build", "write_example"]
