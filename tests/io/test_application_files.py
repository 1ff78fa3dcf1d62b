"""Instances whose applications stand in a CSV or Parquet table beside the JSON file."""

from __future__ import annotations

import copy
import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import finopt
from finopt import ApplicationTable, BackendError, Instance, InstanceError
from finopt.io import instance_file
from finopt.problem.table_rules import LISTED
from tests.documents import GOOD
from tests.random_instances import joint_instance
from tests.strategies import names, renamed

HEADER = "model,source,max_latency,min_accuracy"


def file(folder: Path, applications: Any = None, **changed: Any) -> Path:
    """The good instance with its applications in a table."""
    data = copy.deepcopy(GOOD) | {"applications": applications or {"table": "apps.csv"}} | changed
    path = folder / "small.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def load(folder: Path, csv: str) -> Instance:
    (folder / "apps.csv").write_text(csv, encoding="utf-8")
    instance = finopt.load(file(folder))
    assert isinstance(instance, Instance)
    return instance


def problems(folder: Path, csv: str) -> list[str]:
    with pytest.raises(InstanceError) as caught:
        load(folder, csv)
    return list(map(str, caught.value.problems))


def parquet(folder: Path, **columns: Any) -> Path:
    pyarrow.parquet.write_table(pyarrow.table(columns), folder / "apps.parquet")
    return file(folder, {"table": "apps.parquet"})


PLAIN: dict[str, Any] = {
    "model": ["dnn", "dnn"],
    "source": ["phone", "tablet"],
    "max_latency": [0.01, 0.02],
    "min_accuracy": [0.5, 0.8],
}


# ---------------------------------------------------------------- good files


def test_absent_columns_take_their_defaults(tmp_path: Path) -> None:
    instance = load(tmp_path, f"{HEADER}\ndnn,phone,0.01,0.5\ndnn,tablet,2e-2,.8\n")
    assert isinstance(instance.applications, ApplicationTable)
    assert list(instance.applications) == [
        finopt.Application(id="app0", model="dnn", source="phone", max_latency=0.01, min_accuracy=0.5),
        finopt.Application(id="app1", model="dnn", source="tablet", max_latency=0.02, min_accuracy=0.8),
    ]


