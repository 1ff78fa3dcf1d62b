"""Run the tutorials: `python docs/tools/tutorials.py` (make tutorials), all or those that are named.

docs/tutorials/*.py are notebooks written as scripts (jupytext, percent format). Each runs in an empty folder
with the shipped instances; build/tutorials gets the notebook with its outputs, a page for the site, and the
pictures. A cell that fails ends the script. A cell that draws says with `alt="..."` what is to be seen.
"""

from __future__ import annotations

import base64
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "docs" / "tutorials"
MADE = ROOT / "build" / "tutorials"
LIMIT = 600
"""Seconds after which a cell is given up."""


def main() -> None:
    """Run them one after the other."""
    names = sys.argv[1:] or sorted(path.stem for path in SOURCES.glob("*.py"))
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    MADE.mkdir(parents=True, exist_ok=True)
    for name in names:
        print(f"tutorial {name}", flush=True)
        notebook = executed(SOURCES / f"{name}.py")
        nbformat.write(notebook, MADE / f"{name}.ipynb")
        (MADE / f"{name}.md").write_text(page(notebook, name), encoding="utf-8")


def executed(source: Path) -> Any:
    """The notebook with the outputs of its cells."""
    notebook = jupytext.read(source)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "instances", Path(folder) / "instances")
        settings = {
            "timeout": LIMIT,
            "kernel_name": "python3",
            "coalesce_streams": True,
            "resources": {"metadata": {"path": folder}},
            "extra_arguments": ["--IPKernelApp.log_level=ERROR"],
        }
        NotebookClient(notebook, **settings).execute()
    return notebook


def page(notebook: Any, name: str) -> str:
    """The notebook as Markdown; pictures are written beside it."""
    parts = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.cell_type == "code":
            parts.append(_code(cell.source))
            parts += _outputs(cell, f"{name}_{number}")
    heading, _, rest = "\n\n".join(parts).partition("\n")
    return f"{heading}\n\n*As a notebook: [{name}.ipynb]({name}.ipynb).*\n{rest}\n"


def _code(source: str) -> str:
    """A cell as a code block; commands without what only the notebook needs."""
    first, _, rest = source.partition("\n")
    if first == "%%bash":
        return f"```sh\n{rest.removeprefix('set -e').strip()}\n```"
    return f"```python\n{source}\n```"


def _outputs(cell: Any, stem: str) -> Iterator[str]:
    for output in cell.outputs:
        data = output.get("data", {})
        if output.output_type == "stream" and output.name == "stdout":
            yield f"```text\n{output.text.rstrip()}\n```"
        elif "image/png" in data:
            (MADE / f"{stem}.png").write_bytes(base64.b64decode(data["image/png"]))
            yield f"![{cell.metadata['alt']}]({stem}.png)"
        elif "text/plain" in data:
            yield f"```text\n{data['text/plain'].rstrip()}\n```"


if __name__ == "__main__":
    main()
