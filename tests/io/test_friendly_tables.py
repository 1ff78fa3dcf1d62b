"""Tables as pandas, spreadsheets and others write them; each thing taken has one meaning only."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

import finopt
from finopt import InstanceError
from tests.io.test_application_files import HEADER, PLAIN, file, load, parquet, problems

ROWS = "dnn,phone,0.01,0.5\ndnn,tablet,0.02,0.8\n"
MAP = pyarrow.map_(pyarrow.string(), pyarrow.string())
TABLE = f"{HEADER}\n{ROWS}"


def applications(path: Path) -> list[finopt.Application]:
    return list(finopt.load(path).applications)


@pytest.fixture
def usual(tmp_path: Path) -> list[finopt.Application]:
    """What the plain table means."""
    (tmp_path / "usual").mkdir()
    return list(load(tmp_path / "usual", TABLE).applications)


@pytest.mark.parametrize("name", ["apps.csv.gz", "apps.tsv", "apps.tsv.gz", "APPS.CSV.GZ"])
def test_tabs_and_packed_tables(tmp_path: Path, usual: list[finopt.Application], name: str) -> None:
    content = (TABLE.replace(",", "\t") if "tsv" in name else TABLE).encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if "gz" in name.lower() else content)
    assert applications(file(tmp_path, {"table": name})) == usual


def test_a_packed_table_that_is_damaged(tmp_path: Path) -> None:
    content = gzip.compress(TABLE.encode() * 50)
    for damaged in (content[:-9], content[:30], b"not packed", content[:20] + b"\xff" * 9 + content[29:]):
        (tmp_path / "apps.csv.gz").write_bytes(damaged)
        with pytest.raises(InstanceError, match=r"applications\.table: is a damaged gzip file: "):
            finopt.load(file(tmp_path, {"table": "apps.csv.gz"}))


def test_the_wrong_separator_is_named(tmp_path: Path) -> None:
    found = "\n".join(problems(tmp_path, TABLE.replace(",", "\t")))
    assert "columns are separated by commas; a table with tabs ends in .tsv" in found
    (tmp_path / "apps.tsv").write_text(TABLE)
    with pytest.raises(InstanceError, match=r"separated by tabs; a table with commas ends in \.csv"):
        finopt.load(file(tmp_path, {"table": "apps.tsv"}))


@pytest.mark.parametrize("named", [False, True])
def test_the_index_that_pandas_writes_is_passed_over(
    tmp_path: Path, usual: list[finopt.Application], named: bool
) -> None:
    frame = pd.DataFrame(PLAIN)
    frame.to_csv(tmp_path / "apps.csv", index_label="Unnamed: 0" if named else None)
    assert applications(file(tmp_path)) == usual
    frame.index = pd.Index([7, 3])  # kept as a column of its own, for it is no range
    frame.to_parquet(tmp_path / "apps.parquet")
    assert "__index_level_0__" in pyarrow.parquet.read_schema(tmp_path / "apps.parquet").names
    assert applications(file(tmp_path, {"table": "apps.parquet"})) == usual


def test_a_column_without_a_name_that_is_no_index_is_an_error(tmp_path: Path) -> None:
    rule = "must be a whole number: without a name of its own it is taken for the index of pandas"
    found = problems(tmp_path, f",{HEADER}\nx,dnn,phone,0.01,0.5\n1,dnn,phone,0.01,0.5\n1,dnn,phone\n")
    assert found[0].endswith(f"{rule}, got 'x'")
    assert [line for line in found if "row 3" in line] == ["apps.csv row 3: has 3 cells, the header has 5"]
    assert "unknown column" in problems(tmp_path, f"{HEADER},\ndnn,phone,0.01,0.5,1\n")[0]
    with pytest.raises(InstanceError, match="column __index_level_0__: must hold whole numbers"):
        finopt.load(parquet(tmp_path, **PLAIN, __index_level_0__=["a", "b"]))


def test_spaces_around_header_names(tmp_path: Path, usual: list[finopt.Application]) -> None:
    assert list(load(tmp_path, f" {HEADER.replace(',', ' , ')}\t\n{ROWS}").applications) == usual
    assert "stands in the header twice" in "".join(problems(tmp_path, f"{HEADER}, source \n"))
    columns = {f" {name} ": column for name, column in PLAIN.items()}
    assert applications(parquet(tmp_path, **columns)) == usual


@pytest.mark.parametrize("kind", [pyarrow.int8(), pyarrow.uint64(), pyarrow.int64()])
def test_whole_numbers_are_ids(tmp_path: Path, kind: Any) -> None:
    path = parquet(tmp_path, **PLAIN, id=pyarrow.array([7, 120], kind))
    assert [item.id for item in applications(path)] == ["7", "120"]
    with pytest.raises(InstanceError, match="row 2, column id: is required"):
        finopt.load(parquet(tmp_path, **PLAIN, id=pyarrow.array([7, None], kind)))
    with pytest.raises(InstanceError, match="row 2, column id: application: duplicate id"):
        finopt.load(parquet(tmp_path, **PLAIN, id=pyarrow.array([7, 7], kind)))
    with pytest.raises(InstanceError, match="column id: must hold text, holds double"):
        finopt.load(parquet(tmp_path, **PLAIN, id=[7.0, 8.0]))


@pytest.mark.skipif(not hasattr(pyarrow, "string_view"), reason="pyarrow has no string_view")
def test_text_as_views(tmp_path: Path, usual: list[finopt.Application]) -> None:
    views = {name: pyarrow.array(PLAIN[name], pyarrow.string_view()) for name in ("model", "source")}
    try:
        path = parquet(tmp_path, **PLAIN | views)
    except pyarrow.ArrowNotImplementedError:
        pytest.skip("pyarrow writes no string_view")
    assert applications(path) == usual


def test_pins_that_are_objects_or_nothing(tmp_path: Path, usual: list[finopt.Application]) -> None:
    assert applications(parquet(tmp_path, **PLAIN, pinned=[None, None])) == usual
    for cells in (
        [{"conv1": "phone", "conv2": None}, {"conv1": None, "conv2": "edge"}],
        pyarrow.array([[("conv1", "phone")], [("conv2", "edge")]], MAP),
    ):
        found = applications(parquet(tmp_path, **PLAIN, pinned=cells))
        assert [dict(item.pinned) for item in found] == [{"conv1": "phone"}, {"conv2": "edge"}]
    found = applications(parquet(tmp_path, **PLAIN, pinned=[None, {"conv2": "edge"}]))
    assert [dict(item.pinned) for item in found] == [{}, {"conv2": "edge"}]


def test_allowed_nodes_that_are_objects(tmp_path: Path) -> None:
    parquet(tmp_path, **PLAIN, allowed=[{"conv1": ["phone", "edge"]}, None], result_to=[None, None])
    found = applications(file(tmp_path, {"table": "apps.parquet"}, version=2))
    assert [dict(item.allowed) for item in found] == [{"conv1": ("phone", "edge")}, {}]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([{"conv1": 7}, None], "row 1, column pinned: must be a JSON object of block and node"),
        ([{"conv9": "edge"}, None], "no such block, got 'conv9'"),
        ([{"conv1": ["edge"]}, None], "row 1, column pinned: must be a JSON object of block and node"),
        ([["edge"], None], "column pinned: must hold text, holds list"),
        ([1, 2], "column pinned: must hold text, holds int64"),
        (
            pyarrow.array(
                [[("conv1", "phone"), ("conv1", "edge")], None],
                MAP,
            ),
            "row 1, column pinned: must be a JSON object of block and node",
        ),
    ],
)
def test_objects_are_checked_like_text(tmp_path: Path, cells: Any, message: str) -> None:
    with pytest.raises(InstanceError, match=message):
        finopt.load(parquet(tmp_path, **PLAIN, pinned=cells))
