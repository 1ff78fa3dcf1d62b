"""Reports go through in any encoding of the output; files that are printed are UTF-8 always."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from finopt.cli.streams import IN_ASCII, in_ascii
from tests.command_line import SMALL

ENCODINGS = ("gbk", "cp932", "euc_kr", "big5", "latin-1", "ascii", "utf-8")

SCRIPT = str(Path(sys.executable).with_name("finopt"))

NAME = "caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{GRINNING FACE} \N{HIRAGANA LETTER A}"


def finopt(encoding: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line with its output redirected."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run([SCRIPT, *arguments], capture_output=True, env=environment, timeout=120)


@pytest.fixture
def named(tmp_path: Path) -> str:
    """The small instance with an id that few encodings have."""
    text = json.dumps(SMALL).replace('"app"', json.dumps(NAME))
    (tmp_path / "named.json").write_text(text, encoding="utf-8")
    return str(tmp_path / "named.json")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_reports_in_every_encoding(encoding: str, named: str, tmp_path: Path) -> None:
    plan = str(tmp_path / "plan.json")
    solved = finopt(encoding, "solve", named, "--output", plan)
    assert (solved.returncode, solved.stderr) == (0, b"")
    checked = finopt(encoding, "check", named, plan)
    assert (checked.returncode, checked.stderr) == (0, b"")
    for done in (solved, checked):
        text = done.stdout.decode(encoding)
        assert "500 us" in text or "500 µs" in text or "500 uJ" in text or "500 µJ" in text
        assert ("caf" in text) and ("\N{GRINNING FACE}" in text or "\\U0001f600" in text)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_printed_as_a_file_is_utf_8(encoding: str, named: str, tmp_path: Path) -> None:
    done = finopt(encoding, "solve", named, "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode("utf-8"))["placement"][0]["application"] == NAME
    (tmp_path / "plan.json").write_bytes(done.stdout)
    assert finopt(encoding, "check", named, str(tmp_path / "plan.json")).returncode == 0


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_messages_in_every_encoding(encoding: str, named: str, tmp_path: Path) -> None:
    text = Path(named).read_text(encoding="utf-8").replace('"source": "device"', f'"source": "{NAME}"')
    (tmp_path / "wrong.json").write_text(text, encoding="utf-8")
    done = finopt(encoding, "check", str(tmp_path / "wrong.json"))
    assert done.returncode == 2
    message = done.stderr.decode(encoding)
    assert "\\U0001f600" in message
    assert "Traceback" not in message


def test_file_names_that_are_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path / "odd") + b"\xff.json"
    unnamed = {key: value for key, value in SMALL.items() if key != "name"}
    try:
        Path(os.fsdecode(path)).write_text(json.dumps(unnamed), encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes text only")
    done = finopt("utf-8", "check", os.fsdecode(path))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"odd\\udcff.json: valid")


def test_every_sign_has_words_in_ascii() -> None:
    assert all(words.isascii() for words in IN_ASCII.values())
    assert in_ascii("".join(IN_ASCII)) == "".join(IN_ASCII.values())
    assert in_ascii("plain") == "plain"
