"""Whether an installation works: versions, solvers side by side, known answers, compiled loops."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from finopt.api.dispatch import solve
from finopt.api.methods import CAPABILITIES, METHODS
from finopt.api.versions import packages
from finopt.problem.instance import Instance
from finopt.problem.status import Status

PATIENCE = 300.0
"""Seconds that a process of its own may take to load both solvers; it then counts as hung."""

KNOWN: dict[str, Any] = {
    "nodes": [
        {"id": "device", "tier": "mobile", "compute": 1e9, "power": 2.0},
        {"id": "edge", "tier": "edge", "compute": 1e10, "power": 10.0},
    ],
    "links": [{"source": "device", "target": "edge", "bandwidth": 1e8, "energy": 1e-8}],
    "models": [
        {
            "id": "net",
            "input_bits": 8e5,
            "blocks": [
                {"id": "b1", "ops": 1e6, "output_bits": 1e5},
                {"id": "b2", "ops": 1e8, "output_bits": 100.0},
            ],
            "exits": [{"id": "early", "after": "b1"}, {"id": "out", "after": "b2"}],
            "configurations": [{"exits": ["early", "out"], "shares": [0.5, 0.5], "accuracy": 0.85}],
        }
    ],
    "applications": [
        {"id": "app", "model": "net", "source": "device", "max_latency": 0.05, "min_accuracy": 0.8}
    ],
}
"""b1 on the device, b2 at the edge: 1e6 op at 2 nJ and half of 1e5 bit at 10 nJ and 1e8 op at 1 nJ."""

LEAST = 2e-3 + (1e-3 + 0.1) / 2
"""What that costs [J]; everything else costs more."""

SOLVERS = ("highspy", "ortools.sat.python.cp_model")


class Finding(NamedTuple):
    """What one check found.

    Attributes
    ----------
    what : str
        What was looked at.
    wrong : str
        What is wrong with it; empty if nothing is.
    advice : str
        What to do about it.
    """

    what: str
    wrong: str = ""
    advice: str = ""


def examine() -> Iterator[Finding]:
    """One finding for everything that is looked at, in turn; what breaks a check is its finding."""
    yield from _versions()
    checks: list[tuple[str, Callable[[], Finding]]] = [
        (f"{one} and {other} in one process", lambda one=one, other=other: _together(one, other))  # type: ignore[misc]
        for one, other in (SOLVERS, SOLVERS[::-1])
    ]
    checks += [(f"known answer of {name}", lambda name=name: _known_answer(name)) for name in METHODS]  # type: ignore[misc]
    checks += [("compiled loops", _compiled), ("cache of compiled loops", _cache)]
    for what, check in checks:
        try:
            found = check()
        except Exception as error:  # whatever it is, it is what the user wants to know
            advice = "install finopt anew, with its dependencies: pip install --force-reinstall finopt"
            found = Finding(what, f"{type(error).__name__}: {' '.join(str(error).split())}", advice)
        yield found._replace(what=what)


def _versions() -> Iterator[Finding]:
    found = packages()
    if not found:
        yield Finding(
            "versions", "finopt is not installed as a package", "pip install finopt, or pip install -e ."
        )
    for one in found:
        if not one.right:
            wanted = f"'{one.name}{one.bounds}'"
            wrong = f"{one.installed} is not within {one.bounds}" if one.installed else "is not installed"
            yield Finding(f"version of {one.name}", wrong, f"pip install {wanted}")
    if found and all(one.right for one in found):
        yield Finding("versions")


def _together(one: str, other: str) -> Finding:
    """Both solvers loaded in a process of its own: some versions cannot be."""
    done = subprocess.run(
        [sys.executable, "-c", f"import {one}, {other}"], capture_output=True, text=True, timeout=PATIENCE
    )
    if done.returncode == 0:
        return Finding("")
    last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
    return Finding(
        "", last[0], "install versions that finopt allows: pip install 'highspy>=1.12,<1.14' ortools"
    )


def _known_answer(method: str) -> Finding:
    result = solve(Instance.model_validate(KNOWN), method)
    if result.objective is None:
        return Finding(
            "", f"{result.status}: {result.reason}", f"do not use method {method!r}; report this line"
        )
    exact = CAPABILITIES[method].optimal or result.status is Status.OPTIMAL
    right = math.isclose(result.objective, LEAST, rel_tol=1e-9) or (not exact and result.objective > LEAST)
    if right:
        return Finding("")
    advice = f"do not use method {method!r} with this solver; pip install --force-reinstall finopt"
    return Finding("", f"{result.objective!r} J, it is {LEAST!r} J ({result.solver})", advice)


def _compiled() -> Finding:
    """A loop compiled now, by the compiler and not out of the cache."""
    import numba

    found = numba.njit(_sum_below)(10)
    if found == 45:
        return Finding("")
    return Finding(
        "", f"a compiled loop gives {found} and not 45", "pip install --force-reinstall numba llvmlite"
    )


def _sum_below(count: int) -> int:
    total = 0
    for i in range(count):
        total += i
    return total


def _cache() -> Finding:
    """Whether compiled loops are kept: without that every process compiles them again."""
    import numba

    advice = "set NUMBA_CACHE_DIR to a directory that can be written; every process compiles anew until then"
    try:
        folder = Path(numba.njit(cache=True)(_sum_below).stats.cache_path)
    except RuntimeError as error:  # numba finds no directory
        return Finding("", str(error), advice)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Finding("")
    except OSError as error:
        return Finding("", f"{folder} cannot be written: {error.strerror}", advice)
