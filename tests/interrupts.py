"""Ctrl-C at random moments, in processes of their own: ``python -m tests.interrupts [COUNT] [SEED]``.

Every trial starts a command, or a call from Python, and interrupts it at a moment drawn evenly from the time
it takes undisturbed, commands half of the time by SIGTERM. Printed are how long each took to end and what it
did wrong; the exit code is 1 if any did. Not a part of the tests but for a few trials: the moments depend on
the machine.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import finopt
from finopt.io import result_file
from tests.conformance import named

COMMAND = """
import os, sys
from finopt.cli.main import main
os.write({ready}, b"r")
sys.exit(main())
"""

CALL = """
import os, signal, sys
import finopt
os.write({ready}, b"r")
try:
    instance = finopt.load(sys.argv[1])
    if sys.argv[2] == "pareto":
        print("COMPLETED", len(finopt.pareto(instance)))
    else:
        result = finopt.solve(instance, sys.argv[2])
        print(result.termination, result.status, result.objective, result.bound, result.reason)
except finopt.Interrupted as stop:
    several = isinstance(stop.result, tuple)
    assert (stop.result[-1] if several else stop.result).termination == "INTERRUPTED", stop.result
    print("INTERRUPTED", stop.result)
except KeyboardInterrupt:
    print("outside of the call")