def test_columns_come_in_any_order_after_a_byte_order_mark_and_with_blank_lines(tmp_path: Path) -> None:
    header = "\ufefflatency,source,id,pinned,model,rate,min_accuracy,max_latency\r\n\r\n"
    instance = load(tmp_path, header + 'mean,phone,"a, b","{""conv1"": ""edge""}",dnn, 3 ,0,1\r\n\r\n')
    assert list(instance.applications) == [
        finopt.Application(
            id="a, b",
            model="dnn",
            source="phone",
            rate=3.0,
            max_latency=1.0,
            min_accuracy=0.0,
            latency="mean",
            pinned={"conv1": "edge"},
        )
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("seed", range(6))
def test_what_is_saved_is_loaded_again(tmp_path: Path, seed: int, kind: Any) -> None:
    plain = joint_instance(seed)
    instance = plain.model_copy(update={"applications": ApplicationTable.of(plain.applications)})
    finopt.save(instance, tmp_path / "x.json", table=kind)
    assert {path.name for path in tmp_path.iterdir()} == {"x.json", f"x.{kind}"}
    assert json.loads((tmp_path / "x.json").read_text())["applications"] == {"table": f"x.{kind}"}
    assert finopt.load(tmp_path / "x.json") == instance
    finopt.save(finopt.load(tmp_path / "x.json"), tmp_path / "y.json", table=kind)
    assert (tmp_path / "x.csv").exists() <= (
        (tmp_path / f"x.{kind}").read_bytes() == (tmp_path / f"y.{kind}").read_bytes()
    )


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_allowed_nodes_and_destinations_are_saved_and_loaded(tmp_path: Path, kind: Any) -> None:
    table = ApplicationTable(
        model_ids=["dnn"],
        model=[0] * 4,
        source_ids=["phone"],
        source=[0] * 4,
        max_latency=1.0,
        min_accuracy=0.5,
        allowed={1: {"conv1": ["phone", "edge"]}, 3: {"conv1": ["edge"], "conv2": ["phone"]}},
        result_ids=["edge", "source"],
        result=[-1, 1, 0, 1],
    )
    plain = instance_file.read(json.dumps(GOOD), "text")
    instance = Instance.model_validate({**plain.model_dump(), "applications": table})
    finopt.save(instance, tmp_path / "x.json", table=kind)
    assert json.loads((tmp_path / "x.json").read_text())["version"] == 2
    assert finopt.load(tmp_path / "x.json") == instance
    if kind == "csv":
        assert (tmp_path / "x.csv").read_text().splitlines()[::2] == [
            "model,source,max_latency,min_accuracy,allowed,result_to",
            'dnn,phone,1.0,0.5,"{""conv1"": [""phone"", ""edge""]}",source',
            'dnn,phone,1.0,0.5,"{""conv1"": [""edge""], ""conv2"": [""phone""]}",source',
        ]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_limits_are_saved_and_loaded(tmp_path: Path, kind: Any) -> None:
    data = {
        **GOOD,
        "version": 2,
        "applications": [{**GOOD["applications"][0], "id": f"a{i}"} for i in range(3)],
    }
    data["applications"][0] |= {"max_energy": 0.1, "max_cost": 1e-7}
    data["applications"][2] |= {"max_energy": 2.5}
    plain = instance_file.read(json.dumps(data), "text")
    instance = plain.replace(applications=ApplicationTable.of(plain.applications))
    finopt.save(instance, tmp_path / "x.json", table=kind)
    assert finopt.load(tmp_path / "x.json") == instance
    if kind == "csv":
        lines = (tmp_path / "x.csv").read_text().splitlines()
        assert [line.rpartition("}")[2] for line in lines[1:]] == ['",0.1,1e-07', '",,', '",2.5,']
        assert lines[0].endswith(",pinned,max_energy,max_cost")


def test_limits_are_checked(tmp_path: Path) -> None:
    rows = ["dnn,phone,1,0.5,much,", "dnn,phone,1,0.5,-1,0.5", "dnn,phone,1,0.5,, "]
    (tmp_path / "apps.csv").write_text(f"{HEADER},max_energy,max_cost\n" + "\n".join(rows) + "\n")
    with pytest.raises(InstanceError) as caught:
        finopt.load(file(tmp_path, version=2))
    assert list(map(str, caught.value.problems)) == [
        "apps.csv row 1, column max_energy: must be a number, got 'much'",
        "apps.csv row 2, column max_energy: application 'app1': must be at least 1e-21, got -1.0",
    ]


def test_an_empty_column_of_limits_says_nothing(tmp_path: Path) -> None:
    path = parquet(tmp_path, **PLAIN, max_cost=pyarrow.array([None, None]), max_energy=[None, 0.5])
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    found = finopt.load(path)
    assert isinstance(found, Instance)
    assert [application.limits for application in found.applications] == [{}, {"energy": 0.5}]


def test_names_with_every_sign_survive(tmp_path: Path) -> None:
    ids = ['a"b', "a,b", "a\nb", "a\rb", " a ", "\t", "#", "\u2028", "é漢", "1", "nan", "app7"]
    plain = finopt.load(file(tmp_path, GOOD["applications"]))
    assert isinstance(plain, Instance)
    table = ApplicationTable(
        model_ids=["dnn"],
        model=[0] * len(ids),
        source_ids=["phone"],
        source=[0] * len(ids),
        max_latency=[0.1 / (i + 3) for i in range(len(ids))],
        min_accuracy=1 / 3,
        rate=1e-21,
        ids=ids,
    )
    instance = plain.model_copy(update={"applications": table})
    for kind in ("csv", "parquet"):
        finopt.save(instance, tmp_path / f"{kind}.json", table=kind)  # type: ignore[arg-type]
        assert finopt.load(tmp_path / f"{kind}.json") == instance


@settings(max_examples=30, deadline=None)
@given(renamed(), st.lists(names, min_size=1, max_size=4, unique=True))
def test_names_of_any_text_survive(drawn: Instance, ids: list[str]) -> None:
    applications = [drawn.applications[0].model_copy(update={"id": name}) for name in ids]
    instance = drawn.model_copy(update={"applications": ApplicationTable.of(applications)})
    with TemporaryDirectory() as folder:
        for kind in ("csv", "parquet"):
            finopt.save(instance, Path(folder) / "x.json", table=kind)  # type: ignore[arg-type]
            assert finopt.load(Path(folder) / "x.json") == instance


def test_the_schema_takes_a_table() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(instance_file.schema()))
    for applications, right in (
        ({"table": "apps.csv"}, True),
        ({"table": "data/apps.parquet"}, True),
        ({"table": "apps.pkl"}, False),
        ({"table": "apps.csv", "more": 1}, False),
        ({}, False),
        ([], False),
    ):
        assert validator.is_valid(GOOD | {"applications": applications}) == right, applications


