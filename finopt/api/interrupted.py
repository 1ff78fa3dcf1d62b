"""What Ctrl-C raises from Python: a KeyboardInterrupt that carries the answer so far."""

from __future__ import annotations

from typing import Any


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a call. Nothing is lost: the best answer so far is at hand.

    Raised by :func:`finopt.solve` and :func:`finopt.pareto`, so that a loop around them ends as well;
    with ``on_interrupt="return"`` they return the answer instead.

    Attributes
    ----------
    result : Result or tuple of Front
        What the call would have returned, with its bound and the termination INTERRUPTED.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> try:
    ...     result = finopt.solve(instance)
    ... except finopt.Interrupted as stop:
    ...     result = stop.result
    >>> result.status.value
    'OPTIMAL'
    """

    def __init__(self, result: Any) -> None:
        super().__init__(result)
        self.result = result

    def __str__(self) -> str:
        """The answer so far in short."""
        return f"the answer so far is in .result: {self.result}"
