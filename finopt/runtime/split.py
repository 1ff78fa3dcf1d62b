"""From an instance, a placement and ONNX files to a plan in pieces: one file per visit, and the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import finopt
from finopt.evaluation.steps import account, computing, exit_latencies, returned
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.coefficients import enabled_parts
from finopt.problem.errors import InstanceError, Problem, first, shown
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Model, leaving
from finopt.problem.placement import Placement
from finopt.problem.references import suggest
from finopt.problem.visits import Visit, visits
from finopt.runtime.manifest import (
    ApplicationPlan,
    ExitPlan,
    LinkPlan,
    Manifest,
    ModelFile,
    NodePlan,
    Piece,
    Segment,
)
from finopt.runtime.names import name_problems
from finopt.runtime.source_models import SourceModel, described
from finopt.runtime.visits import segments, tensors_given

Thresholds = Mapping[str, Mapping[str, float]]
"""By application its thresholds, by exit."""


@dataclass(frozen=True)
class SplitPlan:
    """A manifest, and the contents of the files that it names.

    Attributes
    ----------
    manifest : Manifest
    pieces : dict of str to onnx.ModelProto
        By path inside the folder.
    models : dict of str to SourceModel
        The whole models, by path inside the folder.
    """

    manifest: Manifest
    pieces: Mapping[str, Any] = field(repr=False)
    models: Mapping[str, SourceModel] = field(repr=False)


def split(
    instance: Instance,
    placement: Placement,
    models: Mapping[str, SourceModel],
    thresholds: Thresholds,
    *,
    only: Sequence[str] = (),
    result: str = "",
) -> SplitPlan:
    """Cut models where a placement says.

    Parameters
    ----------
    instance : Instance
        Blocks and exits of its models are called like their tensors in the files, as
        `finopt.io.importers.onnx` calls them.
    placement : Placement
    models : mapping of str to SourceModel
        By the id of the model.
    thresholds : mapping
        By application and exit; what is left out is missing in the manifest.
    only : sequence of str
        Ids of the applications to cut; none: all.
    result : str
        What the manifest says of where the placement is from.

    Raises
    ------
    InstanceError
        The placement is not feasible for the instance, a model has no file or a file lacks a tensor, or an id
        cannot name a file; lists everything.
    BackendError
        The package onnx is not installed.
    """
    chosen = _chosen(instance, placement, only)
    _check(instance, chosen, models)
    plans: list[ApplicationPlan] = []
    pieces: dict[str, Any] = {}
    for placed in chosen:
        cut = _Cut(instance, placed, models, thresholds.get(placed.application, {}))
        plans.append(cut.plan())
        pieces.update(cut.contents())
    used = list(dict.fromkeys(plan.model for plan in plans))
    manifest = Manifest(
        instance=instance.name,
        result=result,
        nodes=_nodes(instance, plans, chosen),
        links=_links(instance, plans),
        models=tuple(_model_file(models[name]) for name in used),
        applications=tuple(plans),
    )
    return SplitPlan(manifest, pieces, {_whole(name): models[name] for name in used})


def _chosen(instance: Instance, placement: Placement, only: Sequence[str]) -> list[ApplicationPlacement]:
    """The placements to cut, of one that is feasible as a whole."""
    evaluation = finopt.evaluate(instance, placement)
    if not evaluation.feasible:
        broken = [Problem("placement", str(violation)) for violation in evaluation.violations]
        raise InstanceError(broken, "result")
    known = {placed.application: placed for placed in placement.applications}
    problems = [
        Problem("--application", "is not placed", shown(name), "", suggest(name, known))
        for name in only
        if name not in known
    ]
    if problems:
        raise InstanceError(problems, "options")
    return [known[name] for name in dict.fromkeys(only or known)]


Placements = Sequence[ApplicationPlacement]


def _check(instance: Instance, chosen: Placements, models: Mapping[str, SourceModel]) -> None:
    problems = [*_unfit_names(instance, chosen), *_missing_models(instance, chosen, models)]
    for source in models.values():
        problems += source.missing(_tensors_needed(instance, chosen, source.model))
    if problems:
        raise InstanceError(first(problems), instance.name or "instance")


def _unfit_names(instance: Instance, chosen: Placements) -> Iterator[Problem]:
    yield from name_problems("node", (node for placed in chosen for node in placed.nodes))
    yield from name_problems("application", (placed.application for placed in chosen))
    yield from name_problems("model", (_model(instance, placed).id for placed in chosen))


def _missing_models(
    instance: Instance, chosen: Placements, models: Mapping[str, SourceModel]
) -> Iterator[Problem]:
    for name in sorted({_model(instance, placed).id for placed in chosen} - models.keys()):
        yield Problem(
            "--model", "no file is given", "", f"model {shown(name)}", f"add --model {name}=FILE.onnx"
        )
    known = instance.model_by_id
    for name in sorted(models.keys() - known.keys()):
        yield Problem("--model", "no such model in the instance", shown(name), "", suggest(name, known))


def _tensors_needed(instance: Instance, chosen: Placements, name: str) -> list[str]:
    """The blocks at whose ends a model is cut, and the enabled exits."""
    needed: list[str] = []
    for placed in chosen:
        model = _model(instance, placed)
        if model.id == name:
            configuration = model.configurations[placed.configuration]
            needed += (model.blocks[visit.last].id for visit in visits(placed)[:-1])
            needed += (model.exit_by_id[exit_].after for exit_ in configuration.exits[:-1])
            needed += configuration.exits
    return needed


def _model(instance: Instance, placed: ApplicationPlacement) -> Model:
    return instance.model_of(instance.application_by_id[placed.application])


class _Cut:
    """One application on its way into pieces."""

    def __init__(
        self,
        instance: Instance,
        placed: ApplicationPlacement,
        models: Mapping[str, SourceModel],
        thresholds: Mapping[str, float],
    ) -> None:
        self.instance, self.placed, self.thresholds = instance, placed, thresholds
        self.application: Application = instance.application_by_id[placed.application]
        self.model = instance.model_of(self.application)
        self.configuration = self.model.configurations[placed.configuration]
        self.source = models[self.model.id]
        self.visits = visits(placed)

    def plan(self) -> ApplicationPlan:
        exits = tuple(self._exits())
        return ApplicationPlan(
            application=self.application.id,
            model=self.model.id,
            configuration=self.placed.configuration,
            source=self.application.source,
            destination=self.application.destination,
            pieces=tuple(self._piece(number, visit) for number, visit in enumerate(self.visits)),
            exits=exits,
            predicted_latency=max(exit_.predicted_latency for exit_ in exits),
            predicted_energy=self._energy(),
        )

    def contents(self) -> Iterator[tuple[str, Any]]:
        """The pieces by the names of their files."""
        for number, visit in enumerate(self.visits):
            yield self._file(number, visit), self._content(self._segments(visit))

    def _energy(self) -> float:
        own = account(self.instance, self.application, self.placed)
        return float(sum(own.node_energy.values()) + sum(own.link_energy.values()))

    def _exits(self) -> Iterator[ExitPlan]:
        latency = exit_latencies(self.instance, self.application, self.placed)
        back = list(returned(self.instance, self.application, self.placed))
        for number, (_, name, share) in enumerate(leaving(self.model, self.configuration)):
            last = name == self.configuration.exits[-1]
            yield ExitPlan(
                exit=name,
                share=float(share),
                threshold=None if last else self.thresholds.get(name),
                confidence=self.source.confidence(name),
                predicted_latency=float(latency[name]),
                route=back[number].route.links if back else (),
            )

    def _piece(self, number: int, visit: Visit) -> Piece:
        parts = self._segments(visit)
        content = self._content(parts)
        seconds, joules = computing(self.instance, self.application, self.placed, visit.blocks)
        return Piece(
            id=f"{self.application.id}.{number}",
            file=self._file(number, visit),
            node=visit.node,
            segments=tuple(parts),
            input=described(content.graph.input[0]),
            outputs=tuple(map(described, content.graph.output)),
            route=visit.route,
            planned_bits=self.model.stage_bits[visit.first],
            predicted_seconds=float(seconds),
            predicted_energy=float(joules),
        )

    def _segments(self, visit: Visit) -> list[Segment]:
        return segments(self.model, self.configuration, visit, self.source.input)

    def _content(self, parts: Sequence[Segment]) -> Any:
        return self.source.piece([parts[0].input], tensors_given(parts))

    def _file(self, number: int, visit: Visit) -> str:
        return f"pieces/{self.application.id}.{number}.{visit.node}.onnx"


def _whole(model: str) -> str:
    return f"models/{model}.onnx"


def _model_file(source: SourceModel) -> ModelFile:
    value = next(value for value in source.proto.graph.input if value.name == source.input)
    return ModelFile(model=source.model, file=_whole(source.model), input=described(value))


def _nodes(instance: Instance, plans: Iterable[ApplicationPlan], chosen: Placements) -> tuple[NodePlan, ...]:
    """The nodes that compute, give samples or get results, in the order of the instance."""
    used: set[str | None] = set()
    for plan in plans:
        used |= {plan.source, plan.destination, *(piece.node for piece in plan.pieces)}
    memory = _memory(instance, chosen)
    return tuple(
        NodePlan(
            id=node.id, tier=node.tier, device=node.device, power=node.power, memory=memory.get(node.id, 0.0)
        )
        for node in instance.nodes
        if node.id in used
    )


def _memory(instance: Instance, chosen: Placements) -> dict[str, float]:
    """Weights by node [byte]: every piece holds its own."""
    found: dict[str, float] = {}
    for placed in chosen:
        model = _model(instance, placed)
        for node, parts in zip(placed.nodes, enabled_parts(model, placed.configuration), strict=True):
            found[node] = found.get(node, 0.0) + sum(part.memory for part in parts)
    return found


def _links(instance: Instance, plans: Iterable[ApplicationPlan]) -> tuple[LinkPlan, ...]:
    """The links that routes use, in the order of the instance."""
    used: set[str] = set()
    for plan in plans:
        used.update(link for piece in plan.pieces for link in piece.route)
        used.update(link for exit_ in plan.exits for link in exit_.route)
    links = [link for link in instance.directed_links if link.id in used]
    return tuple(LinkPlan(**{name: getattr(link, name) for name in LinkPlan.model_fields}) for link in links)