def test_a_table_never_replaces_the_instance_file(tmp_path: Path) -> None:
    instance = load(tmp_path, f"{HEADER}\ndnn,phone,0.01,0.5\n")
    finopt.save(instance, tmp_path / "odd.csv")
    assert finopt.load(tmp_path / "odd.csv") == instance
    assert (tmp_path / "odd.csv.csv").exists()
    with pytest.raises(ValueError, match="table must be one of 'csv', 'parquet', got 'xlsx'"):
        finopt.save(instance, tmp_path / "x.json", table="xlsx")  # type: ignore[arg-type]


def test_text_of_an_instance_lists_its_applications(tmp_path: Path) -> None:
    instance = load(tmp_path, f"{HEADER}\ndnn,phone,0.01,0.5\n")
    again = instance_file.read(instance_file.write(instance), "text")
    assert again.applications == tuple(instance.applications)


def test_a_table_may_be_in_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "apps.CSV").write_text(f"{HEADER}\ndnn,phone,0.01,0.5\n")
    instance = finopt.load(file(tmp_path, {"table": "data/apps.CSV"}))
    assert isinstance(instance, Instance)
    assert instance.applications[0].source == "phone"


def test_parquet_takes_whole_numbers_and_dictionaries(tmp_path: Path) -> None:
    source = pyarrow.array(["phone", "tablet"]).dictionary_encode()
    path = parquet(tmp_path, **PLAIN | {"source": source, "rate": [2, 3]})
    instance = finopt.load(path)
    assert isinstance(instance, Instance)
    assert [(item.source, item.rate) for item in instance.applications] == [("phone", 2.0), ("tablet", 3.0)]


# ---------------------------------------------------------------- broken files


