"""The processes of all nodes on this machine: started, connected, asked one sample at a time, ended.

A run ends within seconds whatever happens: a process that is gone closes its connection, Ctrl-C is looked at
ten times a second, and an answer that does not come is not waited for without end.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import secrets
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from finopt.problem.array_types import AnyArray
from finopt.problem.errors import BackendError, shown
from finopt.runtime.manifest import Manifest
from finopt.runtime.manifest_file import as_text
from finopt.runtime.node_process import COORDINATOR, serve
from finopt.runtime.wire import HOST, Message, packed, receive, send
from finopt.solvers.interruption import Interrupt

LOOK = 0.1
"""Seconds between looks at Ctrl-C."""

PATIENCE = 60.0
"""Seconds that a process may take to start, or to answer beyond what the plan predicts."""

TO_END = 0.5
"""Seconds that a process may take to end by itself, and then to be terminated."""

SECRET_BYTES = 16


class StoppedError(Exception):
    """The run ends early; says why."""


class InterruptedRunError(StoppedError):
    """Ctrl-C was pressed."""


@dataclass
class _Node:
    process: SpawnProcess
    connection: Connection
    port: int = 0


class Cluster:
    """Processes that run, one per node.

    Attributes
    ----------
    processes : dict of str to process
        By node.
    """

    def __init__(self, nodes: dict[str, _Node], secret: str, interrupt: Interrupt) -> None:
        self._nodes, self._secret, self._interrupt = nodes, secret, interrupt
        self.processes = {name: node.process for name, node in nodes.items()}
        self._inbox: asyncio.Queue[tuple[str, Message | None]] = asyncio.Queue()
        self._writers: dict[str, asyncio.StreamWriter] = {}

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Cluster]:
        """Within, the nodes know each other and take samples."""
        readers = []
        try:
            for name, node in self._nodes.items():
                reader, self._writers[name] = await self._opened(name, node.port)
                readers.append(asyncio.create_task(self._listen(name, reader)))
                await send(self._writers[name], Message({"secret": self._secret, "from": COORDINATOR}))
            ports = {name: node.port for name, node in self._nodes.items()}
            for name in self._nodes:
                await send(self._writers[name], Message({"kind": "peers", "ports": ports}))
            for _ in self._nodes:
                await self._answer(PATIENCE)
            yield self
        finally:
            for reading in readers:
                reading.cancel()
            for writer in self._writers.values():
                writer.close()

    async def infer(
        self, application: str, source: str, tensor: AnyArray, expected: float
    ) -> tuple[dict[str, Any], AnyArray]:
        """Send a sample to the node where it arises, and wait for what becomes of it.

        Raises
        ------
        StoppedError
            A process is gone, the answer does not come, or Ctrl-C was pressed.
        """
        header = {"kind": "sample", "application": application}
        # Not waited for: a process that hangs would never take all of it.
        self._writers[source].writelines(packed(Message(header, tensor)))
        message = await self._answer(PATIENCE + 10 * expected)
        assert message.tensor is not None
        return message.header, message.tensor

    async def _opened(self, name: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_connection(HOST, port)
        except OSError:
            raise StoppedError(self._gone(name)) from None

    async def _listen(self, name: str, reader: asyncio.StreamReader) -> None:
        """Put what a node says into the inbox; None when it is gone."""
        with suppress(OSError, EOFError):
            while True:
                await self._inbox.put((name, await receive(reader)))
        await self._inbox.put((name, None))

    async def _answer(self, patience: float) -> Message:
        """The next message of any node."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self._interrupt.pressed:
                raise InterruptedRunError("interrupted")
            try:
                async with asyncio.timeout(LOOK):
                    name, message = await self._inbox.get()
            except TimeoutError:
                continue
            if message is None:
                raise StoppedError(self._gone(name))
            if message.header.get("kind") == "failed":
                raise StoppedError(f"node {shown(name)} failed: {message.header.get('error')}")
            return message
        raise StoppedError(f"no answer within {patience:g} s")

    def _gone(self, name: str) -> str:
        process = self.processes[name]
        process.join(TO_END)
        return f"the process of node {shown(name)} ended (exit code {process.exitcode})"


@contextmanager
def started(folder: Path, manifest: Manifest, interrupt: Interrupt) -> Iterator[Cluster]:
    """Processes for all nodes of a manifest; within the block they run, afterwards none is left.

    Parameters
    ----------
    folder : Path
        The folder of the manifest.
    manifest : Manifest
        With all thresholds.
    interrupt : Interrupt
        Tells of Ctrl-C.

    Raises
    ------
    BackendError
        A process cannot start, or refuses its pieces.
    InterruptedRunError
        Ctrl-C was pressed before all were there.
    """
    secret = secrets.token_hex(SECRET_BYTES)
    nodes: dict[str, _Node] = {}
    try:
        for node in manifest.nodes:
            nodes[node.id] = _start(folder, manifest, node.id, secret)
        for name, started_ in nodes.items():
            started_.port = _port(name, started_, interrupt)
        yield Cluster(nodes, secret, interrupt)
    finally:
        _end([node.process for node in nodes.values()])


def _start(folder: Path, manifest: Manifest, node: str, secret: str) -> _Node:
    context = multiprocessing.get_context("spawn")  # a fork would copy what onnxruntime has open
    connection, theirs = context.Pipe()
    arguments = (str(folder), as_text(manifest), node, secret, theirs)
    process = context.Process(target=serve, args=arguments, daemon=True, name=f"finopt-{node}")
    with _without_ctrl_c():
        process.start()
    theirs.close()  # so that the end of the process is the end of the pipe
    return _Node(process, connection)


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Processes started within never see Ctrl-C; for this one it comes a moment later."""
    if not hasattr(signal, "pthread_sigmask"):  # not on Windows
        yield
        return
    resource_tracker.ensure_running()  # which otherwise starts within and lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _port(name: str, node: _Node, interrupt: Interrupt) -> int:
    """The port that a process says it listens to."""
    end = time.monotonic() + PATIENCE
    while not node.connection.poll(LOOK):
        if interrupt.pressed:
            raise InterruptedRunError("interrupted")
        if time.monotonic() > end:
            raise BackendError(f"the process of node {shown(name)} did not start within {PATIENCE:g} s")
    try:
        said = json.loads(node.connection.recv_bytes())
    except EOFError:
        node.process.join(TO_END)
        what = f"ended (exit code {node.process.exitcode}) before it could start; see its message above"
        raise BackendError(f"the process of node {shown(name)} {what}") from None
    if "error" in said:
        raise BackendError(f"the process of node {shown(name)} cannot run its pieces: {said['error']}")
    return int(said["port"])


def _end(processes: list[SpawnProcess]) -> None:
    """End processes: they have lost their coordinator by now and go; who does not is made to."""
    for stop in (lambda process: None, SpawnProcess.terminate, SpawnProcess.kill):
        for process in processes:
            if process.is_alive():
                stop(process)
        end = time.monotonic() + TO_END
        for process in processes:
            process.join(max(0.0, end - time.monotonic()))
