"""What a file of measurements says, and how the instance calls its models, devices, blocks and exits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.fields import LARGEST, SMALLEST
from finopt.problem.model import Exit, Model
from finopt.problem.profile import BlockMeasurement, ExitMeasurement, Profile
from finopt.problem.references import suggest

NO_TIME = 1e-9
"""Time of a classifier whose work is part of its block's figure [s]: a profile needs an entry for it."""


@dataclass(frozen=True)
class Part:
    """One block or exit on a class of devices: time [s] and energy [J] of a sample, and where it stands."""

    model: str
    device: str
    name: str
    time: float
    energy: float | None = None
    is_exit: bool = False
    source: str = ""
    place: str = ""

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return "exit" if self.is_exit else "block"


@dataclass(frozen=True)
class Reading:
    """What one file says: parts in its order, and what was assumed, a line each."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """What was read of one file or of several.

    Attributes
    ----------
    profiles : tuple of Profile
        Times in s and energies in J of one sample.
    notes : tuple of str
        What was assumed, a line each.
    """

    profiles: tuple[Profile, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """The file, the models there are, and names that the user gave beside the file."""

    source: str
    models: Mapping[str, Model] = field(default_factory=dict)
    model: str | None = None
    device: str | None = None

    def stop(self, problems: Sequence[Problem]) -> None:
        """Raise what was found, if anything."""
        if problems:
            raise InstanceError(problems, self.source)

    def required(self, what: str, found: str | None, told: str) -> str:
        """The name that the user gave, else that of the file, else an error."""
        name = getattr(self, what) or found
        if not name:
            self.stop([Problem(what, "is required", "", "", f"{told} does not say it")])
        assert name is not None
        return str(name)

    def known_model(self, name: str, place: str) -> Iterator[Problem]:
        """Whether there is such a model; without any models everything is one."""
        if self.models and name not in self.models:
            yield Problem(place, "no such model", shown(name), "", partial(suggest, name, self.models))

    def known_part(self, model: str, name: str, is_exit: bool, place: str) -> Iterator[Problem]:
        """Whether a model has such a block or exit."""
        if model not in self.models:
            return
        known = self.models[model].exit_by_id if is_exit else self.models[model].block_index
        if name not in known:
            what = f"no such {'exit' if is_exit else 'block'} of model {shown(model)}"
            yield Problem(place, what, shown(name), "", partial(suggest, name, known))

    def block_names(self, model: str, count: int, place: str) -> list[str]:
        """Names of numbered layers: those of the model's blocks, or ``layer1`` and so on."""
        if model not in self.models:
            self.stop(list(self.known_model(model, place)))
            return [f"layer{i}" for i in range(1, count + 1)]
        blocks = self.models[model].blocks
        if len(blocks) != count:
            rule = f"has {count} layers, the model {shown(model)} has {len(blocks)} blocks"
            self.stop([Problem(place, rule, "", "", "cut the model into the same pieces")])
        return [block.id for block in blocks]

    def exits_after(self, model: str, block: str) -> list[str]:
        """The exits behind a block."""
        exits = self.models[model].exits if model in self.models else ()
        return [exit_.id for exit_ in exits if exit_.after == block]


def together(readings: Sequence[Reading], models: Mapping[str, Model], source: str) -> Measured:
    """The parts of one file or several as profiles, one for each model and class of devices.

    An exit behind a measured block that has no figure of its own gets the smallest one.

    Raises
    ------
    InstanceError
        A part is measured twice, or exits of a model and device but none of its blocks.
    """
    parts: dict[tuple[str, str], dict[tuple[bool, str], Part]] = {}
    problems: list[Problem] = []
    for part in (part for reading in readings for part in reading.parts):
        problems += _unfit(part)
        group = parts.setdefault((part.model, part.device), {})
        first = group.get((part.is_exit, part.name))
        if first is None:
            group[part.is_exit, part.name] = part
        else:
            rule = f"{part.kind} of {shown(part.model)} on {shown(part.device)} measured twice"
            problems.append(Problem(part.place, f"{rule}, first in {first.place}", shown(part.name)))
    for (model, device), found in parts.items():
        if all(is_exit for is_exit, _ in found):
            rule = f"exits but no block of {shown(model)} on {shown(device)} are measured"
            problems.append(Problem(next(iter(found.values())).place, rule))
    if problems:
        raise InstanceError(problems, source)
    notes = [note for reading in readings for note in reading.notes]
    profiles = []
    for (model, device), found in parts.items():
        notes += _not_measured(models.get(model), device, found)
        missing = list(_missing_exits(models.get(model), found))
        working = [exit_.id for exit_ in missing if exit_.ops]
        if working:
            listed = ", ".join(working[:5]) + (" ..." if len(working) > 5 else "")
            notes.append(f"{model} on {device}: no time of {listed}: counted as part of the block before")
        profiles.append(_profile(model, device, list(found.values()), [exit_.id for exit_ in missing]))
    return Measured(tuple(profiles), tuple(notes))


def _unfit(part: Part) -> Iterator[Problem]:
    """Names and figures that no profile can have, wherever they come from."""
    for what, name in (("model", part.model), ("device", part.device), (part.kind, part.name)):
        if not name:
            yield Problem(part.place, f"the name of a {what} must not be empty")
        elif not name.isprintable() and name != name.encode("utf-8", "ignore").decode("utf-8"):
            yield Problem(part.place, f"the name of a {what} must be text: half a surrogate pair is not")
    if fault := figure_fault(part.time, True):
        yield Problem(part.place, f"the time of a sample {fault}", f"{part.time:g}", shown(part.name))
    if part.energy is not None and (fault := figure_fault(part.energy, False)):
        yield Problem(part.place, f"the energy of a sample {fault}", f"{part.energy:g}", shown(part.name))


def _not_measured(model: Model | None, device: str, found: Collection[tuple[bool, str]]) -> Iterator[str]:
    blocks = [block.id for block in model.blocks if (False, block.id) not in found] if model else []
    if model and blocks:
        listed = ", ".join(blocks[:5]) + (" ..." if len(blocks) > 5 else "")
        yield f"{model.id} on {device}: {listed} not measured, so cannot run there"


def _missing_exits(model: Model | None, found: Collection[tuple[bool, str]]) -> Iterator[Exit]:
    for exit_ in model.exits if model else ():
        if (False, exit_.after) in found and (True, exit_.id) not in found:
            yield exit_


def _profile(model: str, device: str, parts: Sequence[Part], missing: Sequence[str]) -> Profile:
    blocks = [one for one in parts if not one.is_exit]
    exits = [ExitMeasurement(exit=one.name, time=one.time, energy=one.energy) for one in parts if one.is_exit]
    return Profile(
        model=model,
        device=device,
        source="; ".join(dict.fromkeys(one.source for one in parts if one.source)),
        blocks=tuple(BlockMeasurement(block=one.name, time=one.time, energy=one.energy) for one in blocks),
        exits=(*exits, *(ExitMeasurement(exit=name, time=NO_TIME, energy=0.0) for name in missing)),
    )


def figure_fault(value: object, positive: bool) -> str:
    """What is wrong with a figure of seconds or joules; empty when nothing is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    if value != value or value in (float("inf"), float("-inf")):
        return "must be a finite number"
    if value < 0 or (positive and value == 0):
        return "must be above 0" if positive else "must be at least 0"
    if value > LARGEST or 0 < value < SMALLEST:
        return f"must be {'' if positive else '0 or '}from {SMALLEST:g} to {LARGEST:g}"
    return ""