def test_every_problem_has_its_row_and_column(tmp_path: Path) -> None:
    rows = [
        "a,dnn,phone,1,0.01,0.5,worst,",
        "b,dn,fone,-1,1e22,1.5,wrst,",
        "b,dnn,phone,fast,,nan,mean,{}x",
        ",,,,,,,",
        "c,dnn,phone,1,1",
        'd,dnn,phone,1,1,1,worst,"{""conv1"": ""tablet""}"',
        'e,dnn,phone,1e999,1_0,0,worst,"{""conv1"": 7}"',
    ]
    found = problems(
        tmp_path,
        "id,model,source,rate,max_latency,min_accuracy,latency,pinned\n" + "\n".join(rows) + "\n",
    )
    assert found == [
        "apps.csv row 2, column latency: must be 'worst' or 'mean', got 'wrst'; did you mean 'worst'?",
        "apps.csv row 2, column max_latency: application 'b': must be at most 1e+21, got 1e+22",
        "apps.csv row 2, column min_accuracy: application 'b': must be at most 1, got 1.5",
        "apps.csv row 2, column model: application 'b': no such model, got 'dn'; did you mean 'dnn'?",
        "apps.csv row 2, column rate: application 'b': must be at least 1e-21, got -1.0",
        "apps.csv row 2, column source: application 'b': no such node, got 'fone'; did you mean 'phone'?",
        "apps.csv row 3, column id: application: duplicate id, first used in row 2, got 'b'",
        "apps.csv row 3, column max_latency: is required",
        "apps.csv row 3, column min_accuracy: application 'b': must be a finite number, got NaN",
        'apps.csv row 3, column pinned: must be a JSON object of block and node, like {"conv1": "phone"}, '
        "or empty, got '{}x'",
        "apps.csv row 3, column rate: must be a number, got 'fast'",
        "apps.csv row 4, column id: is required",
        "apps.csv row 4, column latency: is required",
        "apps.csv row 4, column max_latency: is required",
        "apps.csv row 4, column min_accuracy: is required",
        "apps.csv row 4, column model: is required",
        "apps.csv row 4, column rate: is required",
        "apps.csv row 4, column source: is required",
        "apps.csv row 5: has 5 cells, the header has 8",
        "apps.csv row 6, column pinned['conv1']: application 'd': pinned to a private node of another "
        "application (shared is false, not the source), got 'tablet'; name the source or a shared node",
        "apps.csv row 7, column max_latency: must be a number, got '1_0'",
        'apps.csv row 7, column pinned: must be a JSON object of block and node, like {"conv1": "phone"}, '
        "or empty, got '{\"conv1\": 7}'",
        "apps.csv row 7, column rate: application 'e': must be a finite number, got Infinity",
    ]


def test_allowed_nodes_and_destinations_are_checked(tmp_path: Path) -> None:
    rows = [
        'dnn,phone,1,0.5,"{""conv1"": ""phone""}",source',
        'dnn,phone,1,0.5,"{""conv1"": []}",',
        'dnn,phone,1,0.5,"{""conv9"": [""edge""], ""conv2"": [""edge"", ""tablet""]}",egde',
    ]
    (tmp_path / "apps.csv").write_text(f"{HEADER},allowed,result_to\n" + "\n".join(rows) + "\n")
    with pytest.raises(InstanceError) as caught:
        finopt.load(file(tmp_path, version=2))
    like = 'must be a JSON object of block and nodes, like {"conv1": ["phone", "edge"]}, or empty'
    assert list(map(str, caught.value.problems)) == [
        f'apps.csv row 1, column allowed: {like}, got \'{{"conv1": "phone"}}\'',
        f"apps.csv row 2, column allowed: {like}, got '{{\"conv1\": []}}'",
        "apps.csv row 3, column allowed['conv2'][1]: application 'app2': allowed on a private node of "
        "another application (shared is false, not the source), got 'tablet'; name the source or a shared "
        "node",
        "apps.csv row 3, column allowed['conv9']: application 'app2': no such block, got 'conv9'; "
        "did you mean 'conv2'?",
        "apps.csv row 3, column result_to: application 'app2': no such node, got 'egde'; "
        "did you mean 'edge'?",
    ]


def test_columns_of_version_2_need_version_2(tmp_path: Path) -> None:
    row = 'dnn,phone,1,0.5,"{""conv1"": [""phone""]}",source,,2'
    assert problems(tmp_path, f"{HEADER},allowed,result_to,max_carbon,max_cost\n{row}\n") == [
        f'apps.csv column {name}: is a column of version 2; set "version": 2, or run finopt convert'
        for name in ("allowed", "result_to", "max_cost")
    ]
    assert isinstance(finopt.load(file(tmp_path, version=2)), Instance)


def test_many_faulty_rows_are_counted(tmp_path: Path) -> None:
    found = problems(tmp_path, HEADER + "\ndnn,phone,soon,0.5" * 30)
    assert len(found) == LISTED + 1
    assert found[-1] == "apps.csv row 11 and 19 more, column max_latency: must be a number"


