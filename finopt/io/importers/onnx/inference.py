"""Shapes are inferred in a process of its own, which may crash or run out of memory; one serves all."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from finopt.io.importers.onnx.inference_worker import LENGTH, MODEL

WORKER = Path(__file__).with_name("inference_worker.py")

PATIENCE = 120.0
"""Seconds for one model; the largest that are read take a fraction of it."""


class InferenceError(ValueError):
    """onnx refuses a model, or did not survive it; the message says why."""


class _Worker:
    """The process, started when it is first needed."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = 0
        self.lock = threading.Lock()

    def ask(self, content: bytes) -> bytes:
        """The model with its shapes."""
        with self.lock:
            process = self._running()
            alarm = threading.Timer(PATIENCE, process.kill)
            alarm.start()
            try:
                return self._exchange(process, content)
            except (EOFError, OSError):
                self.end()
                rule = "onnx crashed on it, or took more than"
                raise InferenceError(f"{rule} {PATIENCE:g} s to infer its shapes") from None
            except InferenceError:
                raise
            except BaseException:  # an answer that nobody has read would be taken for the next
                self.end()
                raise
            finally:
                alarm.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        """The process; a fork of this one starts its own."""
        if self.process is None or self.owner != os.getpid() or self.process.poll() is not None:
            command = [sys.executable, "-P", str(WORKER)]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self.owner = os.getpid()
        return self.process

    def _exchange(self, process: subprocess.Popen[bytes], content: bytes) -> bytes:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(len(content).to_bytes(LENGTH, "big") + content)
        process.stdin.flush()
        kind = _read(process.stdout, 1)
        answer = _read(process.stdout, int.from_bytes(_read(process.stdout, LENGTH), "big"))
        if kind != MODEL:
            raise InferenceError(answer.decode())
        return answer

    def end(self) -> None:
        """End the process, if it is this one's."""
        process, self.process = self.process, None
        if process is not None and self.owner == os.getpid():
            process.kill()
            process.communicate()


def _read(stream: IO[bytes], length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content


_worker = _Worker()
atexit.register(_worker.end)


def with_shapes(content: bytes) -> bytes:
    """A serialised model with all shapes that onnx can infer.

    Raises
    ------
    InferenceError
        onnx refuses it, or it takes too much memory or time.
    """
    return _worker.ask(content)
