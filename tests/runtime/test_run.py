"""Plans that run: processes for all nodes, equal to the whole model, and an end whatever happens."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from finopt.problem.array_types import AnyArray
from finopt.problem.errors import BackendError, InstanceError
from finopt.runtime import cluster, plan_folder, run
from finopt.runtime.cluster import Cluster
from finopt.runtime.manifest import Manifest
from finopt.runtime.manifest_file import read
from finopt.runtime.samples import SampleOf
from finopt.runtime.source_models import SourceModel
from finopt.runtime.split import split
from finopt.runtime.wire import HOST, Message, send
from finopt.solvers.interruption import Interrupt
from tests.digits_plans import (
    BOTH,
    COMING_BACK,
    EVERYWHERE,
    FIRST_AND_LAST,
    MODEL,
    SAMPLES,
    THRESHOLDS,
    digits_instance,
    placed,
)

PATIENCE = 60
"""Seconds after which a test gives up; nothing is measured with it."""


@pytest.fixture(scope="module")
def source() -> SourceModel:
    return SourceModel("digits", MODEL)


def plan(
    source: SourceModel,
    folder: Path,
    nodes: tuple[str, ...] = EVERYWHERE,
    configuration: int = BOTH,
    **application: object,
) -> Manifest:
    """A plan in a folder, as its manifest."""
    instance = digits_instance(**application)
    there = placed(nodes, configuration)
    plan_folder.write(split(instance, there, {"digits": source}, {"reader": THRESHOLDS}), folder / "plan")
    return read(folder / "plan")


def images(before: dict[int, object] | None = None) -> dict[str, SampleOf]:
    """The shipped samples; what `before` has for a number is called before it is given out."""
    values = np.load(SAMPLES)["image"]

    def sample(number: int) -> AnyArray:
        action = (before or {}).get(number)
        if callable(action):
            action()
        return values[number][None]

    return {"reader": sample}


@pytest.fixture
def clusters(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Cluster]]:
    """Every cluster that a run starts; in the end none of its processes is left."""
    seen: list[Cluster] = []
    real = cluster.started

    @contextmanager
    def noted(folder: Path, manifest: Manifest, interrupt: Interrupt) -> Iterator[Cluster]:
        with real(folder, manifest, interrupt) as running:
            seen.append(running)
            yield running

    monkeypatch.setattr(run, "started", noted)
    yield seen
    assert not [p for running in seen for p in running.processes.values() if p.is_alive()]


@pytest.mark.parametrize(
    ("nodes", "configuration", "application"),
    [
        (EVERYWHERE, BOTH, {}),
        (EVERYWHERE, BOTH, {"result_to": "source"}),
        (COMING_BACK, FIRST_AND_LAST, {"result_to": "edge"}),
        (("cloud",) * 4, BOTH, {}),
    ],
)
def test_every_sample_leaves_where_it_leaves_the_whole_model(
    source: SourceModel,
    tmp_path: Path,
    clusters: list[Cluster],
    nodes: tuple[str, ...],
    configuration: int,
    application: dict[str, str],
) -> None:
    manifest = plan(source, tmp_path, nodes, configuration, **application)
    found = run.run(tmp_path / "plan", manifest, images(), 40)
    assert found.reason == "" and not found.interrupted
    assert [sample.number for sample in found.measured] == list(range(40))
    assert all(sample.equal for sample in found.measured)
    assert {sample.exit for sample in found.measured} == {
        exit_.exit for exit_ in manifest.applications[0].exits
    }
    assert sorted(clusters[0].processes) == sorted(node.id for node in manifest.nodes)


def test_no_sample_is_done_before_its_links_let_it(
    source: SourceModel, tmp_path: Path, clusters: list[Cluster]
) -> None:
    manifest = plan(source, tmp_path)
    found = run.run(tmp_path / "plan", manifest, images(), 20)
    # block1 crosses 1 Gbit/s and 1 ms, block3 1 Gbit/s and 2 ms
    least = {"exit1": 0.0, "exit2": 2**20 / 1e9 + 1e-3, "exit3": (2**20 + 2**19) / 1e9 + 3e-3}
    for sample in found.measured:
        assert sample.seconds >= sum(sample.computing) + least[sample.exit]
        assert len(sample.computing) == {"exit1": 1, "exit2": 2, "exit3": 3}[sample.exit]


def test_energy_is_seconds_times_power_and_bits_of_the_links(
    source: SourceModel, tmp_path: Path, clusters: list[Cluster]
) -> None:
    manifest = plan(source, tmp_path)
    for sample in run.run(tmp_path / "plan", manifest, images(), 10).measured:
        powers = [4.0, 2.0, 1.0]
        joules = sum(power * seconds for power, seconds in zip(powers, sample.computing, strict=False))
        joules += 1e-10 * sum([2**20, 2**19][: len(sample.computing) - 1])
        assert sample.energy == pytest.approx(joules)


def test_a_process_that_dies_ends_the_run_with_what_was_measured(
    source: SourceModel, tmp_path: Path, clusters: list[Cluster]
) -> None:
    manifest = plan(source, tmp_path)
    makers = images({7: lambda: clusters[0].processes["edge"].kill()})
    found = run.run(tmp_path / "plan", manifest, makers, 600)
    assert 7 <= len(found.measured) < 600
    assert found.reason == "the process of node 'edge' ended (exit code -9)"
    assert not found.interrupted


def test_a_process_that_died_before_the_first_sample_is_told(
    source: SourceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cluster.started

    @contextmanager
    def one_dies(folder: Path, manifest: Manifest, interrupt: Interrupt) -> Iterator[Cluster]:
        with real(folder, manifest, interrupt) as running:
            running.processes["edge"].kill()
            running.processes["edge"].join()
            yield running

    monkeypatch.setattr(run, "started", one_dies)
    found = run.run(tmp_path / "plan", plan(source, tmp_path), images(), 5)
    assert found.reason == "the process of node 'edge' ended (exit code -9)" and not found.measured


def test_a_source_that_takes_no_more_is_not_waited_for(
    source: SourceModel, tmp_path: Path, clusters: list[Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = plan(source, tmp_path)

    def sample(number: int) -> AnyArray:
        monkeypatch.setattr(cluster, "PATIENCE", 0.3)
        os.kill(clusters[0].processes["camera"].pid or 0, signal.SIGSTOP)
        return np.zeros(1 << 24, np.float32)  # more than sockets hold

    assert run.run(tmp_path / "plan", manifest, {"reader": sample}, 5).reason.startswith("no answer within")


def test_ctrl_c_ends_the_run_with_what_was_measured(
    source: SourceModel, tmp_path: Path, clusters: list[Cluster]
) -> None:
    manifest = plan(source, tmp_path)
    makers = images({7: lambda: os.kill(os.getpid(), signal.SIGINT)})
    found = run.run(tmp_path / "plan", manifest, makers, 600)
    assert found.interrupted and len(found.measured) in (7, 8)
    assert [sample.equal for sample in found.measured] == [None] * len(found.measured)


def test_ctrl_c_while_processes_start_ends_the_run(source: SourceModel, tmp_path: Path) -> None:
    manifest, interrupt = plan(source, tmp_path), Interrupt()
    interrupt.press()
    with pytest.raises(cluster.InterruptedRunError), cluster.started(tmp_path / "plan", manifest, interrupt):
        pytest.fail("must not come here")


def test_a_process_that_does_not_answer_is_not_waited_for(
    source: SourceModel, tmp_path: Path, clusters: list[Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = plan(source, tmp_path)

    def stop() -> None:
        monkeypatch.setattr(cluster, "PATIENCE", 0.3)
        os.kill(clusters[0].processes["edge"].pid or 0, signal.SIGSTOP)

    found = run.run(tmp_path / "plan", manifest, images({5: stop}), 600)
    assert found.reason.startswith("no answer within")
    assert 5 <= len(found.measured) < 600


def test_what_goes_wrong_in_a_process_is_told(
    source: SourceModel, tmp_path: Path, clusters: list[Cluster]
) -> None:
    manifest = plan(source, tmp_path)
    found = run.run(tmp_path / "plan", manifest, {"reader": lambda number: np.zeros((2, 2), np.float32)}, 5)
    assert found.reason.startswith("node 'camera' failed: InvalidArgument")


def test_pieces_that_cannot_run_are_told(source: SourceModel, tmp_path: Path) -> None:
    manifest = plan(source, tmp_path)
    (tmp_path / "plan" / "pieces" / "reader.1.edge.onnx").write_bytes(b"nonsense")
    with pytest.raises(BackendError, match="the process of node 'edge' cannot run its pieces"):
        run.run(tmp_path / "plan", manifest, images(), 5)


def test_who_does_not_know_the_secret_is_not_heard(source: SourceModel, tmp_path: Path) -> None:
    manifest = plan(source, tmp_path)

    async def answers(port: int, hello: dict[str, object]) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, port)
        await send(writer, Message(hello))
        async with asyncio.timeout(PATIENCE):
            return await reader.read()

    with cluster.started(tmp_path / "plan", manifest, Interrupt()) as running:
        port = running._nodes["camera"].port
        for hello in (
            {},
            {"secret": "guess", "from": ""},
            {"secret": running._secret},
            {"secret": 1, "from": ""},
        ):
            assert asyncio.run(answers(port, hello)) == b""
        assert running.processes["camera"].is_alive()


def test_exits_without_thresholds_are_asked_for(source: SourceModel, tmp_path: Path) -> None:
    manifest = split(digits_instance(), placed(), {"digits": source}, {}).manifest
    with pytest.raises(InstanceError) as caught:
        run.with_thresholds(manifest, {"exit2": 0.5})
    (problem,) = caught.value.problems
    assert "exit 'exit1': has no threshold; add --threshold exit1=0.9" in str(problem)
    complete = run.with_thresholds(manifest, {"exit1": 0.5, "exit2": 0.5})
    assert [exit_.threshold for exit_ in complete.applications[0].exits] == [0.5, 0.5, None]


ORPHANS = """
import sys, time
from pathlib import Path
from finopt.runtime.cluster import started
from finopt.runtime.manifest_file import read
from finopt.solvers.interruption import Interrupt

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with started(folder, read(folder), Interrupt()) as running:
        print(*(process.pid for process in running.processes.values()), flush=True)
        time.sleep(600)
