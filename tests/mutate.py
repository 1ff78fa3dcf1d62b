"""Mutants of the cost model and of the level rule: ``python -m tests.mutate [--sample N] [--seed N] [FILE]``.

A mutant is a module with one small change: a comparison, an operator, a constant, a condition or what is
returned. It is made in memory, in a process of its own in which the tests of its module then run; files stay
as they are. A mutant is killed when a test fails. Those that survive are printed and the exit code is 1,
unless tests/surviving_mutants.json has the reason why nothing can tell them from the original. Not a part of
the tests: a mutant takes seconds.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

ROOT = Path(__file__).parents[1]
REASONS = Path(__file__).with_name("surviving_mutants.json")
TIMEOUT = 300

COST_MODEL = [
    *("account", "steps", "step_sums", "violations", "loads", "evaluate", "exact_sums", "certify"),
    *("slice_rules", "reserved", "further_figures"),
]
LEVELS = "finopt/graph/levels.py"
FILES = (*(f"finopt/evaluation/{name}.py" for name in COST_MODEL), LEVELS)

HEAVY = ("pytest", "hypothesis", "numpy", "scipy.sparse.csgraph", "pydantic", "networkx", "pandas", "click")
"""Loaded once, before processes are made; nothing of finopt."""

COST_TESTS = (
    *("tests/evaluation/test_figures.py", "tests/evaluation/test_version2.py"),
    *("tests/evaluation/test_exit_latencies.py", "tests/evaluation/test_certify.py"),
    *("tests/evaluation/test_evaluate.py", "tests/evaluation/test_tolerance.py"),
    *("tests/test_moving.py", "tests/evaluation/test_slices.py", "tests/evaluation/test_frames.py"),
)
LEVEL_TESTS = (
    *(LEVELS, "tests/graph/test_levels.py"),
    *("tests/graph/test_feasible_graph.py", "tests/heuristics/test_fin.py"),
)

OPPOSITE: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
SWAPPED = {"max": "min", "min": "max", "ceil": "floor", "floor": "ceil", "maximum": "minimum"}
SWAPPED |= {"minimum": "maximum", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """A file with the piece at a place of its syntax tree replaced."""

    file: str
    line: int
    before: str
    after: str
    place: int
    piece: ast.AST

    @property
    def key(self) -> str:
        """What it is known by, also when lines move."""
        return f"{self.file}: {self.before} -> {self.after}"

    def code(self) -> CodeType:
        """The module with the change."""
        tree = _parsed(self.file)
        old = list(ast.walk(tree))[self.place]
        new = _Replacing(old, self.piece).visit(tree)
        return compile(ast.fix_missing_locations(new), str(ROOT / self.file), "exec")


class _Replacing(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return ast.copy_location(self.new, node) if node is self.old else super().visit(node)


def mutants(file: str) -> Iterator[Mutant]:
    """All changes of a file, in the order of its syntax tree."""
    tree = _parsed(file)
    untouched = _words(tree)
    for place, node in enumerate(ast.walk(tree)):
        for piece in changes(node) if id(node) not in untouched else ():
            before, after = (ast.unparse(one).split("\n")[0] for one in (node, piece))
            yield Mutant(file, getattr(node, "lineno", 0), before, after, place, piece)


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    match node:
        case ast.Compare(ops=[one]) | ast.BinOp(op=one) | ast.BoolOp(op=one):
            for other in OPPOSITE.get(type(one), ()):
                yield _with_operator(node, other())
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Call(func=ast.Name(id=name)) if name in SWAPPED:
            yield _with(node, func=ast.Name(SWAPPED[name], ast.Load()))
        case ast.Call(func=ast.Attribute(attr=name)) if name in SWAPPED:
            yield _with(node, func=_with(node.func, attr=SWAPPED[name]))
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.If() | ast.IfExp():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign(op=one) if type(one) in OPPOSITE:
            yield _with(node, op=OPPOSITE[type(one)][0]())
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom() as value):
            # A function stays a generator when what it yields is left out.
            yield (
                ast.Pass()
                if isinstance(value, ast.Call)
                else ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load())))
            )


def _with_operator(node: ast.AST, operator: ast.AST) -> ast.AST:
    return _with(node, ops=[operator]) if isinstance(node, ast.Compare) else _with(node, op=operator)


def _with(node: ast.AST, **fields: Any) -> Any:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _words(tree: ast.AST) -> set[int]:
    """Nodes of annotations, texts and representations, which say something but decide nothing."""
    found: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr():
                pieces = [node]
            case ast.FunctionDef(name="__repr__" | "_repr_html_"):
                pieces = [node]
            case ast.FunctionDef():
                pieces = [node.returns, *node.decorator_list, *_annotations(node.args)]
            case ast.AnnAssign():
                pieces = [node.annotation]
            case ast.ClassDef():
                pieces = list(node.decorator_list)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pieces = [node]
            case _:
                continue
        found |= {id(inner) for piece in pieces if piece is not None for inner in ast.walk(piece)}
    return found


def _annotations(args: ast.arguments) -> list[ast.expr | None]:
    return [arg.annotation for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)]


def _parsed(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


# ---------------------------------------------------------------- running the tests on a mutant


class _Loader(SourceFileLoader):
    """Loads a module with changed code."""

    code: CodeType

    def get_code(self, fullname: str) -> CodeType:
        return self.code


class _Finder(MetaPathFinder):
    """Finds one module itself, and lets others find the rest."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = mutant.file.removesuffix(".py").replace("/", ".")
        self.code = mutant.code()

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname == self.name else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin)
            spec.loader.code = self.code
        return spec


