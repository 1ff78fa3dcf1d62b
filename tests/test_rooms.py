"""The rooms of the package import one way, no modules import each other in a circle, and each room says so.

The direction: problem <- evaluation, solvers <- graph <- formulations, heuristics, io <- api,
simulation <- plotting, reporting, runtime <- cli <- `python -m finopt`; rooms of one floor do not import
each other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "finopt"

FLOORS = [
    {"problem"},
    {"evaluation", "solvers"},
    {"graph"},
    {"formulations", "heuristics", "io"},
    {"api", "simulation"},
    {"plotting", "reporting", "runtime"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FLOOR[""] = FLOOR["api"]  # `finopt` itself, which is what the API offers


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports anywhere, also for type checking only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield inside if inside in MODULES else node.module


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


EDGES = [(module, other) for module, path in MODULES.items() for other in imports(path) if other != module]


def test_the_reader_of_imports_sees_the_known_ones() -> None:
    assert ("finopt.api.dispatch", "finopt.evaluation.result") in EDGES
    assert len(EDGES) > 300


@pytest.mark.parametrize("room", sorted(filter(None, FLOOR)))
def test_a_room_imports_only_what_is_below_it(room: str) -> None:
    wrong = [
        f"{module} imports {other}"
        for module, other in EDGES
        if room_of(module) == room and room_of(other) != room and FLOOR[room_of(other)] >= FLOOR[room]
    ]
    assert not wrong


def test_no_modules_import_each_other_in_a_circle() -> None:
    inside = [edge for edge in EDGES if edge[0] != "finopt"]
    circles = [sorted(c) for c in nx.strongly_connected_components(nx.DiGraph(inside)) if len(c) > 1]
    assert not circles


def test_every_module_stands_in_a_room_and_every_room_says_what_it_is() -> None:
    assert {room_of(module) for module in MODULES} == set(FLOOR)
    folders = list(PACKAGE.rglob("__init__.py"))
    for path in folders:
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert doc and doc.strip(), path
        if path.parent.parent == PACKAGE:
            assert "mport" in doc, f"{path} does not say who may import it"


def test_no_file_is_longer_than_350_lines_except_compiled_loops() -> None:
    long = {
        name: lines
        for name, path in MODULES.items()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 350 and "kernels" not in name
    }
    assert not long
