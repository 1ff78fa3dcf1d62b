"""Our CSV of measured blocks: every row becomes an entry, every mistake is named by row and column."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from finopt import InstanceError
from finopt.io.importers import measurements
from finopt.io.importers.measurements import csv_rows
from tests.io.importers.measurements.files import BLOCKS, NET


def written(folder: Path, text: str, name: str = "blocks.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str, **options: object) -> list[str]:
    with pytest.raises(InstanceError) as error:
        measurements.read(written(folder, text), **options)  # type: ignore[arg-type]
    return [str(problem) for problem in error.value.problems]


def test_rows_become_profiles_in_their_order(tmp_path: Path) -> None:
    soc, gpu = measurements.read(written(tmp_path, BLOCKS), models={"net": NET}).profiles
    assert (soc.model, soc.device, soc.source) == ("net", "soc", "measured: blocks.csv")
    assert [(one.block, one.time, one.energy) for one in soc.blocks] == [
        ("conv", 0.0021, 0.009),
        ("mid", 0.0034, None),
    ]
    assert [(one.exit, one.time, one.energy) for one in soc.exits] == [("early", 1e-4, 4e-4)]
    assert [one.block for one in gpu.blocks] == ["dense"]


def test_an_exit_without_a_row_gets_the_smallest_time(tmp_path: Path) -> None:
    text = "model,device,block,time_s\nnet,soc,conv,0.1\nnet,soc,mid,0.1\nnet,soc,dense,0.1\n"
    measured = measurements.read(written(tmp_path, text), models={"net": NET})
    assert [(one.exit, one.time, one.energy) for one in measured.profiles[0].exits] == [
        ("early", 1e-9, 0.0),
        ("out", 1e-9, 0.0),
    ]
    # the exit `out` has no operations, so that it has no time needs no remark
    assert measured.notes == ("net on soc: no time of early: counted as part of the block before",)


def test_comments_blank_lines_and_blanks_around_cells_say_nothing(tmp_path: Path) -> None:
    text = "# a comment\n\nmodel, device, block, time_s\n  \nnet , soc, conv, 0.1\n# end\n"
    profile = measurements.read(written(tmp_path, text)).profiles[0]
    assert (profile.model, profile.blocks[0].time) == ("net", 0.1)


def test_names_beside_the_file_stand_for_those_in_it(tmp_path: Path) -> None:
    text = "block,time_s\nconv,0.1\n"
    profile = measurements.read(written(tmp_path, text), model="net", device="soc").profiles[0]
    assert (profile.model, profile.device) == ("net", "soc")
    text = "model,device,block,time_s\nnet,this-machine,conv,0.1\n"
    assert measurements.read(written(tmp_path, text), device="soc").profiles[0].device == "soc"


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    text = "model,device,block,time_s,weather\nnet,soc,conv,0.1,fine\n"
    assert measurements.read(written(tmp_path, text)).notes == ("columns that are not read: weather",)


def test_every_mistake_is_named_by_row_and_column(tmp_path: Path) -> None:
    text = (
        "model,device,block,exit,time_s,energy_j\n"
        "net,soc,conv,,0.1,0.2\n"
        "nett,soc,conv,,0.1,0.2\n"
        ",soc,conv,,0.1,0.2\n"
        "net,soc,cnov,,0.1,0.2\n"
        "net,soc,,erly,0.1,0.2\n"
        "net,soc,mid,early,0.1,0.2\n"
        "net,soc,,,0.1,0.2\n"
        "net,soc,mid,,fast,0.2\n"
        "net,soc,mid,,0,-1\n"
        "net,soc,mid,,nan,1e999\n"
        "net,soc,mid,,,\n"
        "net,soc,mid,,1_0,\n"
        "net,soc,conv,,0.1,\n"
        "net,soc,mid\n"
        "net,soc,mid,,1e30,1e-30\n"
    )
    assert problems(tmp_path, text, models={"net": NET}) == [
        "row 2, column model: no such model, got 'nett'; did you mean 'net'?",
        "row 3, column model: is required",
        "row 4, column block: no such block of model 'net', got 'cnov'; did you mean 'conv'?",
        "row 5, column exit: no such exit of model 'net', got 'erly'; did you mean 'early'?",
        "row 6, column exit: names a block and an exit: a row is of one of them, got 'early'",
        "row 7, column block: is required; or an exit in a column named exit",
        "row 8, column time_s: must be a number, got 'fast'",
        "row 9, column time_s: must be above 0, got '0'",
        "row 9, column energy_j: must be at least 0, got '-1'",
        "row 10, column time_s: must be a finite number, got 'nan'",
        "row 10, column energy_j: must be a finite number, got '1e999'",
        "row 11, column time_s: is required",
        "row 12, column time_s: must be a number, got '1_0'",
        "row 13, column block: measured twice, first in row 1, got 'conv'",
        "row 14: has 3 cells, the header has 6",
        "row 15, column time_s: must be from 1e-21 to 1e+21, got '1e30'",
        "row 15, column energy_j: must be 0 or from 1e-21 to 1e+21, got '1e-30'",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "$: is empty: a table begins with a header"),
        ("model,device,block,time_s\n", "$: has a header and no rows"),
        (
            "model;device;block;time_s\nnet;soc;conv;1\n",
            "column block: is required; columns are separated by",
        ),
        ("model,device,block,tme_s\nnet,soc,conv,1\n", "column time_s: is required; did you mean 'tme_s'?"),
        ("model,device,block,time_s,enrgy_j\na,b,c,1,1\n", "column 'enrgy_j': unknown column; did you mean"),
        ("model,device,block,block\na,b,c,d\n", "header, column block: stands in the header twice"),
        ("model,device,,time_s\na,b,c,1\n", "header, column 3: has no name"),
        ('model,device,block,time_s\nnet,soc,"conv,1\n', "line 3: is not valid CSV: unexpected end of data"),
        ("model,device,block,exit,time_s\nnet,soc,,early,1\n", "exits but no block of 'net' on 'soc' are"),
    ],
)
def test_what_is_wrong_with_the_table_as_a_whole(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in problem for problem in problems(tmp_path, text)), problems(tmp_path, text)


def test_one_name_for_several_devices_is_refused(tmp_path: Path) -> None:
    assert (
        "column device: holds 2 of them, so device: x would name them all"
        in problems(tmp_path, BLOCKS, device="x")[0]
    )


def test_of_very_many_mistakes_the_first_are_listed(tmp_path: Path) -> None:
    text = "model,device,block,time_s\n" + "net,soc,conv,x\n" * 5000
    with pytest.raises(InstanceError) as error:
        measurements.read(written(tmp_path, text))
    assert len(error.value.problems) == 100
    assert error.value.omitted == 900
    assert "at least" in str(error.value)


def test_sizes_are_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurements, "MOST_BYTES", 100)
    assert problems(tmp_path, BLOCKS) == ["$: is larger than 100 bytes, more is not read"]
    monkeypatch.undo()
    monkeypatch.setattr(csv_rows, "MOST_ROWS", 2)
    assert problems(tmp_path, BLOCKS) == ["$: has more than 2 rows, more is not read"]
    monkeypatch.setattr(csv_rows, "MOST_COLUMNS", 2)
    assert problems(tmp_path, BLOCKS) == ["header: has 8 columns, no more than 2 are read"]


def test_only_regular_files_of_text_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for name, expected in (("pipe.csv", "regular file"), (".", "regular file"), ("none.csv", "No such file")):
        with pytest.raises(InstanceError, match=expected):
            measurements.read(tmp_path / name)
    with pytest.raises(InstanceError, match="regular file"):
        measurements.read("/dev/zero")
    (tmp_path / "latin.csv").write_bytes("model,device\nn\xe4t,x\n".encode("latin-1"))
    with pytest.raises(InstanceError, match="is not UTF-8 text"):
        measurements.read(tmp_path / "latin.csv")


def test_a_block_without_a_row_cannot_run_there_which_is_told(tmp_path: Path) -> None:
    text = "model,device,block,exit,time_s\nnet,soc,conv,,0.1\nnet,soc,,early,0.1\n"
    measured = measurements.read(written(tmp_path, text), models={"net": NET})
    assert measured.notes == ("net on soc: mid, dense not measured, so cannot run there",)
