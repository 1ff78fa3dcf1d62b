"""The section ``models``: ONNX files, files of models, models as in an instance file; sweeps of exits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainValidator

from finopt.io.importers import measurements
from finopt.io.importers import onnx as onnx_files
from finopt.io.project.faults import Faults
from finopt.io.project.notes import Note, notes_of
from finopt.io.project.paths import Files
from finopt.io.regular_file import read_regular_text
from finopt.io.strict_json import parse as parse_json
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.field_messages import Location, path_text
from finopt.problem.fields import Frozen, Identifier, Items, NonNegative, Share
from finopt.problem.model import Configuration, Exit, Model
from finopt.problem.references import suggest

MOST_BYTES = 2**26
"""Larger files of models are not read."""

NO_ACCURACY = "the accuracy is not in the file"
"""How the remark begins that no longer holds once an accuracy is known."""


def _block_of(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise ValueError("must be the number of a block, from 1, or its id")
    return value


def _size_of(value: Any) -> int | list[int]:
    sizes = value if isinstance(value, list) and value else [value]
    if not all(type(size) is int and 0 < size < 2**40 for size in sizes):
        raise ValueError("must be a whole number above 0, or a list of them")
    return value  # type: ignore[no-any-return]


Size = Annotated[int | list[int], PlainValidator(_size_of)]
"""Of a dimension by its symbol, or of all dimensions of an input."""


class Classifier(Frozen):
    """An exit that the ONNX file does not hold: a classifier put behind a block."""

    id: Identifier
    after: Annotated[int | str, PlainValidator(_block_of)] = Field(description="number of a block, or its id")
    ops: NonNegative = Field(description="operations of the classifier [op]")
    memory: NonNegative = Field(default=0.0, description="memory of the classifier [byte]")
    output_bits: NonNegative = Field(default=0.0, description="size of its result [bit]")


class _Swept(Frozen):
    """What every kind of model has."""

    sweep: Identifier | None = Field(default=None, description="CSV of threshold settings")
    sweep_network: str | None = Field(default=None, description="BranchyNet's header: which rows")


class _Foreign(_Swept):
    """What models in files have."""

    id: Identifier | None = None
    accuracy: Share | None = Field(default=None, description="of the final exit alone, without a sweep")


class OnnxModelFile(_Foreign):
    """A model in an ONNX file."""

    id: Identifier | None = Field(default=None, description="default: name of the file")
    onnx: Identifier = Field(description="a file, or wheel:NAME for a model inside the package onnx")
    blocks: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None, description="merge into so many; default: cut wherever possible"
    )
    cuts: Items[Identifier] | None = Field(
        default=None, description="tensors at which to cut, instead of blocks"
    )
    exits: Items[Identifier] | None = Field(
        default=None, description="tensors or operators of the exits; default: all outputs"
    )
    classifiers: Items[Classifier] = Field(default=(), description="exits that the file does not hold")
    precision: Annotated[int, Field(ge=1, le=64)] = Field(default=32, description="bits of a number")
    shapes: dict[str, Size] | None = Field(default=None, description="sizes that the file leaves open")
    shared_weights: bool = False


class ModelFile(_Foreign):
    """A model in a JSON file (alone, or in an instance), or in PipeEdge's models.yml."""

    id: Identifier | None = Field(default=None, description="which one, where the file holds several")
    file: Identifier


class InlineModel(Model, _Swept):
    """A model as in an instance file; its configurations may come from a sweep."""

    configurations: Items[Configuration] = ()


AnyModel = OnnxModelFile | ModelFile | InlineModel


def parse(data: Any, whole: Any, faults: Faults) -> list[tuple[Location, AnyModel]]:
    """The entries of the section whose fields are right, with their places."""
    found: list[tuple[Location, AnyModel]] = []
    for at, item in faults.list(data, "models"):
        kind: type[AnyModel] = (
            OnnxModelFile if "onnx" in item else ModelFile if "file" in item else InlineModel
        )
        part = faults.part(kind, item, at, whole)
        if part is not None:
            found.append((at, part))
    return found


def build(
    parts: Sequence[tuple[Location, AnyModel]], files: Files, faults: Faults
) -> tuple[list[Model], list[Note]]:
    """The models of the entries that can be read, and what was assumed of them."""
    models: dict[str, Model] = {}
    notes: list[Note] = []
    for at, part in parts:
        model, more = _model(at, part, files, faults)
        if model is None:
            continue
        if model.id in models:
            faults.add(path_text((*at, "id")), "duplicate id", shown(model.id), "give another id")
        models[model.id] = model
        notes += more
    return list(models.values()), notes


