"""The process of one node: it computes its pieces, sends what goes on to the next node, and reports results.

It listens on this machine only, takes messages from those who know the secret of the run, and ends when the
coordinator closes its connection or is gone. Samples come one at a time, so computing may block the loop.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from finopt.problem.array_types import AnyArray
from finopt.runtime.links import Links, now, until
from finopt.runtime.manifest import Manifest
from finopt.runtime.manifest_file import inside
from finopt.runtime.sessions import PieceRunner
from finopt.runtime.wire import HOST, Message, WireError, receive, send

COORDINATOR = ""
"""How the coordinator calls itself; no node has an empty id."""


def serve(folder: str, manifest: str, node: str, secret: str, connection: Connection) -> None:
    """What the process does; says its port, or what is wrong, over the pipe as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator to decide
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        process = NodeProcess(Path(folder), Manifest.model_validate_json(manifest), node, secret)
    except Exception as error:  # also what onnxruntime raises
        connection.send_bytes(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        return
    asyncio.run(process.serve(connection))


def _end_with_parent() -> None:
    """End when nobody is left to report to, whatever ended it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class NodeProcess:
    """A node with its pieces.

    Parameters
    ----------
    folder : Path
        The folder of the manifest.
    manifest : Manifest
        With all thresholds.
    node : str
        Its id.
    secret : str
        What every message's sender has to know.
    """

    def __init__(self, folder: Path, manifest: Manifest, node: str, secret: str) -> None:
        self._node, self._secret = node, secret
        self._plans = {plan.application: plan for plan in manifest.applications}
        self._links = Links(manifest.links)
        self._runners: dict[tuple[str, int], PieceRunner] = {}
        self._peers: dict[str, asyncio.StreamWriter] = {}
        self._coordinator: asyncio.StreamWriter | None = None
        for plan in manifest.applications:
            for number, piece in enumerate(plan.pieces):
                path = inside(folder, piece.file)
                if piece.node == node and path is not None:
                    runner = PieceRunner(path, piece, plan.exit_by_id)
                    runner.warm_up(piece.input)
                    self._runners[plan.application, number] = runner

    async def serve(self, connection: Connection) -> None:
        """Take messages until the coordinator closes its connection."""
        self._over = asyncio.Event()
        server = await asyncio.start_server(self._connected, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        connection.send_bytes(json.dumps({"port": port}).encode())
        await self._over.wait()
        server.close()
        os._exit(0)  # nothing is left to do, and peers may still hold connections

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = None
        with suppress(OSError, EOFError):  # of which WireError is one; who breaks the rules is not heard
            caller = self._known((await receive(reader)).header)
            if caller == COORDINATOR:
                self._coordinator = writer
            while caller is not None:
                await self._answered(await receive(reader))
        writer.close()
        if caller == COORDINATOR:
            self._over.set()

    async def _answered(self, message: Message) -> None:
        """Handle a message; what goes wrong is told, so that nobody waits for a result."""
        try:
            await self._handle(message)
        except OSError as error:
            await self._tell(Message({"kind": "failed", "error": f"cannot send: {error}"}))
        except Exception as error:  # of onnxruntime, for example
            await self._tell(Message({"kind": "failed", "error": f"{type(error).__name__}: {error}"}))

    def _known(self, header: dict[str, Any]) -> str | None:
        """Who calls, if he knows the secret."""
        secret, caller = header.get("secret"), header.get("from")
        if not isinstance(secret, str) or not isinstance(caller, str):
            return None
        return caller if hmac.compare_digest(secret.encode(), self._secret.encode()) else None

    async def _handle(self, message: Message) -> None:
        header, tensor = message
        kind = header["kind"]
        if kind == "peers":
            await self._meet(header["ports"])
        elif kind == "sample" and tensor is not None:
            header |= {"start": now(), "trace": [], "bits": []}
            await self._forward(header, tensor, 0)
        elif kind == "piece" and tensor is not None:
            await self._compute(header, tensor)
        elif kind == "result" and tensor is not None:
            await until(header["due"])
            await self._report(header, tensor)
        else:
            raise WireError(f"a message of unknown kind {kind!r}")

    async def _meet(self, ports: dict[str, int]) -> None:
        """Connect to the other nodes."""
        for node, port in ports.items():
            if node != self._node:
                _, self._peers[node] = await asyncio.open_connection(HOST, port)
                await send(self._peers[node], Message({"secret": self._secret, "from": self._node}))
        await self._tell(Message({"kind": "ready"}))

    async def _forward(self, header: dict[str, Any], tensor: AnyArray, number: int) -> None:
        """Send a tensor to the node of a piece."""
        piece = self._plans[header["application"]].pieces[number]
        header |= {"kind": "piece", "piece": number}
        self._depart(header, piece.route, tensor)
        if piece.node == self._node:
            await self._compute(header, tensor)
        else:
            await send(self._peers[piece.node], Message(header, tensor))

    async def _compute(self, header: dict[str, Any], tensor: AnyArray) -> None:
        application, number = header["application"], header["piece"]
        await until(header["due"])
        outcome = self._runners[application, number].run(tensor)
        header["trace"].append(outcome.seconds)
        if outcome.exit is None:
            await self._forward(header, outcome.tensor, number + 1)
            return
        plan = self._plans[application]
        header |= {"kind": "result", "exit": outcome.exit}
        self._depart(header, plan.exit_by_id[outcome.exit].route, outcome.tensor)
        if plan.destination in (None, self._node):
            await until(header["due"])
            await self._report(header, outcome.tensor)
        else:
            await send(self._peers[str(plan.destination)], Message(header, outcome.tensor))

    def _depart(self, header: dict[str, Any], route: tuple[str, ...], tensor: AnyArray) -> None:
        """Note how much travels now, and when it arrives."""
        bits = 8 * tensor.nbytes
        header["bits"].append(bits)
        header["due"] = self._links.arrival(route, bits, now())

    async def _report(self, header: dict[str, Any], tensor: AnyArray) -> None:
        """Tell the coordinator that a sample is done."""
        header |= {"kind": "done", "end": now()}
        await self._tell(Message(header, tensor))

    async def _tell(self, message: Message) -> None:
        if self._coordinator is not None:
            await send(self._coordinator, message)
