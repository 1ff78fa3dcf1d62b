"""The section ``profiles``: files of measurements, and profiles as in an instance file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from finopt.io.importers import measurements
from finopt.io.project.faults import Faults
from finopt.io.project.notes import Note, notes_of
from finopt.io.project.paths import Files
from finopt.io.regular_file import read_regular_text
from finopt.io.strict_json import parse as parse_json
from finopt.problem.errors import Problem
from finopt.problem.field_messages import Location, path_text
from finopt.problem.fields import Frozen, Identifier
from finopt.problem.model import Model
from finopt.problem.network import Node
from finopt.problem.profile import Profile
from finopt.problem.references import suggest


class MeasurementFile(Frozen):
    """A file of measured times, in any format that `finopt.io.importers.measurements` reads, or our JSON."""

    file: Identifier
    model: Identifier | None = Field(
        default=None, description="id of the model, where the file does not say it"
    )
    device: Identifier | None = Field(default=None, description="class of devices, as nodes name it")
    block: Identifier | None = Field(default=None, description="trtexec: the file is of this block alone")
    exit: Identifier | None = Field(default=None, description="trtexec: the file is of this exit alone")
    last_layers: dict[Identifier, Identifier] = Field(
        default_factory=dict, description="trtexec: the last layer of every block, by block"
    )


AnyProfile = MeasurementFile | Profile


def parse(data: Any, whole: Any, faults: Faults) -> list[tuple[Location, AnyProfile]]:
    """The entries of the section whose fields are right, with their places."""
    found: list[tuple[Location, AnyProfile]] = []
    for at, item in faults.list(data, "profiles") if data not in (None, []) else ():
        kind: type[AnyProfile] = MeasurementFile if "file" in item else Profile
        part = faults.part(kind, item, at, whole)
        if part is not None:
            found.append((at, part))
    return found


def build(
    parts: Sequence[tuple[Location, AnyProfile]],
    models: Sequence[Model],
    nodes: Sequence[Node],
    files: Files,
    faults: Faults,
) -> tuple[list[Profile], list[Note]]:
    """The profiles of devices that there are, and what was assumed."""
    by_id = {model.id: model for model in models}
    readings, profiles = [], []
    for at, part in parts:
        if isinstance(part, Profile):
            profiles.append(part)
            continue
        with faults.of(path_text((*at, "file")), part.file):
            path = files.find(part.file)
            if path.suffix.lower() == ".json" and (ours := _our_profiles(path)):
                profiles += ours
            else:
                readings.append(_reading(part, by_id, files))
    notes: list[Note] = []
    with faults.of("profiles"):
        measured = measurements.together(readings, by_id, faults.source)
        profiles += measured.profiles
        notes = notes_of("profiles", measured.notes)
    kept, more = _of_known_devices(profiles, nodes)
    return kept, [*notes, *more]


def _reading(part: MeasurementFile, models: Mapping[str, Model], files: Files) -> measurements.Reading:
    return measurements.read_parts(
        files.find(part.file),
        models=models,
        model=part.model,
        device=part.device,
        block=part.block,
        exit=part.exit,
        last_layers=part.last_layers or None,
    )


def _our_profiles(path: Any) -> list[Profile]:
    """The profiles of a JSON file of ours: one alone, or a list under ``profiles``; none in other files."""
    text = read_regular_text(path, measurements.MOST_BYTES)
    if not text.lstrip().startswith("{"):
        return []
    data, problems = parse_json(text, str(path))
    if not isinstance(data, dict) or not ("profiles" in data or {"model", "blocks"} <= data.keys()):
        return []
    faults = Faults(str(path))
    faults.extend(problems)
    entries = faults.list(data["profiles"], "profiles") if "profiles" in data else [((), data)]
    found = [faults.part(Profile, item, at, data) for at, item in entries]
    faults.stop()
    return [profile for profile in found if profile is not None]


def _of_known_devices(profiles: Sequence[Profile], nodes: Sequence[Node]) -> tuple[list[Profile], list[Note]]:
    """Without those of devices that no node is; an instance refuses them."""
    devices = {node.device for node in nodes if node.device is not None}
    kept = [profile for profile in profiles if profile.device in devices or not nodes]
    notes = []
    for profile in profiles:
        if profile not in kept:
            hint = suggest(profile.device, devices)
            text = f"{profile.model} on {profile.device}: left out, no node is of this device"
            notes.append(Note("profiles", f"{text}; {hint}" if hint else text))
    return kept, notes


def without_figures(
    models: Sequence[Model], profiles: Sequence[Profile], nodes: Sequence[Node]
) -> Iterator[Problem]:
    """Models without operations on devices without a profile: their blocks would cost nothing there."""
    measured = {(profile.model, profile.device) for profile in profiles}
    for i, model in enumerate(models):
        if any(block.ops for block in model.blocks):
            continue
        bare = [node for node in nodes if node.computes and (model.id, node.device) not in measured]
        if bare:
            rule = f"has no operations and no profile on {len(bare)} nodes, the first of them {bare[0].id!r}"
            hint = "measure it there or give ops"
            yield Problem(f"models[{i}]", rule, "", f"model {model.id!r}", hint)
