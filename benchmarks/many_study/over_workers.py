"""One joint solve over Dask workers: the fleet is drawn in partitions, which only the workers read.

    python benchmarks/many.py --over-workers 2                     # 10 000 000 applications
    python benchmarks/many.py --over-workers 2 --kill              # and a worker is killed in the middle
    python benchmarks/many.py --over-workers 2 --sizes 20000,2000,20,3 --partitions 4

Memory is that of all processes together, looked at twice a second: the caller, Dask's scheduler and nannies,
and the workers.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

SIZES = (10_000_000, 1_000_000, 1000, 50)
"""Applications, devices, sites and clouds."""

GAP = 5e-4
"""Aimed at; with very many applications the search ends at ten times as much."""

KILLED_IN_ROUND = 5
"""The round of prices in which a worker is killed."""


class Plan(NamedTuple):
    """What to solve, in which folder, by how many workers, and whether one is killed."""

    sizes: tuple[int, ...]
    partitions: int
    workers: int
    seed: int
    scarcity: float
    gap: float
    kill: bool
    folder: str


def main(plan: Plan) -> int:
    """Make the files, solve, and print the figures as JSON; exit code 1: not certified within 1 %."""
    with tempfile.TemporaryDirectory() as scratch:
        plan = plan if plan.folder else plan._replace(folder=scratch)
        if not any(Path(plan.folder).glob("*.json")):
            _draw_apart(plan)
        figures = solved(plan)
    print(json.dumps(figures, indent=2))
    return 0 if (figures["gap"] or 1.0) <= 0.01 else 1


def _draw_apart(plan: Plan) -> None:
    """Draw the fleet in a process of its own: that is no part of the run's memory."""
    from finopt.api.processes import Processes

    with Processes(1) as process:
        process.submit(draw, plan).result()


def draw(plan: Plan) -> None:
    """Write the partitions."""
    import finopt

    options: dict[str, Any] = {"scarcity": plan.scarcity, "seed": plan.seed, "partitions": plan.partitions}
    Path(plan.folder).mkdir(parents=True, exist_ok=True)
    for i, part in enumerate(finopt.generate_fleet_partitions(*plan.sizes, **options)):
        finopt.save(part, Path(plan.folder, f"part-{i:04d}.json"), table="parquet")


def solved(plan: Plan) -> dict[str, Any]:
    """Start the workers, solve with the clock running, and tell what it took."""
    from distributed import Client, LocalCluster
    from harness.child import answer

    import finopt

    local = {"n_workers": plan.workers, "threads_per_worker": 1, "dashboard_address": None, "memory_limit": 0}
    with LocalCluster(**local) as cluster, Client(cluster) as client, watched() as memory:
        began = time.perf_counter()
        result = finopt.solve_partitions(
            plan.folder,
            executor=client,
            results=Path(plan.folder, "answers"),
            gap=plan.gap,
            seed=plan.seed,
            progress=Killer(client) if plan.kill else True,
        )
        total_s = time.perf_counter() - began
    stats = {name: value for name, value in result.stats.items() if name != "prices"}
    return {
        "plan": plan._asdict(),
        **answer(result),
        "total_s": total_s,
        "peak_memory_mb": memory["peak"],
        **stats,
    }


class Killer:
    """Kills a worker as soon as so many rounds of prices were answered."""

    def __init__(self, client: Any) -> None:
        self.pids = [*client.run(os.getpid).values()]

    def __call__(self, progress: Any) -> None:
        """Hear what is going on."""
        if self.pids and progress.phase == "prices" and (progress.round or 0) >= KILLED_IN_ROUND:
            os.kill(self.pids[0], signal.SIGKILL)
            self.pids = []


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """The largest resident size of this process and all below it while something runs [10^6 byte]."""
    memory, ended = {"peak": 0.0}, threading.Event()

    def look() -> None:
        while not ended.wait(0.5):
            memory["peak"] = max(memory["peak"], resident(os.getpid()))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()


def resident(root: int) -> float:
    """Resident size of a process and all below it [10^6 byte]; Linux only, elsewhere 0."""
    parent, size = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            parent[int(folder.name)] = int(stat[1])
            size[int(folder.name)] = int(stat[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        except (OSError, IndexError):
            continue
    return sum(own for pid, own in size.items() if _below(pid, root, parent))


def _below(pid: int, root: int, parent: dict[int, int]) -> bool:
    while pid and pid != root:
        pid = parent.get(pid, 0)
    return pid == root
