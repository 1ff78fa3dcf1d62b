"""What a method answers: what we hold, why it stopped, and how good it is."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finopt.evaluation.account import Evaluation
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.frames import What
from finopt.evaluation.sensitivity import JointSensitivity, Sensitivity
from finopt.problem.formatting import counted
from finopt.problem.instance import Instance
from finopt.problem.notebook import ROWS, Row, html_table, rest
from finopt.problem.objective import Figure
from finopt.problem.placement import Placement
from finopt.problem.status import Status, Termination

if TYPE_CHECKING:
    import pandas as pd

ASK = "call finopt.sensitivity(instance, result)"


@dataclass(frozen=True)
class Runtime:
    """Wall-clock seconds: building graphs and models, solving (search and check), and all of it."""

    build: float = 0.0
    solve: float = 0.0

    @property
    def total(self) -> float:
        """Build and solve together [s]."""
        return self.build + self.solve


@dataclass(frozen=True)
class Result:
    """The answer of a method.

    Attributes
    ----------
    status : Status
        OPTIMAL: proven within 1e-9 relative. FEASIBLE: an answer that passed the check. INFEASIBLE: proven
        that there is none. NO_SOLUTION: none was found and nothing is proven.
    termination : Termination
        Why the method stopped. ERROR: the process of its solver died; from :func:`finopt.solve_many` also
        that it never came to an end.
    placement : Placement or None
        The answer for an instance.
    path : tuple of int or None
        The answer for a `ResourceGraph`: its vertices from the source to a target.
    arcs : tuple of int or None
        Of the path: its arcs, counted from 0 in the order of the graph's arrays. They tell which of parallel
        arcs are meant.
    objective : float or None
        Power in W (with rate 1: energy per inference in J), recomputed by :func:`finopt.evaluate`; where
        another figure is minimised, that [g/s], [currency/s]; for a `ResourceGraph` the cost of the path.
    bound : float or None
        Proven lower bound on the objective, in the same unit.
    gap : float or None
        (objective - bound) / objective; 0 when both are 0.
    runtime : Runtime
        Seconds spent building and solving.
    method, solver : str
        The method and the back end with its version.
    stats : mapping
        Figures of the method: arcs, labels, levels, passes ...
    reason : str
        In words, why there is no answer or why it stopped early.
    evaluation : Evaluation or None
        The cost model's full account of the placement.
    index : int or None
        From :func:`finopt.solve_many`: the place of its instance among those given, counted from 0.
    minimised : {"energy", "carbon", "cost"}
        What the objective is of, see :func:`finopt.solve`.
    """

    status: Status
    termination: Termination
    method: str
    solver: str = ""
    placement: Placement | None = None
    path: tuple[int, ...] | None = None
    objective: float | None = None
    bound: float | None = None
    runtime: Runtime = Runtime()
    stats: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    evaluation: Evaluation | None = None
    index: int | None = None
    arcs: tuple[int, ...] | None = None
    minimised: Figure = "energy"

    def with_analysis(self, analyse: Callable[[Result], Sensitivity | JointSensitivity]) -> Result:
        """The same result, which finds its `sensitivity` by this function."""
        result = replace(self)
        vars(result)["_analyse"] = analyse
        return result

    @property
    def gap(self) -> float | None:
        """Relative distance of objective and bound, None when either is missing."""
        return relative_gap(self.objective, self.bound)

    @cached_property
    def sensitivity(self) -> Sensitivity | JointSensitivity:
        """What limits the answer and what more would save, computed when it is first asked for.

        Only of what :func:`finopt.solve` returned, while its instance is alive: a result keeps no instance.

        Raises
        ------
        AttributeError
            There is no placement, or its instance is unknown or gone; :func:`finopt.sensitivity` takes both.
        """
        analyse = vars(self).get("_analyse")
        if analyse is None:
            raise AttributeError(f"the result does not know its instance; {ASK}")
        found: Sensitivity | JointSensitivity = analyse(self)
        return found

    def save(self, path: str | Path, instance: Instance | None = None) -> None:
        """Write the result file, which `finopt.load` and ``finopt check`` read.

        Parameters
        ----------
        path : str or Path
            Where to; an existing file is replaced once everything is written, and stays as it was if that
            fails. With a name like ``x.json.gz`` it is packed with gzip.
        instance : Instance, optional
            What it answers; the file then names it.

        Raises
        ------
        InstanceError
            The name ends like that of a file that is packed in another way than with gzip.
        OSError
            The file cannot be written.
        """
        _writers[-1](self, path, instance)

    def to_frame(self, instance: Instance, what: What = "applications") -> pd.DataFrame:
        """The account of the placement as a pandas table, see `Evaluation.to_frame`.

        A result that was read from a file is evaluated anew.

        Raises
        ------
        ValueError
            There is no placement, or another ``what``.
        BackendError
            pandas is not installed.
        """
        if self.placement is None:
            reason = f": {self.reason}" if self.reason else ""
            raise ValueError(f"the result holds no placement, its status is {self.status}{reason}")
        evaluation = self.evaluation or evaluate(instance, self.placement)
        return evaluation.to_frame(what)

    def __getstate__(self) -> dict[str, Any]:
        """Its fields: what was computed for it, or could be, is not copied or sent anywhere."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def __repr__(self) -> str:
        """Status and figures on one line; what is placed where is in `placement`."""
        figures = {"objective": self.objective, "bound": self.bound, "gap": self.gap}
        known = [f"{name} {value:.6g}" for name, value in figures.items() if value is not None]
        if self.path is not None:
            known.append(f"path of {counted(len(self.path) - 1, 'arc')}")
        if self.placement is not None:
            known.append(f"placement of {counted(len(self.placement.applications), 'application')}")
        if self.reason:
            known.append(textwrap.shorten(self.reason, 100, placeholder=" ..."))
        head = f"{self.status} ({self.termination}) of {self.method}"
        head += "" if self.minimised == "energy" else f" for {self.minimised}"
        return f"<Result {head}{': ' if known else ''}{', '.join(known)}>"

    def _repr_html_(self) -> str:
        """Its figures, and where the first applications run, for notebooks."""
        figures = {"objective": self.objective, "bound": self.bound, "gap": self.gap}
        rows: list[Row] = [
            ("method", self.method),
            ("termination", str(self.termination)),
            ("reason", self.reason),
        ]
        rows += [(name, f"{value:.6g}") for name, value in figures.items() if value is not None]
        rows += [] if self.path is None else [("path", f"{counted(len(self.path) - 1, 'arc')}")]
        placed = () if self.placement is None else self.placement.applications
        rows += [(one.application, _where(one.nodes)) for one in placed[:ROWS]]
        return html_table(f"Result: {self.status}", [row for row in rows if row[1]] + rest(len(placed)))


def _where(nodes: Sequence[str]) -> str:
    """Nodes with how many blocks each, in order."""
    return ", ".join(f"{node} {len(list(run))}" for node, run in groupby(nodes))


_writers: list[Callable[[Result, str | Path, Instance | None], None]] = []


def written_by(write: Callable[[Result, str | Path, Instance | None], None]) -> None:
    """Let `Result.save` write with this function: files are the business of `finopt.io`, which calls this."""
    _writers.append(write)


def relative_gap(objective: float | None, bound: float | None) -> float | None:
    """(objective - bound) / objective, at least 0; None when either is missing.

    Examples
    --------
    >>> relative_gap(2.0, 1.5)
    0.25
    """
    if objective is None or bound is None:
        return None
    return max(0.0, (objective - bound) / objective) if objective > 0 else 0.0