def outcome(mutant: Mutant | None, tests: tuple[str, ...]) -> str:
    """What the tests say of a mutant, or of the original: "killed", "survived" or "took too long"."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os._exit(_child(mutant, tests))
    ended, end = 0, time.monotonic() + TIMEOUT
    try:
        while not ended and time.monotonic() < end:
            time.sleep(0.05)
            ended, status = os.waitpid(child, os.WNOHANG)
    finally:  # also at Ctrl-C
        if not ended:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
    if not ended:
        return "took too long"
    return "killed" if status else "survived"


def _child(mutant: Mutant | None, tests: tuple[str, ...]) -> int:
    """The exit code of pytest, in a process group of its own and without a word."""
    import hypothesis
    import pytest

    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    hypothesis.settings.register_profile("mutate", derandomize=True, database=None, max_examples=25)
    hypothesis.settings.load_profile("mutate")
    try:
        if mutant is not None:  # loaded before pytest puts a finder of its own in front
            finder = _Finder(mutant)
            sys.meta_path.insert(0, finder)
            importlib.import_module(finder.name)
        return int(pytest.main(["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", *tests]))
    except BaseException:
        return 1


def tests_of(file: str) -> tuple[str, ...]:
    """The tests that know a file best, quick and telling ones first."""
    return LEVEL_TESTS if file == LEVELS else (file, *COST_TESTS)


def main() -> int:
    """Run a sample and say what became of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="*", help="default: the cost model and the level rule")
    parser.add_argument("--sample", type=int, help="so many mutants; default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--list", action="store_true", help="print the mutants, run nothing")
    options = parser.parse_args()
    every = [mutant for file in options.files or FILES for mutant in mutants(file)]
    chosen = random.Random(options.seed).sample(every, min(options.sample or len(every), len(every)))
    print(f"{len(chosen)} of {len(every)} mutants", flush=True)
    if options.list:
        print(*(f"{one.file}:{one.line}: {one.before} -> {one.after}" for one in chosen), sep="\n")
        return 0
    for module in HEAVY:
        importlib.import_module(module)
    for tests in {LEVEL_TESTS if mutant.file == LEVELS else COST_TESTS for mutant in chosen}:
        if outcome(None, tests) != "survived":
            print("without any change tests fail, or take too long:", *tests)
            return 2
    return report(chosen)


def report(chosen: list[Mutant]) -> int:
    """Print each verdict as it comes and the count; 1 if one survives without a reason."""
    reasons = json.loads(REASONS.read_text(encoding="utf-8"))
    killed, excused, left = 0, 0, 0
    for mutant in chosen:
        found = outcome(mutant, tests_of(mutant.file))
        reason = reasons.get(mutant.key) if found == "survived" else None
        killed += found != "survived"
        excused += reason is not None
        left += found == "survived" and reason is None
        at = f"{mutant.file}:{mutant.line}: {mutant.before} -> {mutant.after}"
        print(f"{found:13} {at}" + (f"   ({reason})" if reason else ""), flush=True)
    share = killed / max(1, len(chosen))
    print(f"{killed} of {len(chosen)} killed ({share:.1%}), {excused} survive with a reason, {left} without")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
