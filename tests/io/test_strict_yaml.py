"""YAML is plain data or an error: no objects, no duplicate keys, no aliases that multiply."""

from __future__ import annotations

import math
from typing import Any

import pytest

from finopt import InstanceError
from finopt.io import strict_yaml
from finopt.io.strict_yaml import parse


def value(text: str) -> Any:
    data, problems = parse(text, "file.yaml")
    assert not problems
    return data


def problem(text: str) -> str:
    with pytest.raises(InstanceError) as error:
        parse(text, "file.yaml")
    (found,) = error.value.problems
    return str(found)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("1e9", 1e9),
        ("4E-3", 4e-3),
        (".5", 0.5),
        ("5.", 5.0),
        ("-12", -12),
        ("010", 10),
        ("true", True),
        ("~", None),
        ("", None),
        ("no", "no"),
        ("on", "on"),
        ("12:30:00", "12:30:00"),
        ("2024-01-01", "2024-01-01"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!float 12", 12.0),
        ("wheel:a.onnx", "wheel:a.onnx"),
        ("<<", "<<"),
    ],
)
def test_words_are_read_as_yaml_1_2_does_it(word: str, meaning: object) -> None:
    found = value(f"a: {word}")["a"]
    assert found == meaning
    assert type(found) is type(meaning)


def test_numbers_beyond_double_precision_are_such_that_the_data_model_refuses_them() -> None:
    assert value("a: .inf\nb: 1e999\nc: 1e-999") == {"a": math.inf, "b": math.inf, "c": math.ulp(0.0)}
    assert math.isnan(value("a: .nan")["a"])
    assert value("a: " + "9" * 5000) == {"a": math.inf}


def test_keys_are_text_whatever_they_look_like() -> None:
    assert value("1: a\ntrue: b\n~: c") == {"1": "a", "true": "b", "~": "c"}


def test_anchors_stand_for_what_was_written() -> None:
    assert value("a: &x {k: [1, 2]}\nb: *x\nc: &y word\nd: *y\n*y : 3") == {
        "a": {"k": [1, 2]},
        "b": {"k": [1, 2]},
        "c": "word",
        "d": "word",
        "word": 3,
    }


def test_duplicate_keys_are_listed_with_their_lines() -> None:
    data, problems = parse("a: 1\nb:\n  - c: 1\n    c: 2\na: 3\n", "file.yaml")
    assert data == {"a": 3, "b": [{"c": 2}]}
    assert [str(found) for found in problems] == [
        "b[0].c: duplicate key in line 4, got 'c'",
        "a: duplicate key in line 5, got 'a'",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "$: is empty"),
        ("# nothing", "$: is empty"),
        ("a: [1", "line 2, column 1: is not valid YAML"),
        ("a: 1\n b: 2", "line 2, column 3: is not valid YAML"),
        ("a: \x00", "$: is not valid YAML"),
        ("---\na: 1\n---\nb: 1", "a file holds one document, here a second one starts"),
        ("a: &x [*x]", "line 1, column 8: no complete value is called &x before"),
        ("a: *y", "line 1, column 4: "),
        ("[1]: 2", "line 1, column 1: a key must be text"),
        ("a: &x [1]\n*x : 2", "line 2, column 1: a key must be text"),
        (
            "a: !!python/object/apply:os.system [ls]",
            "the tag 'tag:yaml.org,2002:python/object/apply:os.system'",
        ),
        ("a: !!python/name:os.system", "plain data only"),
        ("a: !!int x", "line 1, column 4: is no int: 'x'"),
        ("a: !mine 1", "the tag '!mine' is not read: plain data only"),
        ("a: !!set {b}", "plain data only"),
    ],
)
def test_what_is_no_plain_data_is_refused(text: str, expected: str) -> None:
    assert expected in problem(text)


def test_nesting_is_capped_before_anything_calls_itself() -> None:
    assert value("[" * 50 + "]" * 50) is not None
    assert "nested deeper than 50" in problem("[" * 51 + "]" * 51)
    assert "is not valid YAML" in problem("[" * 100_000) or "nested" in problem("[" * 100_000)
    assert "nested" in problem("\n".join(" " * i + f"a{i}:" for i in range(200)))


def test_aliases_count_as_often_as_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "aliases counted as often as used" in problem("\n".join(lines))
    monkeypatch.setattr(strict_yaml, "MOST_VALUES", 5)
    assert value("[1, 2, 3, 4]") == [1, 2, 3, 4]
    assert "stands for more than 5 values" in problem("[1, 2, 3, 4, 5]")
