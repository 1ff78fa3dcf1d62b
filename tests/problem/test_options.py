"""Options of methods: the same values are refused in the same words by every way to a method."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import finopt
from finopt.api.methods import COMMON, METHODS, options_of
from finopt.problem.options import LARGEST_GAMMA, LARGEST_SEED, MOST_THREADS, RULES, checked
from tests.command_line import Write, run
from tests.conformance import methods

INSTANCE = finopt.load("instances/paper/b-alexnet-cifar10.json")

WRONG: list[tuple[str, Any, type[Exception], str]] = [
    ("time_limit", -1, ValueError, "time_limit must be at least 0, got -1"),
    ("time_limit", math.nan, ValueError, "time_limit must be at least 0, got nan"),
    ("time_limit", "5", TypeError, "time_limit must be a number or None, got '5'"),
    ("time_limit", True, TypeError, "time_limit must be a number or None, got True"),
    ("time_limit", np.bool_(True), TypeError, "time_limit must be a number or None"),
    ("memory_limit", -1, ValueError, "memory_limit must be at least 0, got -1"),
    ("memory_limit", math.nan, ValueError, "memory_limit must be at least 0, got nan"),
    ("memory_limit", "2GB", TypeError, "memory_limit must be a number or None, got '2GB'"),
    ("memory_limit", True, TypeError, "memory_limit must be a number or None, got True"),
    ("seed", -1, ValueError, f"seed must be between 0 and {LARGEST_SEED}, got -1"),
    ("seed", 2**63, ValueError, f"seed must be between 0 and {LARGEST_SEED}"),
    ("seed", 1.5, TypeError, "seed must be a whole number, got 1.5"),
    ("seed", None, TypeError, "seed must be a whole number, got None"),
    ("threads", 10**6, ValueError, f"threads must be between 0 and {MOST_THREADS}, got 1000000"),
    ("threads", -2, ValueError, "threads must be between 0 and"),
    ("threads", True, TypeError, "threads must be a whole number, got True"),
    ("progress", "no", TypeError, "progress must be True or False or a callable, got 'no'"),
]
"""Common options: name, value, exception and words."""

OWN: list[tuple[str, str, Any, type[Exception], str]] = [
    ("fin", "gamma", 2.5, TypeError, "gamma must be a whole number or None, got 2.5"),
    ("fin", "gamma", 0, ValueError, f"gamma must be between 1 and {LARGEST_GAMMA}, got 0"),
    ("fin", "max_gamma", "8", TypeError, "max_gamma must be a whole number, got '8'"),
    ("fin", "lam", "1", TypeError, "lam must be a number or None, got '1'"),
    ("fin", "lam", -0.5, ValueError, "lam must be at least 0, got -0.5"),
    ("fin", "gap", None, TypeError, "gap must be a number, got None"),
    ("fin", "gap", math.nan, ValueError, "gap must be between 0 and 1, got nan"),
    ("fin", "lam_rule", 7, ValueError, "lam_rule must be 'bound' or 'levels', got 7"),
    ("fin", "lam_rule", None, ValueError, "lam_rule must be 'bound' or 'levels', got None"),
    ("fin-published", "lam_rule", "x", ValueError, "lam_rule must be 'bound' or 'levels', got 'x'"),
    ("fin-published", "lam_rule", ["bound"], ValueError, "lam_rule must be 'bound' or 'levels', got ["),
    ("fin-published", "certify", 1, TypeError, "certify must be True or False, got 1"),
    ("fin-published", "gamma", 0, ValueError, f"gamma must be between 1 and {LARGEST_GAMMA}, got 0"),
    ("fin", "admit", "some", ValueError, "admit must be 'all' or 'best', got 'some'"),
    ("milp", "gap", 2, ValueError, "gap must be between 0 and 1, got 2"),
    ("milp", "reduce", "no", TypeError, "reduce must be True or False, got 'no'"),
    ("cspp", "reduce", 0.5, TypeError, "reduce must be True or False, got 0.5"),
    ("labels", "max_labels", -1, ValueError, "max_labels must be at least 1, got -1"),
    ("labels", "max_labels", 1e6, TypeError, "max_labels must be a whole number, got 1000000.0"),
]
"""Options of some methods: method, name, value, exception and words."""


def refusal(call: Callable[[], Any]) -> tuple[type[BaseException], str]:
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize(("name", "value", "kind", "words"), WRONG)
def test_common_options_are_refused_alike(name: str, value: Any, kind: type[Exception], words: str) -> None:
    option = {name: value}
    answers = []
    for method in METHODS:
        answers.append(refusal(lambda m=method: finopt.solve(INSTANCE, m, **option)))
    if name != "progress":  # which solve_many has for itself
        answers.append(refusal(lambda: finopt.solve_many([INSTANCE], **option)))
    assert len(set(answers)) == 1
    assert issubclass(answers[0][0], kind)
    assert words in answers[0][1]


@pytest.mark.parametrize(("method", "name", "value", "kind", "words"), OWN)
def test_options_of_a_method_are_refused_alike(
    method: str, name: str, value: Any, kind: type[Exception], words: str
) -> None:
    option = {name: value}
    calls = (
        lambda: finopt.solve(INSTANCE, method, **option),
        lambda: finopt.solve_many([INSTANCE], method, **option),
    )
    answers = {refusal(call) for call in calls}
    assert len(answers) == 1
    found, said = answers.pop()
    assert issubclass(found, kind)
    assert words in said


def test_every_option_of_every_method_has_a_rule() -> None:
    own = {"weights"}  # checked by fin, which knows the applications
    for method in METHODS:
        assert set(options_of(method)) <= RULES.keys() | own
    assert set(COMMON) <= RULES.keys()


def test_numbers_of_numpy_and_fractions_become_plain_ones() -> None:
    given = {
        "seed": np.int64(3),
        "threads": np.uint8(2),
        "time_limit": Fraction(1, 2),
        "gap": np.float32(0.5),
        "reduce": np.bool_(False),
        "lam": 10**400,
    }
    plain = checked(given)
    assert plain == {
        "seed": 3, "threads": 2, "time_limit": 0.5, "gap": 0.5, "reduce": False, "lam": math.inf
    }  # fmt: skip
    assert [type(value) for value in plain.values()] == [int, int, float, float, bool, float]


@methods()
def test_the_ends_of_the_ranges_are_solved_with(method: str) -> None:
    result = finopt.solve(INSTANCE, method, seed=np.int64(LARGEST_SEED), time_limit=math.inf, threads=1)
    assert result.placement is not None


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"time_limit": "5"}, TypeError, "time_limit must be a number or None"),
        ({"time_limit": -1}, ValueError, "time_limit must be at least 0"),
        ({"max_latency": "1"}, TypeError, "max_latency must be a number or None, got '1'"),
        ({"max_latency": 0}, ValueError, "max_latency must be above 0 and finite, got 0"),
        ({"max_latency": math.inf}, ValueError, "max_latency must be above 0 and finite, got inf"),
        ({"accuracies": ["0.8"]}, TypeError, "an accuracy level must be a number, got '0.8'"),
        ({"accuracies": [1.5]}, ValueError, "an accuracy level must be between 0 and 1, got 1.5"),
    ],
)
def test_a_front_refuses_them_too(options: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        finopt.pareto(INSTANCE, **options)


@pytest.mark.parametrize(
    ("weights", "kind", "words"),
    [
        ({"app0": "3"}, TypeError, "the weight of application 'app0' must be a number, got '3'"),
        ({"app0": 0}, ValueError, "the weight of application 'app0' must be above 0 and finite, got 0"),
        ({"nobody": 1}, ValueError, "names application 'nobody'"),
        (["app0"], TypeError, "weights must be a mapping of application ids to numbers"),
    ],
)
def test_weights(weights: Any, kind: type[Exception], words: str) -> None:
    fleet = finopt.generate_fleet(4, 2, 1, 1, seed=1)
    with pytest.raises(kind, match=words):
        finopt.solve(fleet, admit="best", weights=weights)


@pytest.mark.parametrize(
    "options",
    [
        ["--threads", "1000000"],
        ["--threads", "-1"],
        ["--seed", "-1"],
        ["--seed", str(2**63)],
        ["--time-limit", "-1"],
        ["--time-limit", "inf"],
        ["--gamma", str(LARGEST_GAMMA + 1)],
        ["--lam", "-1"],
        ["--lam-rule", "7"],
        ["--gap", "1.1"],
    ],
)
def test_the_command_line_has_the_same_ranges(options: list[str], write: Write) -> None:
    result = run("solve", write(), *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Invalid value for '{options[0]}'" in result.stderr
    assert run("generate", "--seed", "-1").exit_code == 2
