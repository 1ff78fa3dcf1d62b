"""From a project file to an instance: every section is built, then the whole is checked like a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finopt.io.project import models, network, population, profiles
from finopt.io.project.applications import Population
from finopt.io.project.faults import Faults
from finopt.io.project.notes import Note
from finopt.io.project.paths import Files
from finopt.io.project.reading import Project, read
from finopt.problem.application import Application
from finopt.problem.errors import first
from finopt.problem.instance import Instance
from finopt.problem.network import Link, Node
from finopt.problem.validation import find_problems
from finopt.problem.versions import needed_version

VERSION = 2
"""Of the instance files that are written."""


@dataclass(frozen=True)
class Built:
    """What a project came to.

    Attributes
    ----------
    instance : Instance
        Of version 2.
    notes : tuple of Note
        What was assumed, section by section.
    """

    instance: Instance
    notes: tuple[Note, ...]


def build(path: str | Path, files: Mapping[str, str | Path] | None = None, seed: int | None = None) -> Built:
    """Build the instance that a project file describes.

    Parameters
    ----------
    path : str or Path
        The project file (YAML). The files it names lie in its folder or below.
    files : mapping of str to path, optional
        Files that stand for names in the project and may lie anywhere.
    seed : int, optional
        Instead of the project's.

    Returns
    -------
    Built
        The instance, and what was assumed.

    Raises
    ------
    InstanceError
        Lists everything that is wrong with the project and the files it names, each with its place.
    BackendError
        A package that the project needs is not installed.
    """
    path = Path(path)
    faults = Faults(str(path))
    project = read(path, faults)
    found = Files(path.parent, {name: Path(file) for name, file in (files or {}).items()})
    nodes: list[Node] = []
    links: list[Link] = []
    notes: list[Note] = []
    draws = project.head.seed if seed is None else seed
    if project.network is not None:
        nodes, links, notes = network.build(project.network, found, draws, faults)
    built_models, more = models.build(project.models, found, faults)
    notes += more
    built_profiles, more = profiles.build(project.profiles, built_models, nodes, found, faults)
    notes += more
    faults.extend(found.unused())
    faults.stop()
    faults.extend(profiles.without_figures(built_models, built_profiles, nodes))
    parts = {"nodes": nodes, "links": links, "models": built_models, "profiles": built_profiles}
    applications, more = _applications(project, parts, draws, faults)
    faults.stop()
    instance = _checked({**_head(project, path), **parts, "applications": applications}, faults)
    return Built(instance, (*notes, *more))


def _head(project: Project, path: Path) -> dict[str, Any]:
    head = project.head
    name = head.name or path.stem
    return {"version": VERSION, "name": name, "description": head.description, "source": head.source}


def _applications(
    project: Project, parts: Mapping[str, Any], seed: int, faults: Faults
) -> tuple[Sequence[Application], list[Note]]:
    """The applications, drawn where a population is asked for."""
    asked = project.applications
    if not isinstance(asked, Population):
        return asked or (), []
    one = Application(
        id="one",
        model=parts["models"][0].id,
        source=parts["nodes"][0].id,
        max_latency=1.0,
        min_accuracy=0.0,
    )
    without = _checked({**parts, "applications": [one]}, faults)
    drawn = population.draw(asked, without, seed, faults)
    return drawn.applications, drawn.notes


def _checked(parts: Mapping[str, Any], faults: Faults) -> Instance:
    """The instance of some parts, if no rule between them is broken."""
    bare = Instance.model_construct(**parts)
    faults.extend(first(find_problems(bare._as_data())))
    faults.stop()
    instance = Instance(**parts)
    assert needed_version(instance) <= VERSION
    return instance
