"""JSON of ``trtexec --exportProfile`` (NVIDIA TensorRT).

A list ``[{"count": n}, {"name": ..., "timeMs": ..., "averageMs": ..., "percentage": ...}, ...]``. TensorRT
fuses layers and names them anew. Best is a file per block, of an engine that was built from that piece alone;
a file of the whole model needs to be told with which layer every block ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import fsum
from pathlib import Path
from typing import Any

from finopt.io.importers.measurements.measured import NO_TIME, Named, Part, Reading, figure_fault
from finopt.io.strict_json import parse
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.references import suggest

MOST_LAYERS = 100_000

Layer = tuple[str, float]
"""Name and average time [s]."""


def read(
    text: str, named: Named, block: str | None, exit_: str | None, last_layers: Mapping[str, str]
) -> Reading:
    """The profile in a file.

    Raises
    ------
    InstanceError
        Every mistake by its place.
    """
    model = named.required("model", None, "a file of trtexec")
    device = named.required("device", None, "a file of trtexec")
    named.stop(list(named.known_model(model, "model")))
    if sum((block is not None, exit_ is not None, bool(last_layers))) > 1:
        named.stop([Problem("", "give one of block, exit and last_layers")])
    layers = _layers(text, named)
    source = f"trtexec: {Path(named.source).name}"
    if block is not None or exit_ is not None:
        name, is_exit = block or exit_ or "", exit_ is not None
        named.stop(list(named.known_part(model, name, is_exit, "exit" if is_exit else "block")))
        found = [(name, _sum(layers))]
    else:
        is_exit, found = False, _blocks(layers, named, model, last_layers)
    parts = (Part(model, device, name, time, None, is_exit, source, named.source) for name, time in found)
    notes = [] if block or exit_ else [f"{model} on {device}: layers of an engine summed up to blocks"]
    return Reading(tuple(parts), tuple(notes))


def _sum(layers: Sequence[Layer]) -> float:
    """Seconds of some layers, never 0, which no part takes."""
    return max(fsum(time for _, time in layers), NO_TIME)


def _blocks(
    layers: Sequence[Layer], named: Named, model: str, last_layers: Mapping[str, str]
) -> list[tuple[str, float]]:
    """Blocks and their seconds: the layers up to the last of each, or a block for every layer."""
    if not last_layers:
        names = named.block_names(model, len(layers), "layers")
        return [(name, _sum([layer])) for name, layer in zip(names, layers, strict=True)]
    position = {name: i for i, (name, _) in enumerate(layers)}
    problems = list(_last_layer_problems(named, model, position, last_layers))
    named.stop(problems)
    found, start = [], 0
    for block, last in last_layers.items():
        found.append((block, _sum(layers[start : position[last] + 1])))
        start = position[last] + 1
    if start < len(layers):
        rule = f"the last one must be that of the file, {shown(layers[-1][0])}"
        named.stop([Problem("last_layers", rule, shown(layers[start - 1][0]))])
    return found


def _last_layer_problems(
    named: Named, model: str, position: Mapping[str, int], last_layers: Mapping[str, str]
) -> Iterator[Problem]:
    before = -1
    for block, last in last_layers.items():
        place = f"last_layers[{shown(block)}]"
        yield from named.known_part(model, block, False, place)
        if last not in position:
            yield Problem(place, "no such layer", shown(last), "", partial(suggest, last, position))
        elif position[last] <= before:
            yield Problem(place, "must stand behind the last layer of the block before", shown(last))
        before = max(before, position.get(last, -1))


def _layers(text: str, named: Named) -> list[Layer]:
    data, problems = parse(text, named.source)
    if not isinstance(data, list) or not data:
        raise InstanceError([Problem("", "a profile of trtexec is a JSON list", shown(data))], named.source)
    entries = data[1:] if isinstance(data[0], dict) and "count" in data[0] else data
    if not 0 < len(entries) <= MOST_LAYERS:
        problems.append(Problem("", f"must hold 1 to {MOST_LAYERS} layers", str(len(entries))))
    for i, entry in enumerate(entries[:MOST_LAYERS], len(data) - len(entries)):
        problems += _faults(i, entry)
    named.stop(problems)
    return [(entry["name"], entry["averageMs"] / 1000) for entry in entries]


def _faults(i: int, entry: Any) -> Iterator[Problem]:
    if not isinstance(entry, dict):
        yield Problem(f"[{i}]", "must be an object", shown(entry))
        return
    if not isinstance(entry.get("name"), str):
        yield Problem(f"[{i}].name", "must be text", shown(entry.get("name")))
    if fault := figure_fault(entry.get("averageMs"), False):
        yield Problem(f"[{i}].averageMs", fault, shown(entry.get("averageMs")))
