"""A project file as checked objects: every field of every section before anything is built of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from finopt.io.project import applications, models, network, profiles
from finopt.io.project.faults import Faults
from finopt.io.regular_file import read_regular_text
from finopt.io.strict_yaml import MOST_BYTES
from finopt.io.strict_yaml import parse as parse_yaml
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.field_messages import Location
from finopt.problem.fields import Frozen

SECTIONS = ("network", "models", "applications")
"""Sections that a project cannot do without; ``profiles`` it can."""


class Head(Frozen):
    """What stands beside the sections, which are checked one by one."""

    format: Literal["finopt-project"] = "finopt-project"
    version: Literal[1] = 1
    name: str = ""
    description: str = ""
    source: str = ""
    seed: Annotated[int, Field(ge=0, le=2**63)] = 0
    network: Any = None
    models: Any = None
    profiles: Any = None
    applications: Any = None


@dataclass(frozen=True)
class Project:
    """The sections whose fields are right; None or absent where they are not."""

    head: Head
    network: network.Network | None
    models: Sequence[tuple[Location, models.AnyModel]]
    profiles: Sequence[tuple[Location, profiles.AnyProfile]]
    applications: applications.Applications | None


def read(path: Path, faults: Faults) -> Project:
    """The project in a file; what is wrong with its fields is noted.

    Raises
    ------
    InstanceError
        The file cannot be read, is no YAML, or is no mapping.
    BackendError
        PyYAML is not installed.
    """
    source = str(path)
    data, problems = parse_yaml(read_regular_text(path, MOST_BYTES), source)
    if not isinstance(data, dict):
        raise InstanceError([Problem("", "a project is a mapping of sections", shown(data))], source)
    faults.extend(problems)
    head = faults.part(Head, data, (), data)
    for section in SECTIONS:
        if section not in data:
            faults.add(section, "is required")
    present = {name: data[name] for name in (*SECTIONS, "profiles") if name in data}
    return Project(
        head or Head(),
        network.parse(present["network"], data, faults) if "network" in present else None,
        models.parse(present["models"], data, faults) if "models" in present else [],
        profiles.parse(present.get("profiles"), data, faults),
        applications.parse(present["applications"], data, faults) if "applications" in present else None,
    )