"""


def gone(pid: int) -> bool:
    """Whether a process is no more, or only waits to be noticed by whoever inherited it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_no_process_outlives_a_killed_run(source: SourceModel, tmp_path: Path) -> None:
    plan(source, tmp_path)
    script = tmp_path / "script.py"
    script.write_text(ORPHANS, encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path / "plan")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        process.kill()
    assert len(pids) == 3
    end = time.monotonic() + PATIENCE
    while not all(map(gone, pids)):
        assert time.monotonic() < end, "processes are left"
        time.sleep(0.05)


PRESSED = """
import os, signal, sys
from pathlib import Path
from finopt.runtime import cluster, run
from finopt.runtime.manifest_file import read

def pressed(*arguments):
    os.killpg(os.getpgrp(), signal.SIGINT)  # as a terminal does: to everyone
    return real(*arguments)

if __name__ == "__main__":
    folder, real, cluster._port = Path(sys.argv[1]), cluster._port, pressed
    manifest = read(folder)
    found = run.run(folder, manifest, run.sample_makers(manifest, None, 0), 10)
    print(found.interrupted, len(found.measured))
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no groups of processes")
def test_processes_that_start_say_nothing_of_ctrl_c(source: SourceModel, tmp_path: Path) -> None:
    plan(source, tmp_path)
    script = tmp_path / "script.py"
    script.write_text(PRESSED, encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path / "plan")]
    ended = subprocess.run(command, capture_output=True, text=True, start_new_session=True, timeout=PATIENCE)
    assert (ended.stdout, ended.stderr) == ("True 0\n", "")
