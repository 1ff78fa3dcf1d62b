"""finopt: energy-minimal placement of early-exit neural networks on mobile, edge and cloud nodes.

>>> import finopt
>>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
>>> result = finopt.solve(instance, method="fin")
>>> f"{result.status}: {result.objective:.4f} J"
'OPTIMAL: 0.1001 J'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from finopt.api.batch import solve_many
from finopt.api.dispatch import solve
from finopt.api.interrupted import Interrupted
from finopt.api.pareto import Front, FrontPoint, pareto
from finopt.api.partitions import solve_partitions
from finopt.api.sensitivity import sensitivity
from finopt.evaluation.account import Evaluation
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.result import Result
from finopt.evaluation.sensitivity import JointSensitivity, Limit, Sensitivity
from finopt.io import load, save
from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.application_table import ApplicationTable
from finopt.problem.errors import BackendError, InstanceError, InstanceWarning
from finopt.problem.generators.day import generate_day
from finopt.problem.generators.random_instance import generate
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Block, Configuration, Exit, Model
from finopt.problem.moving import Moving
from finopt.problem.network import Link, Node
from finopt.problem.placement import Placement
from finopt.problem.placement_table import PlacementTable
from finopt.problem.profile import BlockMeasurement, ExitMeasurement, Profile
from finopt.problem.status import Status, Termination
from finopt.solvers.progress import Progress

if TYPE_CHECKING:
    from finopt import graph, plotting, simulation
    from finopt.api.versions import show_versions
    from finopt.graph.resource import ResourceGraph
    from finopt.problem.generators.fleet import generate_fleet, generate_fleet_partitions
    from finopt.reporting.page import report

__version__ = "0.2.0"

__all__ = [
    "Application",
    "ApplicationPlacement",
    "ApplicationTable",
    "BackendError",
    "Block",
    "BlockMeasurement",
    "Configuration",
    "Evaluation",
    "Exit",
    "ExitMeasurement",
    "Front",
    "FrontPoint",
    "Instance",
    "InstanceError",
    "InstanceWarning",
    "Interrupted",
    "JointSensitivity",
    "Limit",
    "Link",
    "Model",
    "Moving",
    "Node",
    "Placement",
    "PlacementTable",
    "Profile",
    "Progress",
    "ResourceGraph",
    "Result",
    "Sensitivity",
    "Status",
    "Termination",
    "evaluate",
    "generate",
    "generate_day",
    "generate_fleet",
    "generate_fleet_partitions",
    "graph",
    "load",
    "pareto",
    "plotting",
    "report",
    "save",
    "sensitivity",
    "show_versions",
    "simulation",
    "solve",
    "solve_many",
    "solve_partitions",
]


_ON_DEMAND = {
    "ResourceGraph": "finopt.graph.resource",
    "generate_fleet": "finopt.problem.generators.fleet",
    "report": "finopt.reporting.page",
    "show_versions": "finopt.api.versions",
    "generate_fleet_partitions": "finopt.problem.generators.fleet",
}


def __getattr__(name: str) -> Any:
    """What loads numpy or is seldom used, on demand: ``import finopt`` does without."""
    if name in _ON_DEMAND:
        return getattr(import_module(_ON_DEMAND[name]), name)
    if name in ("graph", "plotting", "simulation"):
        return import_module(f"finopt.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
