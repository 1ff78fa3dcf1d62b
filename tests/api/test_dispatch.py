"""finopt.solve and finopt.load: what they refuse, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

import finopt
from finopt.api.methods import METHODS
from finopt.graph.drivers import labels
from tests.command_line import python
from tests.conformance import methods

FILE = "instances/paper/b-alexnet-cifar10.json"


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("fin", "'fin' has no option 'gama'; its options are gap, gamma, lam, max_gamma"),
        ("milp", "'milp' has no option 'gama'; its options are gap, reduce"),
        ("cspp", "'cspp' has no option 'gama'; its options are reduce"),
        ("labels", "'labels' has no option 'gama'; its options are max_labels"),
        ("mcp", "'mcp' has no option 'gama'; it has none of its own"),
    ],
)
def test_an_unknown_option_is_named_with_those_there_are(method: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        finopt.solve(finopt.load(FILE), method, gama=3)


def test_an_unknown_method_is_named() -> None:
    known = ", ".join(METHODS)
    with pytest.raises(ValueError, match=f"unknown method 'magic', known: {known}"):
        finopt.solve(finopt.load(FILE), "magic")
    with pytest.raises(ValueError, match=rf"unknown method \['fin'\], known: {known}"):
        finopt.solve(finopt.load(FILE), ["fin"])  # type: ignore[arg-type]


def test_a_type_error_from_inside_a_method_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise TypeError("a bug")

    monkeypatch.setattr(labels, "solve_single", broken)
    with pytest.raises(TypeError, match="a bug"):
        finopt.solve(finopt.load(FILE), "labels")


@pytest.mark.parametrize(("given", "kind"), [(FILE, "str"), (None, "NoneType"), ({}, "dict")])
def test_only_instances_and_graphs_are_solved(given: Any, kind: str) -> None:
    words = f"takes an Instance or ResourceGraph, got {kind}; read a file with finopt.load"
    with pytest.raises(TypeError, match=words):
        finopt.solve(given)


@methods()
def test_every_method_accepts_progress(method: str) -> None:
    assert finopt.solve(finopt.load(FILE), method, progress=True).placement is not None


def test_plotting_is_there_after_import_finopt_and_loads_nothing_before() -> None:
    code = """
import sys, finopt
assert not {"finopt.plotting", "matplotlib", "numpy"} & set(sys.modules)
assert "plotting" in finopt.__all__
print(finopt.plotting.plot_pareto.__name__)
assert "matplotlib" not in sys.modules
"""
    done = python(code)
    assert (done.stdout, done.stderr) == ("plot_pareto\n", "")


@pytest.mark.parametrize("path", [None, 3.5, ["a"]])
def test_only_paths_are_loaded(path: Any) -> None:
    with pytest.raises(TypeError):
        finopt.load(path)
