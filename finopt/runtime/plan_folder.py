"""A plan in pieces as a folder, which is there completely or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from finopt.problem.errors import InstanceError, Problem
from finopt.runtime.kubernetes import deployments
from finopt.runtime.manifest_file import FILE, as_text
from finopt.runtime.mappings import autodice, pipeedge
from finopt.runtime.split import SplitPlan


def check_new(folder: Path) -> None:
    """Refuse a folder that holds something, before any work.

    Raises
    ------
    InstanceError
        It is there and not empty, is a file, or cannot be read.
    """
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        raise InstanceError([Problem("", f"cannot be read: {error.strerror}")], str(folder)) from None
    if taken:
        rule = "is there and not an empty folder: name a new one, or delete it first"
        raise InstanceError([Problem("", rule)], str(folder))


def write(plan: SplitPlan, folder: Path) -> None:
    """Write everything beside the folder, then put it in its place.

    Raises
    ------
    InstanceError
        The folder holds something.
    BackendError
        PyYAML is not installed.
    OSError
        Something cannot be written.
    """
    check_new(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _fill(draft, plan)
        draft.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill(folder: Path, plan: SplitPlan) -> None:
    for name in ("pieces", "models", "autodice"):
        (folder / name).mkdir()
    for name, piece in plan.pieces.items():
        (folder / name).write_bytes(piece.SerializeToString())
    for name, source in plan.models.items():
        shutil.copyfile(source.path, folder / name)
    for application in plan.manifest.applications:
        mapping = json.dumps(autodice(application, plan.pieces), indent=1)
        (folder / "autodice" / f"{application.application}.json").write_text(mapping + "\n", encoding="utf-8")
    (folder / "pipeedge.json").write_text(
        json.dumps(pipeedge(plan.manifest), indent=1) + "\n", encoding="utf-8"
    )
    (folder / "kubernetes.yaml").write_text(deployments(plan.manifest), encoding="utf-8")
    (folder / FILE).write_text(as_text(plan.manifest), encoding="utf-8")
