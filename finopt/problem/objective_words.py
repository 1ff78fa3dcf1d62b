"""What the objective of an instance is called, and its figures with their units."""

from __future__ import annotations

from finopt.problem.formatting import amount
from finopt.problem.instance import Instance
from finopt.problem.objective import TOTAL


def objective(instance: Instance, value: float | None, digits: int = 5) -> str:
    """An objective or bound with its unit, see `objective_kind`."""
    return amount(value, instance.objective, digits, rate=not is_per_inference(instance))


def objective_kind(instance: Instance) -> str:
    """What the objective is: the energy of an inference for one application at rate 1, else power.

    Where carbon or cost is minimised, that.
    """
    figure = instance.objective
    return figure if is_per_inference(instance) else TOTAL[figure]


def is_per_inference(instance: Instance) -> bool:
    """Whether the objective is that of an inference: of one application at rate 1."""
    return len(instance.applications) == 1 and instance.applications[0].rate == 1
