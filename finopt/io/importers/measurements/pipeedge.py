"""Profiles of PipeEdge (usc-isi/PipeEdge): ``device_types.yml`` and ``models.yml``.

``device_types.yml`` has, by device type and model, a list of runs with ``dtype``, ``batch_size`` and
``time_s``, the seconds of every layer for one microbatch. ``models.yml`` has the layers' memory and how many
numbers they give on; of operations it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from finopt.io.importers.measurements.measured import Named, Part, Reading, figure_fault
from finopt.io.strict_yaml import parse
from finopt.io.validation import validated
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.field_messages import keys_of, path_text
from finopt.problem.model import Model

MEGA = 1e6
"""PipeEdge's MB in bytes."""

MOST_AT_ONCE = 1_000_000
"""Samples of a microbatch."""

Location = tuple[int | str, ...]


def read(text: str, named: Named) -> Reading:
    """The profiles in a ``device_types.yml``: of every model on every device type, or of those named.

    Of several runs of a model on a device that with the smallest microbatch is taken.

    Raises
    ------
    InstanceError
        Every mistake by its place.
    """
    data, problems = parse(text, named.source)
    if not isinstance(data, dict) or not data:
        raise InstanceError([Problem("", "device types are a mapping by name", shown(data))], named.source)
    parts: list[Part] = []
    notes: list[str] = []
    for device, model, at, runs in _entries(data, problems):
        if _wanted(named, device, model):
            run = _chosen(runs, at, problems)
            if run is not None:
                parts += _parts(named, device, model, at, run)
                if run["batch_size"] > 1:
                    notes.append(f"{model} on {device}: a sample takes its part of a microbatch's time")
    named.stop(problems)
    if not parts:
        wanted = f"of {shown(named.model)} on {shown(named.device)}" if named.model or named.device else ""
        named.stop([Problem("", f"holds no profile {wanted}".strip())])
    return Reading(tuple(parts), tuple(notes))


def models(text: str, source: str) -> tuple[Model, ...]:
    """The models of a ``models.yml``: a block per layer, one exit at the end, accuracy 1.

    Raises
    ------
    InstanceError
        Every mistake by its place.
    """
    data, problems = parse(text, source)
    if not isinstance(data, dict) or not data:
        raise InstanceError([Problem("", "models are a mapping by name", shown(data))], source)
    found = []
    for name, item in data.items():
        wrong = list(_model_faults(name, item))
        problems += wrong
        if not wrong and item["layers"]:
            model, unfit = validated(Model, _model(name, item), keys_of(Model))
            problems += (replace(problem, path=f"{path_text([name])}: {problem.path}") for problem in unfit)
            found += [model] if model else []
    if problems:
        raise InstanceError(problems, source)
    return tuple(found)


def _entries(data: Any, problems: list[Problem]) -> Iterator[tuple[str, str, Location, Any]]:
    """Device, model, place and runs of everything that was measured."""
    for device, kind in data.items():
        if not isinstance(kind, dict):
            problems.append(Problem(path_text([device]), "must be an object", shown(kind)))
            continue
        by_model = kind.get("model_profiles")
        if not isinstance(by_model, dict | None):
            at = path_text([device, "model_profiles"])
            problems.append(Problem(at, "must be an object of models", shown(by_model)))
            continue
        for model, runs in (by_model or {}).items():
            yield device, model, (device, "model_profiles", model), runs


def _wanted(named: Named, device: str, model: str) -> bool:
    known = not named.models or model in named.models
    return named.device in (None, device) and (model == named.model if named.model else known)


def _chosen(runs: Any, at: Location, problems: list[Problem]) -> dict[str, Any] | None:
    """The run of the smallest microbatch."""
    if not isinstance(runs, list) or not runs:
        problems.append(Problem(path_text(at), "must be a list of runs", shown(runs)))
        return None
    before = len(problems)
    for i, run in enumerate(runs):
        problems += _run_faults((*at, i), run)
    if len(problems) > before:
        return None
    chosen: dict[str, Any] = min(runs, key=lambda run: run["batch_size"])
    return chosen


def _run_faults(at: Location, run: Any) -> Iterator[Problem]:
    if not isinstance(run, dict):
        yield Problem(path_text(at), "must be an object", shown(run))
        return
    batch, times = run.get("batch_size"), run.get("time_s")
    if type(batch) is not int or not 1 <= batch <= MOST_AT_ONCE:
        rule = f"must be a whole number from 1 to {MOST_AT_ONCE}"
        yield Problem(path_text([*at, "batch_size"]), rule, shown(batch))
    if not isinstance(times, list) or not times:
        yield Problem(path_text([*at, "time_s"]), "must be a list of times in s", shown(times))
        return
    for i, value in enumerate(times):
        if fault := figure_fault(value, True):
            yield Problem(path_text([*at, "time_s", i]), fault, shown(value))


def _parts(named: Named, device: str, model: str, at: Location, run: dict[str, Any]) -> Iterator[Part]:
    place = path_text([*at, "time_s"])
    names = named.block_names(model, len(run["time_s"]), place)
    batch = run["batch_size"]
    source = f"PipeEdge: {Path(named.source).name}, {str(run.get('dtype'))[:40]}, microbatch of {batch}"
    for name, time in zip(names, run["time_s"], strict=True):
        yield Part(model, device, name, time / batch, None, False, source, f"{named.source}, {place}")


def _model_faults(name: str, item: Any) -> Iterator[Problem]:
    if not isinstance(item, dict):
        yield Problem(path_text([name]), "must be an object", shown(item))
        return
    layers = item.get("layers")
    if type(layers) is not int or layers < 0:
        yield Problem(path_text([name, "layers"]), "must be a whole number of at least 0", shown(layers))
        return
    if fault := figure_fault(item.get("parameters_in"), False):
        yield Problem(path_text([name, "parameters_in"]), fault, shown(item.get("parameters_in")))
    for key in ("mem_MB", "parameters_out"):
        values = item.get(key)
        if not isinstance(values, list) or len(values) != layers:
            yield Problem(
                path_text([name, key]), f"must be a list of layers = {layers} figures", shown(values)
            )
            continue
        for i, value in enumerate(values):
            fault = figure_fault(value, False)
            if fault and not (key == "mem_MB" and isinstance(value, int | float) and -1e6 < value < 0):
                yield Problem(path_text([name, key, i]), fault, shown(value))


def _model(name: str, item: dict[str, Any], bits: int = 32) -> dict[str, Any]:
    """Memory that was measured as below 0 (the profiler subtracts two readings) counts as 0."""
    blocks = [
        {"id": f"layer{i}", "ops": 0.0, "output_bits": numbers * bits, "memory": max(memory, 0.0) * MEGA}
        for i, (numbers, memory) in enumerate(zip(item["parameters_out"], item["mem_MB"], strict=True), 1)
    ]
    return {
        "id": name,
        "input_bits": item["parameters_in"] * bits,
        "blocks": blocks,
        "exits": [{"id": "final", "after": blocks[-1]["id"]}],
        "configurations": [{"exits": ["final"], "shares": [1.0], "accuracy": 1.0}],
    }
