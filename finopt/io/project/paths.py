"""Files that a project names: in its folder or below, unless the user himself says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from finopt.io.regular_file import is_inside
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.extras import extra_module
from finopt.problem.references import suggest

WHEEL = "wheel:"
"""What names of the models inside the package onnx begin with."""

ELSEWHERE = "say it on the command line: --file NAME=PATH"


class Files:
    """Where the files of a project are.

    Parameters
    ----------
    folder : Path
        That of the project file.
    given : mapping of str to Path
        Files that stand for names of the project, said by the user; they may be anywhere.
    """

    def __init__(self, folder: Path, given: Mapping[str, Path]) -> None:
        self.folder = folder
        self.given = dict(given)
        self.used: set[str] = set()

    def find(self, name: str) -> Path:
        """The file of a name.

        Raises
        ------
        InstanceError
            The name leads out of the project's folder.
        """
        if name in self.given:
            self.used.add(name)
            return self.given[name]
        if rule := _outside(name):
            raise InstanceError([Problem("", rule, shown(name), "", ELSEWHERE)])
        path = self.folder / name
        if not is_inside(path, self.folder):
            raise InstanceError(
                [Problem("", "leads out of the project's folder", shown(name), "", ELSEWHERE)]
            )
        return path

    def find_model(self, name: str) -> Path:
        """The file of a name, which may be one of the models inside the package onnx.

        Raises
        ------
        InstanceError
            There is no such model, or the name leads out of the project's folder.
        BackendError
            The package onnx is not installed.
        """
        if name in self.given or not name.startswith(WHEEL):
            return self.find(name)
        onnx = extra_module("onnx", "onnx", "a model of the package onnx")
        folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
        models = {path.name: path for path in sorted(folder.glob("*.onnx"))}
        wanted = name.removeprefix(WHEEL)
        if wanted not in models:
            hint = partial(suggest, wanted, models)
            raise InstanceError([Problem("", "no such model in the package onnx", shown(wanted), "", hint)])
        return models[wanted]

    def unused(self) -> list[Problem]:
        """Files that the user gave and the project does not name."""
        return [
            Problem(f"--file {name}", "the project names no such file")
            for name in self.given
            if name not in self.used
        ]


def _outside(name: str) -> str:
    """Why a name may lead out of the project's folder; empty when it cannot."""
    if not name or "\0" in name:
        return "must be the name of a file"
    if "\\" in name or ":" in name:
        return "must be a path with / between folders, without : and backslash"
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        return "must be a path in the project's folder or below: no leading / and no .."
    return ""