def _model(at: Location, part: AnyModel, files: Files, faults: Faults) -> tuple[Model | None, list[Note]]:
    """One model with its configurations; None when something is wrong, which is noted."""
    before = len(faults.problems)
    model: Model | None = None
    notes: list[Note] = []
    if isinstance(part, OnnxModelFile):
        with faults.of(path_text((*at, "onnx")), part.onnx):
            model, told = _from_onnx(part, files)
            notes = notes_of(f"model {model.id}", told)
        with faults.of(path_text(at)):
            model = _with_classifiers(model, part.classifiers) if model else None
    elif isinstance(part, ModelFile):
        with faults.of(path_text((*at, "file")), part.file):
            model = _from_file(part, files)
    else:
        model = _inline(part)
        if not part.configurations and part.sweep is None:
            faults.add(path_text((*at, "configurations")), "is required, or a sweep")
    if model is None or len(faults.problems) > before:
        return model, notes
    if isinstance(part, _Foreign) and part.accuracy is not None:
        model = model.replace(configurations=(_final_only(model, part.accuracy),))
        notes = [note for note in notes if not note.text.startswith(NO_ACCURACY)]
    if part.sweep is None:
        return model, notes
    with faults.of(path_text((*at, "sweep")), part.sweep):
        sweep = measurements.read_sweep(files.find(part.sweep), model, part.sweep_network)
        notes = [note for note in notes if not note.text.startswith(NO_ACCURACY)]
        notes += notes_of(f"model {model.id}", (f"{part.sweep}: {text}" for text in sweep.notes))
        model = model.replace(configurations=sweep.configurations)
    return model, notes


def _inline(part: InlineModel) -> Model:
    """The model; one in the place of configurations that a sweep will give."""
    stand_in = (_final_only(part, 1.0),)
    fields = {name: getattr(part, name) for name in Model.model_fields}
    return Model(**{**fields, "configurations": part.configurations or stand_in})


def _final_only(model: Model, accuracy: float) -> Configuration:
    """All samples go to the last exit."""
    return Configuration(exits=(model.exits[-1].id,), shares=(1.0,), accuracy=accuracy)


# ---------------------------------------------------------------- ONNX


def _from_onnx(part: OnnxModelFile, files: Files) -> tuple[Model, list[str]]:
    path = files.find_model(part.onnx)
    read = onnx_files.read(
        path,
        blocks=part.blocks,
        cuts=part.cuts,
        exits=part.exits,
        precision=part.precision,
        shapes=part.shapes,
        model_id=part.id or path.stem,
    )
    model, notes = read.model, list(read.notes)
    sizes = f"{len(model.blocks)} blocks of {part.onnx}, {part.precision} bits per number"
    return model.replace(shared_weights=part.shared_weights), [sizes, *notes]


def _with_classifiers(model: Model, classifiers: Sequence[Classifier]) -> Model:
    """The model with more exits, in block order, the final one last.

    Raises
    ------
    InstanceError
        One sits behind a block that there is not, or has the id of another exit.
    """
    problems = []
    added: list[Exit] = []
    for i, one in enumerate(classifiers):
        block = _block(model, one.after)
        if block is None:
            hint = partial(suggest, str(one.after), model.block_index)
            rule = f"no such block, there are {len(model.blocks)}"
            problems.append(Problem(f"classifiers[{i}].after", rule, shown(one.after), "", hint))
        elif one.id in model.exit_by_id or one.id in {other.id for other in added}:
            problems.append(Problem(f"classifiers[{i}].id", "is the id of another exit", shown(one.id)))
        else:
            added.append(
                Exit(id=one.id, after=block, ops=one.ops, memory=one.memory, output_bits=one.output_bits)
            )
    if problems:
        raise InstanceError(problems)
    early = sorted([*model.exits[:-1], *added], key=lambda exit_: model.block_index[exit_.after])
    return model.replace(exits=(*early, model.exits[-1]))


def _block(model: Model, named: int | str) -> str | None:
    if isinstance(named, str):
        return named if named in model.block_index else None
    return model.blocks[named - 1].id if 1 <= named <= len(model.blocks) else None


# ---------------------------------------------------------------- files


def _from_file(part: ModelFile, files: Files) -> Model:
    path = files.find(part.file)
    if path.suffix.lower() in measurements.YAML:
        found: Mapping[str, Model] = {model.id: model for model in measurements.read_models(path)}
    else:
        found = _models_in(path)
    if part.id is None and len(found) == 1:
        return next(iter(found.values()))
    if part.id is None:
        rule = f"holds {len(found)} models: say which one"
        raise InstanceError([Problem("id", rule, "", "", partial(suggest, "", found))])
    if part.id not in found:
        raise InstanceError(
            [Problem("id", "no such model", shown(part.id), "", partial(suggest, part.id, found))]
        )
    return found[part.id]


def _models_in(path: Path) -> Mapping[str, Model]:
    """The models of a JSON file: one alone, or a list under ``models``."""
    data, problems = parse_json(read_regular_text(path, MOST_BYTES), str(path))
    faults = Faults(str(path))
    faults.extend(problems)
    if not isinstance(data, dict):
        raise InstanceError([Problem("", "must be a model or an object with models", shown(data))])
    found: dict[str, Model] = {}
    entries = faults.list(data["models"], "models") if "models" in data else [((), data)]
    for at, item in entries:
        model = faults.part(Model, item, at, data)
        if model is not None:
            found[model.id] = model
    faults.stop()
    return found
