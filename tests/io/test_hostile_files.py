"""Files that hang, flood or lead elsewhere are refused: no pipe or device, no link out, nothing too large."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import finopt
from finopt import InstanceError
from finopt.io import packing, rcsp_file, strict_json
from finopt.io.tables import application_table_file, csv_format, parquet_format
from tests.command_line import Write, run
from tests.documents import GOOD
from tests.io.test_application_files import HEADER, PLAIN, file, parquet

ROW = "dnn,phone,0.01,0.5\n"


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InstanceError) as caught:
        finopt.load(path, **options)
    (problem,) = caught.value.problems
    return str(problem)


# ---------------------------------------------------------------- what is no regular file


@pytest.mark.parametrize("suffix", [".json", ".txt"])
def test_pipes_and_devices_are_refused_and_not_waited_for(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe{suffix}")
    (tmp_path / f"zero{suffix}").symlink_to("/dev/zero")
    for name in ("pipe", "zero"):
        assert refusal(tmp_path / f"{name}{suffix}") == "$: is not a regular file"
    assert refusal(Path("/dev/zero")) == "$: is not a regular file"


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".csv.gz"])
def test_tables_are_regular_files_too(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    for name in (f"pipe{suffix}", f"folder{suffix}"):
        found = refusal(file(tmp_path, {"table": name}))
        assert found == f"applications.table: is not a regular file, got '{name}'"


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "plan", tmp_path / "elsewhere"
    (folder / "data").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "apps.csv").write_text(f"{HEADER}\n{ROW}")
    (folder / "apps.csv").symlink_to(elsewhere / "apps.csv")
    (folder / "below").symlink_to(elsewhere)
    (folder / "zero.csv").symlink_to("/dev/zero")
    for name in ("apps.csv", "below/apps.csv", "zero.csv"):
        found = refusal(file(folder, {"table": name}))
        assert found == (
            "applications.table: must be in the folder of the instance file or below it: the link leads out "
            f"of it, got '{name}'"
        )
    (folder / "data" / "apps.csv").write_text(f"{HEADER}\n{ROW}")
    (folder / "inside.csv").symlink_to(folder / "data" / "apps.csv")
    assert isinstance(finopt.load(file(folder, {"table": "inside.csv"})), finopt.Instance)
    (tmp_path / "link").symlink_to(folder)  # the folder itself may be reached over a link
    assert isinstance(finopt.load(tmp_path / "link" / "small.json"), finopt.Instance)


# ---------------------------------------------------------------- size limits


def test_larger_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as content:
        content.truncate(packing.MOST_BYTES + 1)  # a hole that takes no room
    assert refusal(path) == "$: is larger than 256 MiB, more is not read; max_bytes says how much is read"
    path.write_text(json.dumps(GOOD))
    size = path.stat().st_size
    assert "is larger than" in refusal(path, max_bytes=size - 1)
    assert finopt.load(path, max_bytes=size) == finopt.load(path)
    monkeypatch.setattr(packing, "MOST_BYTES", 100)
    assert "is larger than 100 bytes" in refusal(path)
    assert finopt.load(path, max_bytes=size)


def test_the_limit_is_on_what_a_file_unpacks_to(tmp_path: Path) -> None:
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(json.dumps(GOOD).encode()))
    size = len(json.dumps(GOOD))
    assert finopt.load(tmp_path / "x.json.gz", max_bytes=size)
    assert f"unpacks to more than {size - 1} bytes" in refusal(tmp_path / "x.json.gz", max_bytes=size - 1)


@pytest.mark.parametrize("kind", ["csv", "parquet", "csv.gz"])
def test_the_limit_holds_for_tables(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "parquet":
        columns = {name: column * 500 for name, column in PLAIN.items()}
        path = parquet(tmp_path, **columns | {"rate": [1 / (i + 1) for i in range(1000)]})
    else:
        content = f"{HEADER}\n{ROW * 500}".encode()
        (tmp_path / f"apps.{kind}").write_bytes(gzip.compress(content) if kind == "csv.gz" else content)
        path = file(tmp_path, {"table": f"apps.{kind}"})
    assert len(finopt.load(path).applications) >= 500
    monkeypatch.setattr(application_table_file, "MOST_BYTES", 1500)
    found = refusal(path)
    assert "is larger than 1500 bytes" in found or "unpacks to more than is read" in found
    assert "; max_bytes says how much is read" in found
    assert finopt.load(path, max_bytes=2**20)


@pytest.mark.parametrize(
    ("value", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)]
)
def test_limits_that_are_none(tmp_path: Path, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="max_bytes must be"):
        finopt.load(tmp_path, max_bytes=value)


def test_the_command_line_has_the_limit(write: Write, tmp_path: Path) -> None:
    result = run("check", write(), "--max-bytes", 100)
    assert result.exit_code == 2
    assert "is larger than 100 bytes" in result.stderr
    assert run("check", write(), "--max-bytes", 10_000).exit_code == 0
    path = file(tmp_path, {"table": "apps.csv"})
    (tmp_path / "apps.csv").write_text(f"{HEADER}\n{ROW * 500}")
    assert "applications.table: is larger than" in run("check", path, "--max-bytes", 5000).stderr


def test_standard_input_has_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from finopt.cli import main

    text = json.dumps(GOOD)
    result = CliRunner().invoke(main.main, ["check", "-", "--max-bytes", "100"], input=text)
    assert result.exit_code == 2
    assert "standard input: 1 problem\n  $: has more than 100 bytes" in result.stderr


# ---------------------------------------------------------------- memory


def test_a_flood_of_values_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "MOST_VALUES", 1000)
    path = tmp_path / "zeros.json"
    for text in ("[" + "0," * 1000 + "0]", "[" + "[]," * 200 + "0]", '{"format": [' + "{}," * 200 + "0]}"):
        path.write_text(text)
        assert refusal(path) == "$: holds more than 1000 values, which are not read"
    path.write_text("[" + "0," * 900 + "0]")
    assert refusal(path).startswith("$: an instance is a JSON object, got [0, 0, ")


@pytest.mark.parametrize("text", ["7 " * 500_000, "7\n" * 500_000, "1 1 1\n" + "0.5 " * 300_000 + "x"])
def test_numbers_take_memory_in_proportion_to_their_text(text: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InstanceError):
            rcsp_file.read(text, "flood.txt")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 24 * len(text)  # words as objects take more than 60 byte each


def test_words_that_are_no_numbers_are_found_wherever_they_stand() -> None:
    arcs = 40_000
    words = ["2", str(arcs), "1", "0", "9", "0", "0"] + ["1", "2", "1", "1"] * arcs
    wrong = {7 + 4 * i + 2: f"1_{i}" for i in range(0, arcs, 8000)}
    for at, word in wrong.items():
        words[at] = word
    for separator in (" ", "\n"):
        with pytest.raises(InstanceError) as caught:
            rcsp_file.read(separator.join(words), "x.txt")
        lines = [1 if separator == " " else at + 1 for at in wrong]
        assert list(map(str, caught.value.problems)) == [
            f"line {line}: cost: must be a number, got {word!r}"
            for line, word in zip(lines, wrong.values(), strict=True)
        ]


def test_a_line_without_end_is_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_format, "MOST_LINE", 1000)
    (tmp_path / "apps.csv").write_text(f"{HEADER}\n{'x,' * 600}\n")
    assert "a line is longer than 1000 characters" in refusal(file(tmp_path))


def test_rows_that_take_no_room_in_the_file_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = parquet(tmp_path, **{name: [column[0]] * 1001 for name, column in PLAIN.items()})
    assert len(finopt.load(path).applications) == 1001
    monkeypatch.setattr(parquet_format, "MOST_ROWS", 1000)
    assert refusal(path) == "applications: more than 1000 rows are not read, got 1001"


# ---------------------------------------------------------------- messages that can be printed


def test_half_a_surrogate_pair_can_be_printed_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.json")
    half = "\ud800"
    texts = [json.dumps({**GOOD, half: 1}), json.dumps({**GOOD, "nodes": [{**GOOD["nodes"][0], half: 1}]})]
    texts += [json.dumps({**GOOD, "nodes": [{"id": half}]}), f'{{"{half}": 1, "{half}": 2}}', half, "{"]
    texts += [json.dumps({**GOOD, "applications": {half: 1}}), json.dumps(GOOD).replace("phone", "\\ud800")]
    texts += [json.dumps({"format": "finopt-result", "placement": {half: []}, half: 1})]
    for text in texts:
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        with pytest.raises(InstanceError) as caught:
            finopt.load(path)
        str(caught.value).encode("utf-8")
        assert run("check", path).exit_code == 2


def test_values_of_both_readings_of_numbers_are_the_same() -> None:
    rng = np.random.default_rng(0)
    figures = [repr(float(x)) for x in rng.lognormal(sigma=20, size=200)] + ["+1.", ".5", "1e3", "007"]
    for word in (*figures, "1_0", "nan", "inf", "٣", "0x1", "1e", "--1", "", "1e999"):
        plain, other = (rcsp_file.NumberText(f"{word} {more}").values for more in ("1", "é"))
        assert np.array_equal(plain[:-1], other[:-1], equal_nan=True)