@pytest.mark.parametrize(
    ("csv", "message"),
    [
        ("", "applications: the table is empty: it has no header"),
        (HEADER, "applications: must not be empty, got no rows"),
        (HEADER + ",deadline\n", "column 'deadline': unknown column; known: 'allowed', 'id'"),
        (HEADER + ",Rate\n", "column 'Rate': unknown column; did you mean 'rate'"),
        (HEADER.replace("min_accuracy", "min_acuracy"), "column min_accuracy: is required"),
        (HEADER + ",source\n", "column source: stands in the header twice"),
        (HEADER.replace(",", ";"), "unknown column; columns are separated by commas"),
        (HEADER + '\ndnn,"phone,1,1\n', "is not valid CSV"),
        (HEADER + '\ndnn,"phone,1,1\n' + "x" * 140_000, "is not valid CSV: field larger"),
    ],
)
def test_broken_csv(tmp_path: Path, csv: str, message: str) -> None:
    assert message in "\n".join(problems(tmp_path, csv))


def test_csv_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "apps.csv").write_bytes(HEADER.encode() + b"\ndnn,phon\xe9,1,1\n")
    with pytest.raises(InstanceError, match="is not UTF-8 text"):
        finopt.load(file(tmp_path))


@pytest.mark.parametrize(
    ("applications", "message"),
    [
        ({"table": "gone.csv"}, r"applications\.table: cannot be read: No such file .*, got 'gone\.csv'"),
        ({"table": "/etc/passwd.csv"}, "must be in the folder of the instance file or below it"),
        ({"table": "../apps.csv"}, "must be in the folder of the instance file or below it"),
        ({"table": "data/../../apps.csv"}, "must be in the folder of the instance file or below it"),
        ({"table": "C:\\apps.csv"}, "must be in the folder of the instance file or below it"),
        ({"table": "apps.pkl"}, r"must end in \.csv, \.tsv or \.parquet, got 'apps\.pkl'"),
        ({"table": "a\n.csv"}, "must be printable"),
        ({"table": 7}, "must be text, got 7"),
        ({"tabel": "apps.csv"}, r"applications\.tabel: unknown key; did you mean 'table'\?\n.*is required"),
    ],
)
def test_what_names_no_table(tmp_path: Path, applications: Any, message: str) -> None:
    with pytest.raises(InstanceError, match=message):
        finopt.load(file(tmp_path, applications))


def test_the_rest_of_the_file_is_checked_too(tmp_path: Path) -> None:
    (tmp_path / "apps.csv").write_text(f"{HEADER}\ndnn,phone,0,0.5\n")
    broken = file(tmp_path, links=[{"source": "phone", "target": "egde", "bandwidth": 1, "energy": 0}])
    with pytest.raises(InstanceError, match=r"(?s)links\[0\].*no such node.*row 1.*must be at least 1e-21"):
        finopt.load(broken)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"max_latency": ["0.1", "0.2"]}, "column max_latency: must hold numbers, holds string"),
        ({"model": [1, 2]}, "column model: must hold text, holds int64"),
        ({"max_latency": [None, 0.1]}, "row 1, column max_latency: is required"),
        ({"source": ["phone", None]}, "row 2, column source: is required"),
        ({"rate": [float("nan"), 1.0]}, "row 1, column rate: application 'app0': must be a finite number"),
        ({"rat": [1.0, 1.0]}, "column 'rat': unknown column; did you mean 'rate'"),
    ],
)
def test_broken_parquet(tmp_path: Path, columns: dict[str, Any], message: str) -> None:
    with pytest.raises(InstanceError, match=message):
        finopt.load(parquet(tmp_path, **PLAIN | columns))


def test_what_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "apps.parquet").write_text("PAR1 not really")
    with pytest.raises(InstanceError, match="is not a Parquet file that can be read"):
        finopt.load(file(tmp_path, {"table": "apps.parquet"}))


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path, **PLAIN)
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BackendError, match=r"apps\.parquet needs pyarrow.*finopt\[table\].*or use CSV"):
        finopt.load(path)


