"""What a release states in several places is the same in all of them."""

from __future__ import annotations

import re
import tomllib

import yaml

import finopt
from tests.docs.pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))

TRIED = ("plot", "table", "dask", "networks", "onnx", "simulate")
"""Extras whose bounds `make test-oldest` tries."""


def test_the_version_is_the_same_everywhere() -> None:
    newest = re.search(
        r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert newest is not None
    assert newest[1] == PROJECT["project"]["version"] == finopt.__version__ == CITATION["version"]
    assert newest[2] == str(CITATION["date-released"])


def test_the_lock_file_names_versions_and_no_place_that_they_come_from() -> None:
    lines = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+", line) for line in lines)
    locked = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    needed = {re.split(r"[\[<>=,; ]", line)[0].lower() for line in PROJECT["project"]["dependencies"]}
    assert needed <= locked


def test_groups_refer_to_extras_that_there_are() -> None:
    extras = set(PROJECT["project"]["optional-dependencies"])
    named = {
        name
        for group in PROJECT["dependency-groups"].values()
        for line in group
        for name in re.findall(r"\w+", line.removeprefix("finopt"))
    }
    assert named <= extras


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    lines = (ROOT / ".ci" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    oldest = dict(line.removesuffix(".*").split("==") for line in lines if "==" in line)
    stated = PROJECT["project"]["dependencies"] + [
        line
        for name, lines in PROJECT["project"]["optional-dependencies"].items()
        if name in TRIED
        for line in lines
    ]
    bounds = dict(re.findall(r"^([\w-]+)>=([\d.]+)", "\n".join(stated), re.MULTILINE))
    assert {name: version for name, version in oldest.items() if name in bounds} == bounds
