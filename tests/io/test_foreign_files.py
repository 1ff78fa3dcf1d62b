"""Files of other kinds are refused by name, packed ones are read and written, doubtful ones warned of."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt import InstanceError, InstanceWarning
from finopt.io import foreign, packing, result_file, strict_json
from tests.command_line import SMALL, Write, run
from tests.documents import ABSENT, GOOD, changed


def refused(folder: Path, content: bytes | str) -> str:
    path = folder / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InstanceError) as error:
        finopt.load(path)
    (problem,) = error.value.problems
    return str(problem)


# ---------------------------------------------------------------- kinds of files

TEXTS = {
    "DIMACS": ["p sp 4 2\na 1 2 5\n", "c shortest paths\nc\np sp 4 2\na 1 2 5\n", "p edge 4 2\ne 1 2\n"],
    "PathWyse": ["NAME : toy\nSIZE : 4\nDIRECTED : 1\nORIGIN : 0\n", "# header\nNAME : toy\nRESOURCES : 2\n"],
    "TSPLIB": ["NAME: toy\nTYPE: TSP\nDIMENSION: 4\n"],
    "GraphML": ['<?xml version="1.0"?>\n<graphml xmlns="x">\n</graphml>'],
    "SNDlib XML": ['<?xml version="1.0"?>\n<network xmlns="http://sndlib.zib.de/network">'],
    "SNDlib native text": ["?SNDlib native format; type: network; version: 1.0\n"],
    "XML": ["<?xml version='1.0'?><net/>", "<net/>"],
    "HTML": ["<!DOCTYPE html><html>"],
    "GML": ["graph [\n  node [\n    id 0\n  ]\n]\n", 'Creator "zoo"\ngraph\n[\n]\n', "# a\ngraph [ ]"],
    "Graphviz DOT": ["digraph G {\n a -> b\n}", "strict graph {"],
    "CSV": ["id,model,source\ncamera,net,phone\n", "1,2,3.5\n2,3,4.5\n", "0;1\n", "a\tb\nc\td\n"],
    "YAML": [
        "---\nnodes:\n  - id: phone\n",
        "# comment\nnodes:\n- id: a\n",
        "name: small\nsize: 5\n",
        "- id: a\n",
    ],
    "TOML or INI": ["[nodes]\nid = 1\n", 'name = "x"\n', "[[nodes]]\nid = 1\n"],
    "a Python pickle": [pickle.dumps(GOOD, protocol=0).decode()],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in TEXTS.items() for text in texts])
def test_text_of_another_format_is_recognised(tmp_path: Path, kind: str, text: str) -> None:
    message = refused(tmp_path, text)
    assert f": is not valid JSON but looks like {kind}; finopt reads its own JSON" in message
    assert message.endswith(foreign.READ)
    with pytest.raises(InstanceError, match=f"looks like {kind}"):
        result_file.read(strict_json.read_text(tmp_path / "file"), "file")


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as content:
        content.writestr("x.json", json.dumps(GOOD))
    return file.getvalue()


BINARIES = {
    "a Python pickle": pickle.dumps(GOOD),
    "a zip archive": archive(),
    "a bzip2 file": bz2.compress(b"{}"),
    "an xz file": lzma.compress(b"{}"),
    "a Parquet table": (Path(__file__).parents[1] / "cases" / "latin1.parquet").read_bytes(),
    "an ONNX model": b"\x08\x07\x12\x07pytorch\x1a\x031.9:\x05",
    "an HDF5 file": b"\x89HDF\r\n\x1a\n\x00\x00",
    "a numpy file": b"\x93NUMPY\x01\x00",
    "a PNG picture": b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize(("kind", "content"), BINARIES.items())
def test_binary_files_are_recognised(tmp_path: Path, kind: str, content: bytes) -> None:
    assert refused(tmp_path, content) == f"$: is {kind}; {foreign.READ}"


def test_other_bytes_are_no_text(tmp_path: Path) -> None:
    assert refused(tmp_path, b"\xff\x00\x01").endswith(foreign.READ)


def test_what_finopt_reads_is_nothing_foreign(tmp_path: Path) -> None:
    for text in (
        json.dumps(GOOD),
        json.dumps(GOOD, indent=2),
        "2 1 1\n0\n4\n0\n0\n1 2 0.5 3\n",
        "num_nodes a\n",
    ):
        assert foreign.text_kind(text) == ""
        assert foreign.binary_kind(text.encode()) == ""
    assert refused(tmp_path, '{"nodes": [').startswith(
        "line 1, column 12: is not valid JSON: Expecting value"
    )


@pytest.mark.parametrize(
    "piece", ["c \n", "\n", "#\n", "\t", ",", "a,", "- ", "graph ", "<", "a:b ", "NAME ", "p sp "]
)
def test_recognising_looks_at_the_start_only(piece: str) -> None:
    for text in (piece * 10**6, "a" + piece * 10**6, piece * 10**6 + "{"):
        assert isinstance(foreign.text_kind(text), str)  # ends


# ---------------------------------------------------------------- gzip


def test_packed_instances_and_graphs_are_written_and_read(tmp_path: Path) -> None:
    for target, name in (
        (finopt.generate(10, 3), "x.json"),
        (finopt.ResourceGraph.build(2, [0], [1], [0.5], [[3]], 0, [1], [4]), "x.txt"),
    ):
        plain, small = tmp_path / name, tmp_path / f"{name}.gz"
        finopt.save(target, plain)
        finopt.save(target, small)
        assert gzip.decompress(small.read_bytes()) == plain.read_bytes()
        first = small.read_bytes()
        finopt.save(finopt.load(small), small)
        assert small.read_bytes() == first
    assert first[4:8] == bytes(4)  # no time: the same content gives the same bytes


def test_a_packed_instance_with_a_table(tmp_path: Path) -> None:
    fleet = finopt.generate_fleet(20, 4, 2, 1)
    finopt.save(fleet, tmp_path / "x.json.gz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.csv", "x.json.gz"]
    assert finopt.load(tmp_path / "x.json.gz") == fleet


def test_packed_files_on_the_command_line(tmp_path: Path, write: Write) -> None:
    small, plan = tmp_path / "small.json.gz", tmp_path / "plan.json.gz"
    finopt.save(finopt.load(write()), small)
    assert run("solve", small, "--output", plan).exit_code == 0
    assert run("check", small, plan).exit_code == 0
    result = run("generate", "--output", tmp_path / "x.json.xz")
    assert result.exit_code == 2
    assert "x.json.xz: 1 problem\n  $: .xz files are not written; use .gz or no packing" in result.output


@pytest.mark.parametrize("suffix", [".bz2", ".xz", ".zip", ".zst"])
def test_other_packing_is_refused_before_anything_is_written(tmp_path: Path, suffix: str) -> None:
    for target in (finopt.generate(5, 2), finopt.generate_fleet(20, 4, 2, 1)):
        with pytest.raises(InstanceError, match=f"{suffix} files are not written; use .gz"):
            finopt.save(target, tmp_path / f"x.json{suffix}")
    assert not list(tmp_path.iterdir())


def test_damaged_gzip(tmp_path: Path) -> None:
    good = gzip.compress(json.dumps(GOOD).encode())
    for content in (good[:-3], good[:50], good[:2], good[:60] + b"\xff" * 20 + good[80:], good + b"more"):
        assert refused(tmp_path, content).startswith("$: is a damaged gzip file: ")


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_BYTES", 2**20)
    message = refused(tmp_path, gzip.compress(b" " * (2**20 + 1)))
    assert message == "$: unpacks to more than 1 MiB; unpack it first if that is meant"
    assert "is empty" in refused(tmp_path, gzip.compress(b" " * 2**20))


# ---------------------------------------------------------------- valid, and still doubtful


def loaded(folder: Path, text: str) -> tuple[Any, list[str]]:
    path = folder / "example.json"
    path.write_text(text, encoding="utf-8")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        instance = finopt.load(path)
    assert all(one.category is InstanceWarning and one.filename == __file__ for one in caught)
    return instance, [str(one.message).removeprefix(f"{folder}/") for one in caught]


NO_LINKS = 'example.json: links: missing, so no node can send to another; write "links": [] if that is meant'


def test_a_file_without_links_gives_a_warning(tmp_path: Path) -> None:
    instance, lines = loaded(tmp_path, changed("links", to=ABSENT))
    assert lines == [NO_LINKS]
    assert instance.links == ()
    assert loaded(tmp_path, changed("links", to=[]))[1] == []
    assert loaded(tmp_path, json.dumps(GOOD))[1] == []
    alone = json.dumps({**GOOD, "nodes": GOOD["nodes"][:1], "links": []}).replace('"links": [], ', "")
    assert loaded(tmp_path, alone)[1] == []


def test_what_is_saved_without_links_gives_no_warning(tmp_path: Path) -> None:
    instance, _ = loaded(tmp_path, changed("links", to=ABSENT))
    finopt.save(instance, tmp_path / "again.json")
    again, lines = loaded(tmp_path, (tmp_path / "again.json").read_text(encoding="utf-8"))
    assert (again, lines) == (instance, [])


def test_blocks_behind_the_last_exit_give_a_warning(tmp_path: Path) -> None:
    block = {"id": "conv3", "ops": 1.0, "output_bits": 1.0}
    _, lines = loaded(tmp_path, changed("models", 0, "blocks", 2, to=block))
    where = "example.json: models[0].blocks[2]: model 'dnn': "
    rest = ": behind the last exit, so never computed; add an exit behind it or leave it out"
    assert lines == [f"{where}block 'conv3'{rest}"]
    blocks = [*GOOD["models"][0]["blocks"], block, {**block, "id": "conv4"}]
    _, lines = loaded(tmp_path, changed("models", 0, "blocks", to=blocks))
    assert lines == [f"{where}block 'conv3' and 1 more{rest}"]


def test_the_command_line_warns_in_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    path.write_text(json.dumps({key: value for key, value in SMALL.items() if key != "links"}))
    for _ in range(2):
        result = run("check", path)
        assert result.stderr == f"warning: {tmp_path}/{NO_LINKS}\n"
    with pytest.warns(InstanceWarning, match="links: missing"):
        finopt.load(path)


def test_other_warnings_of_a_command_stay_as_they_are(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(path: str, *_: Any) -> Any:
        warnings.warn("something else", RuntimeWarning, stacklevel=1)
        raise InstanceError([], path)

    monkeypatch.setattr("finopt.cli.inputs.read_text", load)
    with pytest.warns(RuntimeWarning, match="something else"):
        run("check", write())