# ---------------------------------------------------------------- text that is not UTF-8

CASES = Path(__file__).parents[1] / "cases"


def refused_parquet(folder: Path, content: bytes, **changed: Any) -> list[str]:
    (folder / "apps.parquet").write_bytes(content)
    with pytest.raises(InstanceError) as caught:
        finopt.load(file(folder, {"table": "apps.parquet"}, **changed))
    return list(map(str, caught.value.problems))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("bad_utf8", r"column pinned: is not UTF-8 text, got b'{\"conv1\": \"phone\\xc7}'"),
        ("latin1", r"column id: is not UTF-8 text, got b'\\xe9t\\xe9'"),
    ],
)
def test_parquet_in_another_encoding(tmp_path: Path, name: str, line: str) -> None:
    lines = refused_parquet(tmp_path, (CASES / f"{name}.parquet").read_bytes())
    assert any(re.fullmatch(f"apps.parquet row 1, {line}", problem) for problem in lines), lines


@pytest.mark.parametrize("column", ["id", "model", "source", "latency", "pinned"])
@pytest.mark.parametrize("dictionary", [False, True])
def test_each_cell_that_is_not_utf_8_is_named(tmp_path: Path, column: str, dictionary: bool) -> None:
    cells = ["grüße", "caf@", "", "caf@"]
    columns = {
        "model": ["dnn"] * 4,
        "source": ["phone"] * 4,
        "max_latency": [1.0] * 4,
        "min_accuracy": [0.1] * 4,
    }
    kept = pyarrow.array(cells).dictionary_encode() if dictionary else pyarrow.array(cells)
    table = pyarrow.table(columns | {column: kept})
    pyarrow.parquet.write_table(table, tmp_path / "t", compression="none")
    content = (tmp_path / "t").read_bytes().replace(b"caf@", b"caf\xe9")
    lines = refused_parquet(tmp_path, content)
    for row in (2, 4):
        assert f"apps.parquet row {row}, column {column}: is not UTF-8 text, got b'caf\\xe9'" in lines
    missing = f"apps.parquet row 3, column {column}: is required" in lines
    assert missing == (column != "pinned")


def test_names_of_columns_that_are_not_utf_8(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.table(PLAIN | {"caf@": [1, 2]}), tmp_path / "t", store_schema=False)
    content = (tmp_path / "t").read_bytes().replace(b"caf@", b"caf\xe9")
    (line,) = refused_parquet(tmp_path, content)
    assert line.startswith("applications: the name of a column is not UTF-8 text: ")


# ---------------------------------------------------------------- floods


def test_a_flood_of_unknown_columns_is_cut(tmp_path: Path) -> None:
    lines = problems(tmp_path, HEADER + "".join(f",c{i}" for i in range(5000)) + "\n")
    assert len(lines) == 100
    assert lines[-1].startswith("apps.csv column 'c99': unknown column; known: ")


def test_rows_of_ever_other_widths_are_cut(tmp_path: Path) -> None:
    lines = problems(tmp_path, HEADER + "\n" + "".join("x," * (i + 9) + "\n" for i in range(500)))
    assert len(lines) == 100


def test_every_row_may_pin_something_else(tmp_path: Path) -> None:
    rows = "".join(f'dnn,phone,1,0.1,"{{""conv1"": ""phone""{" " * i}}}"\n' for i in range(200))
    assert len(load(tmp_path, f"{HEADER},pinned\n{rows}").applications.pins) == 200  # type: ignore[union-attr]
    lines = problems(tmp_path, f"{HEADER},latency\n" + "".join(f"dnn,phone,1,0.1,l{i}\n" for i in range(99)))
    assert (
        lines[0]
        == "apps.csv row 1, column latency: must be 'worst' or 'mean', got 'l0'; known: 'mean', 'worst'"
    )
    assert lines[-1].startswith("apps.csv row 11 and 88 more, column latency: must be")
