"""One joint solve of an instance that lies in several files: the workers of an executor read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from finopt.api.dispatch import called
from finopt.evaluation.result import Result
from finopt.io import load_problem
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance
from finopt.problem.objective import Figure
from finopt.problem.options import OnInterrupt, checked
from finopt.solvers.call import Call
from finopt.solvers.progress import Listener

GAP = 1e-4
"""As of method "fin"; very many applications end at ten times as much."""


def solve_partitions(
    partitions: str | Path | Sequence[str | Path],
    *,
    executor: Executor,
    results: str | Path | None = None,
    gap: float = GAP,
    gamma: int | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: bool | Listener = False,
    on_interrupt: OnInterrupt = "raise",
    objective: Figure = "energy",
) -> Result:
    """Place the applications of an instance whose partitions are files, which only workers read.

    Parameters
    ----------
    partitions : str, Path or sequence of these
        Instance files, or a folder: all files in it that end in ``.json`` or ``.json.gz``, by name. Each is
        an instance of its own, with a CSV or Parquet table of applications beside it where there are many.
        All have the same shared nodes, links among these, models and profiles; every device, with its links
        and its applications, is in one of them. See :func:`finopt.generate_fleet_partitions`.
    executor : concurrent.futures.Executor
        Whose workers can read the files by these names, see docs/scaling.md: a client of Dask, for example.
    results : str or Path, optional
        Folder into which workers write a result file per partition, called as the partition is; it is made if
        it is missing. ``finopt check`` and `finopt.load` read them.
    gap, gamma, time_limit, seed, threads, progress, on_interrupt, objective
        As in :func:`finopt.solve` with method "fin"; ``threads`` of each worker.

    Returns
    -------
    Result
        Its ``placement`` is None: placements are in ``results``. ``objective`` and ``bound`` are of all
        partitions together, and every limit is checked as `finopt.evaluate` does.

    Raises
    ------
    TypeError, ValueError
        An option that cannot be; no files.
    InstanceError
        A file is wrong, or the partitions do not belong together.
    BackendError
        The executor fails, or the answer fails the check of the cost model.

    Examples
    --------
    >>> import finopt, tempfile
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as executor:
    ...     for i, part in enumerate(finopt.generate_fleet_partitions(40, 6, 2, 1, partitions=2)):
    ...         finopt.save(part, f"{folder}/part{i}.json")
    ...     result = finopt.solve_partitions(folder, executor=executor)
    >>> result.status.value, result.gap < 0.1, result.stats["partitions"]
    ('FEASIBLE', True, 2)
    """
    general = {"progress": progress, "on_interrupt": on_interrupt}
    common = {"time_limit": time_limit, "seed": seed, "threads": threads, **general}

    def prepared() -> Callable[[Call], Result]:
        own = checked({"gap": gap, "gamma": gamma, "executor": executor, "objective": objective})
        figure = own.pop("objective")
        if own.pop("executor") is None:
            raise TypeError("executor must be a concurrent.futures.Executor, got None")
        sources = [InFile(str(path), figure) for path in _files(partitions)]
        return lambda call: _solve(sources, executor, call, results, own)

    return called("fin", prepared, common, lambda result: replace(result, minimised=objective))


@dataclass(frozen=True)
class InFile:
    """The partition of a file, and what is minimised."""

    path: str
    objective: Figure = "energy"
    light: bool = True

    @property
    def name(self) -> str:
        """The file."""
        return self.path

    def load(self) -> Instance:
        """Read it."""
        found = load_problem(self.path)
        if not isinstance(found, Instance):
            raise InstanceError([Problem("$", "must be an instance, is a graph")], self.path)
        return found.minimising(self.objective)


def _solve(
    sources: Sequence[InFile],
    executor: Executor,
    call: Call,
    results: str | Path | None,
    options: dict[str, Any],
) -> Result:
    from finopt.heuristics.joint.distributed.solving import solve_sources  # loads scipy and HiGHS

    names = None
    if results is not None:
        folder = Path(results).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        names = [str(folder / Path(source.path).name) for source in sources]
    return solve_sources(sources, executor, call, write_to=names, **options)


def _files(partitions: str | Path | Sequence[str | Path]) -> list[Path]:
    """The files, by absolute names: workers may run elsewhere.

    Raises
    ------
    ValueError
        There are none, or two have the same name and their results would be written over each other.
    """
    if isinstance(partitions, str | Path):
        folder = Path(partitions)
        given = [path for path in folder.glob("*") if path.name.endswith((".json", ".json.gz"))]
        found = sorted(given) if folder.is_dir() else [folder]
    else:
        found = [Path(path) for path in partitions]
    if not found:
        raise ValueError(f"no partitions: {partitions!r} holds no .json or .json.gz files")
    names = [path.name for path in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"partitions must have different file names, these come twice: {', '.join(twice)}")
    return [path.resolve() for path in found]
