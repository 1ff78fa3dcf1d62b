"""Manifests as files: written, read and checked, so that whoever runs the pieces can rely on them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath

from finopt.io.regular_file import read_regular_text
from finopt.io.strict_json import parse
from finopt.io.validation import validated
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.field_messages import keys_of
from finopt.runtime.manifest import ApplicationPlan, Manifest

FILE = "manifest.json"

MOST_BYTES = 1 << 26

MOST_ELEMENTS = 1 << 28
"""Of a tensor: a message takes no more than a gigabyte."""


def as_text(manifest: Manifest) -> str:
    """The manifest as `read` takes it."""
    return manifest.model_dump_json(indent=2) + "\n"


def read(folder: str | Path) -> Manifest:
    """The manifest of a folder.

    Raises
    ------
    InstanceError
        There is none or it is wrong, a path in it leaves the folder or a file is missing; lists everything.
    """
    path = Path(folder) / FILE
    data, problems = parse(read_regular_text(path, MOST_BYTES), str(path))
    if not isinstance(data, dict):
        raise InstanceError([Problem("", "a manifest is a JSON object", shown(data))], str(path))
    manifest, wrong = validated(Manifest, data, keys_of(Manifest))
    problems += wrong
    if manifest is not None:
        problems += [*_reference_problems(manifest), *_file_problems(manifest, Path(folder))]
    if problems or manifest is None:
        raise InstanceError(problems, str(path))
    return manifest


def inside(folder: Path, name: str) -> Path | None:
    """The file of a relative path below a folder; None if the path leaves it, also over a symbolic link."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name or "\0" in name:
        return None
    path = (folder / pure).resolve()
    return path if path.is_relative_to(folder.resolve()) else None


def _file_problems(manifest: Manifest, folder: Path) -> Iterator[Problem]:
    for place, name in _files(manifest):
        path = inside(folder, name)
        if path is None:
            yield Problem(place, "must be a path inside the folder of the manifest", shown(name))
        elif not path.is_file():
            yield Problem(place, "there is no such file", shown(name))


def _files(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for i, model in enumerate(manifest.models):
        yield f"models[{i}].file", model.file
    for i, application in enumerate(manifest.applications):
        for j, piece in enumerate(application.pieces):
            yield f"applications[{i}].pieces[{j}].file", piece.file


def _reference_problems(manifest: Manifest) -> Iterator[Problem]:
    """Names of nodes, links, models and exits that the manifest does not have, and wrong orders."""
    for i, application in enumerate(manifest.applications):
        at = f"applications[{i}]"
        for place, name, known, kind in _references(application, manifest):
            if name not in known:
                yield Problem(f"{at}.{place}", f"no such {kind}", shown(name))
        yield from _order_problems(at, application)
        yield from _size_problems(at, application)


def _references(
    application: ApplicationPlan, manifest: Manifest
) -> Iterator[tuple[str, str, Collection[str], str]]:
    nodes, links = manifest.node_by_id, manifest.link_by_id
    yield "model", application.model, manifest.model_by_id, "model"
    yield "source", application.source, nodes, "node"
    if application.destination is not None:
        yield "destination", application.destination, nodes, "node"
    for j, piece in enumerate(application.pieces):
        yield f"pieces[{j}].node", piece.node, nodes, "node"
        yield from ((f"pieces[{j}].route", link, links, "link") for link in piece.route)
    for j, exit_ in enumerate(application.exits):
        yield from ((f"exits[{j}].route", link, links, "link") for link in exit_.route)


def _size_problems(at: str, application: ApplicationPlan) -> Iterator[Problem]:
    for piece in application.pieces:
        for tensor in (piece.input, *piece.outputs):
            if math.prod(size for size in tensor.shape if size is not None) > MOST_ELEMENTS:
                rule = f"has more than {MOST_ELEMENTS} elements, or may have"
                yield Problem(f"{at}.pieces", rule, shown(list(tensor.shape)), f"tensor {shown(tensor.name)}")


def _order_problems(at: str, application: ApplicationPlan) -> Iterator[Problem]:
    """The exits of the segments are the exits of the application, and tensors go from one to the next."""
    segments = [segment for piece in application.pieces for segment in piece.segments]
    behind = [name for segment in segments for name in segment.exits]
    if behind != [exit_.exit for exit_ in application.exits]:
        yield Problem(f"{at}.exits", "must be the exits of the segments, in their order", shown(behind))
    for before, after in pairwise(segments):
        if before.output != after.input:
            rule = f"a segment must read what the one before gives, {shown(before.output)}"
            yield Problem(f"{at}.pieces", rule, shown(after.input))
    for piece in application.pieces:
        if piece.segments[0].input != piece.input.name:
            rule = (
                f"the first segment must read the input of piece {shown(piece.id)}, {shown(piece.input.name)}"
            )
            yield Problem(f"{at}.pieces", rule, shown(piece.segments[0].input))
    if segments[-1].output is not None or not segments[-1].exits:
        yield Problem(f"{at}.pieces", "the last segment must end at the final exit and give nothing more")
