"""What a page is about: an instance, an answer, and the account of its placement in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from finopt.api.pareto import Front
from finopt.evaluation.account import Evaluation, judged
from finopt.evaluation.bulk import ApplicationEvaluations
from finopt.evaluation.bulk_entries import application_index, translation
from finopt.evaluation.frames import application_columns
from finopt.evaluation.powers import powers
from finopt.evaluation.result import Result
from finopt.problem.application import Application
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.application_table import ApplicationTable
from finopt.problem.array_types import AnyArray
from finopt.problem.formatting import quantity
from finopt.problem.instance import Instance
from finopt.problem.placement_table import PlacementTable

TIERS = ("cloud", "edge", "mobile")
"""From top to bottom: data start below."""

Position = tuple[float, float]
"""Longitude and latitude [degrees]."""


@dataclass(frozen=True)
class Subject:
    """An instance, its answer, and what is shown besides."""

    instance: Instance
    result: Result
    evaluation: Evaluation | None
    fronts: Sequence[Front] = ()
    positions: Mapping[str, Position] | None = None

    @property
    def alone(self) -> bool:
        """Whether there is one application: its energy is then told per inference, else as power."""
        return len(self.instance.applications) == 1

    @property
    def unit(self) -> str:
        """Of energies on the page."""
        return "J" if self.alone else "W"

    def energy(self, power: float) -> float:
        """A power in the page's unit."""
        return power / self.instance.applications[0].rate if self.alone else power

    def in_words(self, power: float) -> str:
        """A power as the page tells it."""
        return quantity(self.energy(power), self.unit)

    @cached_property
    def columns(self) -> dict[str, Any]:
        """What every evaluated application costs, by the names of `ApplicationEvaluation`."""
        assert self.evaluation is not None
        found = application_columns(self.evaluation.applications)
        return {name: values if name == "application" else np.array(values) for name, values in found.items()}

    @cached_property
    def placed(self) -> PlacementTable | None:
        """Where the evaluated applications run, in the order of `columns`; None if it fits no table.

        A table has no slices: `placements` has them.
        """
        assert self.evaluation is not None
        if isinstance(self.evaluation.applications, ApplicationEvaluations):
            return self.evaluation.applications.placed
        try:
            return PlacementTable.of([replace(one, slices=(), route_slices=()) for one in self.placements])
        except ValueError:
            return None

    @cached_property
    def placements(self) -> Sequence[ApplicationPlacement]:
        """The placements of the evaluated applications, in the order of `columns`."""
        assert self.result.placement is not None and self.evaluation is not None
        if isinstance(self.evaluation.applications, ApplicationEvaluations):
            return self.evaluation.applications.placed
        return list(filter(self._has_account, self.result.placement.applications))

    def _has_account(self, placed: ApplicationPlacement) -> bool:
        """Whether a placement could be evaluated; an application may be placed twice, once impossibly."""
        application = self.instance.application_by_id.get(placed.application)
        return application is not None and judged(self.instance, application, placed)[0] is not None

    @cached_property
    def demand(self) -> ApplicationTable:
        """What the applications ask for, in columns."""
        return ApplicationTable.of(self.instance.applications)

    @cached_property
    def row(self) -> AnyArray:
        """Row of `demand` for each evaluated application."""
        if self.placed is not None:
            return application_index(self.instance, self.placed)
        return translation(self.columns["application"], self.demand.names())

    @cached_property
    def node(self) -> AnyArray:
        """Number of the instance's node for every node of `placed`."""
        assert self.placed is not None
        return translation(self.placed.node_ids, list(self.instance.node_by_id))[self.placed.node]

    @cached_property
    def powers(self) -> tuple[Mapping[str, float], Mapping[str, float]]:
        """Power of every node and link [W]."""
        assert self.evaluation is not None
        return powers(self.instance, self.evaluation)

    @cached_property
    def of_limit(self) -> Any:
        """Latency of every evaluated application as a share of its limit."""
        return self.columns["latency"] / self.demand.max_latency[self.row]

    def application(self, number: int) -> Application:
        """An evaluated application."""
        return self.instance.applications[int(self.row[number])]