signal.signal(signal.SIGINT, signal.SIG_IGN)
"""

EARLIEST = 0.02
"""Before it Ctrl-C may hit what stands before the command [s]."""

LONGEST = 8.0
"""Latest moment of a signal [s]."""

HANGS = 60.0
"""Seconds after a signal until a trial counts as hanging."""

WRONG = ("Traceback", "SystemError", "terminate called", "Exception ignored", "ERROR", "Error")


@dataclass
class Case:
    """What is interrupted: arguments of the command, or of the call from Python; and the file it writes."""

    arguments: list[str]
    code: str = COMMAND
    output: Path | None = None
    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        """In short."""
        how = "finopt" if self.code == COMMAND else "python:"
        return " ".join([how, *(Path(x).name for x in self.arguments)])


@dataclass(frozen=True)
class Ended:
    """How a process ended, how long it took after the signal and in all, and the time of the
    processor after the signal [s], which depends less on what else the machine does (0: unknown)."""

    code: int
    out: str
    err: str
    seconds: float
    total: float
    cpu: float


def cases(folder: Path) -> list[Case]:
    """Commands and calls on instances that take seconds."""
    names = {
        "mesh": finopt.generate(150, 12, topology="mesh", tightness=0.1, seed=1),
        "some": finopt.generate_fleet(60, 30, 5, 2, seed=1),
        "many": finopt.generate_fleet(2000, 200, 20, seed=1),
    }
    paths = {}
    for name, instance in names.items():
        paths[name] = str(folder / f"{name}.json")
        finopt.save(instance, paths[name])
    plan = str(folder / "plan.json")
    result = finopt.solve(names["many"], time_limit=20)
    Path(plan).write_text(result_file.write(result, names["many"]), encoding="utf-8")
    return [*_solves(paths), *_others(paths, plan, folder)]


def _solves(paths: dict[str, str]) -> Iterator[Case]:
    mesh, some, many = paths["mesh"], paths["some"], paths["many"]
    for file, methods in ((mesh, named()), (some, named(lambda c: c.several))):
        for method in methods:
            yield Case(["solve", file, "--method", method, "--json"])
            yield Case([file, method], CALL)
    yield Case(["solve", many])
    yield Case([many, "fin"], CALL)


def _others(paths: dict[str, str], plan: str, folder: Path) -> Iterator[Case]:
    yield Case(["compare", paths["some"], "--methods", "fin,milp"])
    yield Case(["pareto", paths["mesh"]])
    yield Case([paths["mesh"], "pareto"], CALL)
    yield Case(["check", paths["many"], plan])
    fleet, picture = folder / "fleet.json", folder / "plan.png"
    many = ["--applications", "200000", "--devices", "5000", "--table", "parquet"]
    yield Case(["generate-fleet", *many, "-o", str(fleet)], output=fleet)
    yield Case(["plot", paths["many"], plan, "-o", str(picture)], output=picture)


def run(case: Case, moment: float | None, number: signal.Signals = signal.SIGINT) -> Ended:
    """Start it, send it a signal so many seconds after its imports, and wait for its end."""
    reading, writing = os.pipe()
    code = case.code.format(ready=writing)
    if case.output is not None:
        case.output.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", code, *case.arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=[writing],
        restore_signals=True,
    )
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    start = begin = time.perf_counter()
    used, before = 0.0, _children()
    try:
        if moment is not None:
            try:
                out, err = process.communicate(timeout=moment)
            except subprocess.TimeoutExpired:
                used = _cpu(process.pid)
                process.send_signal(number)
                begin = time.perf_counter()
        out, err = process.communicate(timeout=HANGS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += "ERROR: it hangs"
    end = time.perf_counter()
    if begin == start and moment is not None:  # it had ended before
        return Ended(process.returncode, out, err, 0.0, end - start, 0.0)
    return Ended(process.returncode, out, err, end - begin, end - start, _children() - before - used)


def _cpu(pid: int) -> float:
    """Seconds of the processor that a process has used; inf where that cannot be read."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return math.inf
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children() -> float:
    """Seconds of the processor that all processes used that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def faults(case: Case, ended: Ended) -> list[str]:
    """What is wrong with how it ended."""
    found = [word for word in WRONG if word in ended.err or word in ended.out]
    if case.code == CALL:
        if ended.code != 0:
            found.append(f"exit code {ended.code}")
        return found
    if ended.code not in (0, 1, 130):
        found.append(f"exit code {ended.code}")
    if "--json" in case.arguments and ended.out:
        stated = json.loads(ended.out)
        # A signal while the answer is printed comes too late for the answer, and still ends with 130.
        if stated["termination"] == "INTERRUPTED" and ended.code != 130:
            found.append(f"{stated['termination']} beside exit code {ended.code}")
    if case.output is not None and ended.code == 130 and case.output.exists():
        found.append("a file was left")
    return found


def main(count: int = 100, seed: int = 0) -> int:
    """Interrupt ``count`` times; how many went wrong."""
    draw, wrong, sent, interrupted = random.Random(seed), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        known = cases(Path(folder))
        for number in range(count):
            case = known[number % len(known)]
            if not case.seconds:
                run(case, LONGEST)  # so that what is compiled is in the cache
                case.seconds = min(LONGEST, run(case, LONGEST).total)
            moment = draw.uniform(EARLIEST, max(case.seconds, EARLIEST))
            signals = [signal.SIGINT] if case.code == CALL else [signal.SIGINT, signal.SIGTERM]
            signal_number = draw.choice(signals)
            ended = run(case, moment, signal_number)
            told = faults(case, ended)
            wrong += bool(told)
            interrupted += ended.code == 130 or "INTERRUPTED" in ended.out
            case.times.append(ended.seconds)
            case.cpu.append(ended.cpu)
            sent += ended.seconds > 0
            after = f"ended {ended.seconds:.2f} s later (processor {ended.cpu:.2f} s)"
            print(
                f"{case.name}: {signal_number.name} at {moment:.2f} s, {after}, {ended.code}",
                *told,
                flush=True,
            )
            if told:
                print(ended.out[-2000:], ended.err[-3000:], sep="\n")
    times = sorted(seconds for case in known for seconds in case.times)
    print(f"{count} trials, {sent} in time, {interrupted} interrupted, {wrong} wrong;", end=" ")
    print(f"seconds to end: median {times[len(times) // 2]:.2f}, longest {times[-1]:.2f};", end=" ")
    print(f"of the processor: longest {max(cpu for case in known for cpu in case.cpu):.2f}")
    return wrong


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) > 0)
