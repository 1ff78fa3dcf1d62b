"""The processes of the benchmarks: what each does, whichever study it belongs to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from harness import child

from finopt.solvers import jit

STUDY = f"""
import json, os, sys, threading
sys.path.insert(0, {str(Path(child.__file__).parents[1])!r})
from harness.child import carry_out
def measure(run, tell):
    os.system("echo what a solver prints")
    tell(**run, warmup_s=0.1)
    ACT
carry_out('{{"seed": 7}}', dict, measure)
"""
"""A child that acts in some way after its warm-up."""


def started(act):
    """The process, and the first line that it tells."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUDY.replace("ACT", act)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return process, process.stdout.readline()


def test_a_child_ends_with_its_parent():
    process, line = started("threading.Event().wait()")
    try:
        assert line == '{"seed": 7, "warmup_s": 0.1}\n'
        process.stdin.close()
        assert process.wait(timeout=60) == 1
    finally:
        process.kill()
        process.stdout.close()


def test_a_child_tells_how_it_failed():
    process, _ = started("raise ValueError('no such luck')")
    with process:
        last = json.loads(process.stdout.read())
        assert process.wait(timeout=60) == 0
    assert (last["status"], last["termination"]) == ("NO_SOLUTION", "ERROR")
    assert last["reason"] == "ValueError: no such luck"


def test_every_loop_is_compiled_on_first_use(monkeypatch):
    """Or the compiler would be at work while the clock runs."""
    monkeypatch.setattr(jit, "PATIENCE", jit.PATIENCE)
    monkeypatch.setattr(jit.Kernel, "_compile", lambda self, args: None)
    monkeypatch.setattr(jit.Kernel, "compiled", lambda self, value: f"compiled {value}")
    loop = jit.Kernel(lambda value: f"Python {value}")
    assert loop(1, "run") == "Python run"
    child.compile_at_once()
    assert loop(1, "run") == "compiled run"
