"""The pages that docs/tools/tutorials.py made of the tutorials become part of the site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

MADE = Path(__file__).parents[2] / "build" / "tutorials"


def on_files(files: Any, config: Any) -> Any:
    """Add pages, notebooks and pictures."""
    for path in sorted(MADE.glob("*")):
        files.append(File.generated(config, f"tutorials/{path.name}", abs_src_path=str(path)))
    return files
