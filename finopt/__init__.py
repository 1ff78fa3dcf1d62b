"""finopt: energy-minimal placement of early-exit neural networks on mobile, edge and cloud nodes.

>>> import finopt
>>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
>>> result = finopt.solve(instance, method="fin")
>>> f"{result.status}: {result.objective:.4f} J"
'OPTIMAL: 0.1001 J'
"""

from finopt.api import solve
from finopt.errors import BackendError, InstanceError
from finopt.evaluation import Evaluation, evaluate
from finopt.generate import generate
from finopt.instance import (
    Application,
    Block,
    Configuration,
    Exit,
    Instance,
    Link,
    Model,
    Node,
)
from finopt.io import load, save
from finopt.placement import ApplicationPlacement, Placement
from finopt.result import Result, Status, Termination

__version__ = "0.1.0"

__all__ = [
    "Application",
    "ApplicationPlacement",
    "BackendError",
    "Block",
    "Configuration",
    "Evaluation",
    "Exit",
    "Instance",
    "InstanceError",
    "Link",
    "Model",
    "Node",
    "Placement",
    "Result",
    "Status",
    "Termination",
    "evaluate",
    "generate",
    "load",
    "save",
    "solve",
]
