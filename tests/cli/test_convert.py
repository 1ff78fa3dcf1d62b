"""`finopt convert`: an instance of any version as one of version 2."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import finopt
from finopt.problem.instance import Instance
from tests.command_line import run
from tests.documents import GOOD, GOOD_2

TABLE = "model,source,max_latency,min_accuracy\ndnn,phone,0.01,0.5\ndnn,tablet,0.02,0.8\n"


def write(path: Path, data: object) -> Path:
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def load(path: Path) -> Instance:
    instance = finopt.load(path)
    assert isinstance(instance, Instance)
    return instance


def test_version_1_becomes_version_2_and_means_the_same(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old.json", GOOD), tmp_path / "new.json"
    printed = run("convert", old)
    assert printed.exit_code == 0, printed.output
    assert run("convert", old, "-o", new).exit_code == 0
    assert new.read_text(encoding="utf-8") == printed.stdout
    assert json.loads(printed.stdout)["version"] == 2
    assert load(new).model_copy(update={"version": 1}) == load(old)


def test_a_file_of_version_1_with_fields_of_version_2_is_repaired(tmp_path: Path) -> None:
    path = write(tmp_path / "mixed.json", GOOD_2 | {"version": 1})
    with pytest.raises(finopt.InstanceError, match="run finopt convert"):
        finopt.load(path)
    assert run("convert", path, "-o", path).exit_code == 0
    assert load(path) == load(write(tmp_path / "right.json", GOOD_2))


def test_packed_files_are_read_and_written(tmp_path: Path) -> None:
    packed = tmp_path / "old.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(GOOD).encode()))
    assert run("convert", packed, "-o", tmp_path / "new.json.gz").exit_code == 0
    assert gzip.decompress((tmp_path / "new.json.gz").read_bytes()).decode() == run("convert", packed).stdout


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_stays_one_beside_the_output(tmp_path: Path, kind: str) -> None:
    (tmp_path / "apps.csv").write_text(TABLE, encoding="utf-8")
    old = write(tmp_path / "old.json", GOOD | {"applications": {"table": "apps.csv"}})
    assert run("convert", old, "--table", kind, "-o", tmp_path / "new.json").exit_code == 0
    assert json.loads((tmp_path / "new.json").read_text())["applications"] == {"table": f"new.{kind}"}
    assert load(tmp_path / "new.json").applications == load(old).applications
    assert len(json.loads(run("convert", old).stdout)["applications"]) == 2


def test_wrong_input_ends_with_code_2(tmp_path: Path) -> None:
    wrong = run("convert", write(tmp_path / "wrong.json", GOOD | {"version": 3}))
    assert wrong.exit_code == 2
    assert "version: must be 1 or 2, got 3" in wrong.stderr
    graph = tmp_path / "graph.txt"
    graph.write_text("2 1 1\n0\n4\n0\n0\n1 2 0.5 3\n")
    assert run("convert", graph).exit_code == 2
    assert "is a shortest path problem: only instances have versions" in run("convert", graph).stderr
    assert run("convert", tmp_path / "none.json").exit_code == 2
