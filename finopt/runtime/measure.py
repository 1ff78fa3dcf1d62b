"""Measure the blocks and exits of an ONNX model on this machine: time, and energy where it can be had."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from finopt.io.importers.onnx import OnnxModel, extract_piece, load
from finopt.problem.errors import InstanceError, Problem, shown
from finopt.problem.extras import extra_module
from finopt.runtime.energy import Counter, rapl
from finopt.runtime.measured import MODEL, Measured, Timing
from finopt.runtime.single_thread import drawn_input, single_thread_session, told
from finopt.solvers.interruption import noted

WARM_UP = 3
"""Runs of every part before those that count."""


class _Part:
    """A block, a head of an exit or the whole model, with its session and its real input."""

    def __init__(self, kind: str, name: str, session: Any, feed: dict[str, Any]) -> None:
        self.kind, self.name = kind, name
        self._session, self._feed = session, feed
        self._seconds: list[float] = []
        self._joules = 0.0

    def give(self) -> list[Any]:
        """Its outputs."""
        return list(self._session.run(None, self._feed))

    def measure(self, clock: Callable[[], float], counter: Counter | None) -> None:
        """Run it once more and note what that took."""
        before = counter.joules() if counter else 0.0
        start = clock()
        self._session.run(None, self._feed)
        self._seconds.append(clock() - start)
        self._joules += counter.joules() - before if counter else 0.0

    def timing(self, counted: bool) -> Timing | None:
        """What was measured; None before the first run."""
        if not self._seconds:
            return None
        energy = self._joules / len(self._seconds) if counted else None
        return Timing(self.kind, self.name, tuple(self._seconds), energy)


def measure(
    model: OnnxModel,
    *,
    device: str = "this-machine",
    runs: int = 30,
    power: float | None = None,
    seed: int = 0,
    clock: Callable[[], float] = time.perf_counter,
    counter: Counter | None = None,
) -> Measured:
    """Time and energy of every block and exit of a model, each as a piece of its own.

    Every piece runs in onnxruntime on one thread, with the tensor that the pieces before give for a random
    input. The pieces and the whole model take turns, so that what disturbs the machine meets all of them.

    Parameters
    ----------
    model : OnnxModel
        What `finopt.io.importers.onnx.read` gives.
    device : str
        Class of devices that this machine stands for.
    runs : int
        Rounds that count, after three that do not.
    power : float, optional
        Power of the machine at work [W]; energy is power times time where the machine has no counters.
    seed : int
        Of the random input.
    clock : callable
        Gives seconds.
    counter : Counter, optional
        Counts energy; default: the counters of the processor packages, if they can be read.

    Returns
    -------
    Measured
        After Ctrl-C what was measured so far.

    Raises
    ------
    InstanceError
        onnxruntime cannot run the model, an input cannot be drawn, or an argument is out of its range.
    BackendError
        onnx or onnxruntime is not installed.
    KeyboardInterrupt
        Ctrl-C before anything was measured.
    """
    _check_arguments(model, runs, power)
    counter = counter or rapl()
    with noted() as interrupt:
        parts = []
        for part in _parts(model, seed):
            parts.append(part)
            if interrupt.pressed:
                raise KeyboardInterrupt
        for part in _turns(parts, WARM_UP):
            part.give()
            if interrupt.pressed:
                raise KeyboardInterrupt
        for part in _turns(parts, runs):
            part.measure(clock, counter)
            if interrupt.pressed:
                break
    timings = [timing for part in parts if (timing := part.timing(counter is not None))]
    if not any(timing.kind == "block" for timing in timings):
        raise KeyboardInterrupt
    fewest = min(len(timing.seconds) for timing in timings)
    source = _source(f"{fewest} of {runs}" if fewest < runs else f"{runs}", power, counter)
    return Measured(model, device, source, tuple(timings), power, interrupt.pressed)


def _turns(parts: list[_Part], rounds: int) -> Iterator[_Part]:
    """All parts in turn, so many times."""
    for _ in range(rounds):
        yield from parts


def _parts(model: OnnxModel, seed: int) -> Iterator[_Part]:
    """The heads that hang on a block and then the block, block by block; the whole model in the end.

    So whatever is measured of a block when Ctrl-C comes, its exits are measured as well, without which a
    profile may not have it.
    """
    proto, source = load(model.path), str(model.path)
    feed = {name: drawn_input(model.tensors[name], seed, source) for name in model.inputs}
    whole = _part(proto, MODEL, model.model.id, feed, list(model.outputs), source)
    for block in model.model.blocks:
        part = _part(proto, "block", block.id, feed, [block.id], source)
        with told(source):
            feed = {block.id: part.give()[0]}
        for exit_ in model.model.exits:
            if exit_.after == block.id and exit_.id != block.id:
                yield _part(proto, "exit", exit_.id, feed, [exit_.id], source)
        yield part
    yield whole


def _part(proto: Any, kind: str, name: str, feed: dict[str, Any], outputs: list[str], source: str) -> _Part:
    piece = extract_piece(proto, list(feed), outputs)
    return _Part(kind, name, single_thread_session(piece, source), feed)


def _check_arguments(model: OnnxModel, runs: int, power: float | None) -> None:
    problems = []
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 1:
        problems.append(Problem("runs", "must be a whole number from 1 on", shown(runs)))
    if power is not None and not 0 < power < float("inf"):
        problems.append(Problem("power", "must be above 0 and finite", shown(power)))
    if problems:
        raise InstanceError(problems, str(model.path))


def _source(runs: str, power: float | None, counter: Counter | None) -> str:
    """Where the figures are from."""
    version = extra_module("onnxruntime", "onnx", "measuring a model").__version__
    energy = "energy not measured"
    if counter is not None:
        energy = "energy from the counters of the processor packages (RAPL), idle power included"
    elif power is not None:
        energy = f"energy = stated power {power:g} W x time"
    return f"finopt profile: onnxruntime {version}, one thread, median of {runs} runs; {energy}"
