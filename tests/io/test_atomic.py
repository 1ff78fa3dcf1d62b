"""A write that fails leaves the old file as it was, nothing beside it, and one error that names the file."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import finopt
from finopt.io import atomic
from tests.command_line import SMALL, Write, run

OLD = b"what was there\n"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "target.json"
    path.write_bytes(OLD)
    return path


def disk_full(*arguments: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupted(*arguments: object) -> None:
    raise KeyboardInterrupt


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def kept(path: Path) -> bool:
    return path.read_bytes() == OLD and names(path.parent) == [path.name]


# ---------------------------------------------------------------- a write that fails


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(target: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setattr(*((os, "fsync") if where == "fsync" else (Path, "replace")), disk_full)
    with pytest.raises(OSError, match=r"No space left on device: '.*target\.json'$"):
        atomic.write_text(target, "new")
    assert kept(target)


@pytest.mark.parametrize("failure", [disk_full, interrupted])
def test_what_ends_the_block_leaves_the_old_file(target: Path, failure: Callable[[], None]) -> None:
    with pytest.raises((OSError, KeyboardInterrupt)) as error, atomic.new_file(target) as file:
        file.write(b"half")
        failure()
    assert kept(target)
    assert getattr(error.value, "filename", str(target)) == str(target)


def test_files_that_belong_together_change_together(target: Path) -> None:
    other = target.with_name("other.csv")
    with pytest.raises(OSError), atomic.new_files(other, target) as files:
        files[0].write(b"complete")
        disk_full()
    assert kept(target)
    with atomic.new_files(other, target) as files:
        for file in files:
            file.write(b"new")
    assert [other.read_bytes(), target.read_bytes()] == [b"new", b"new"]


# Children may write no more than 10 kB to a file, like on a full disk.

LIMITED = """
import resource, sys
import finopt
from finopt.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
"""
SAVE = """
try:
    finopt.save(finopt.load(sys.argv[1]), sys.argv[1])
except OSError as error:
    print(error, file=sys.stderr)
"""
TABLE = """
try:
    finopt.save(finopt.generate_fleet(1000, 20, 5, 1), sys.argv[1], table=sys.argv[2])
except OSError as error:
    print(error, file=sys.stderr)
"""
COMMAND = "main(sys.argv[1:])"


def limited(code: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout == ""
    assert done.stderr.count("\n") < 3, done.stderr
    return done.stderr


def test_an_instance_saved_onto_itself_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    finopt.save(finopt.generate(100, 10), path)
    before = path.read_bytes()
    assert len(before) > 10_000
    assert limited(SAVE, path) == f"[Errno 27] File too large: '{path}'\n"
    assert path.read_bytes() == before
    assert names(tmp_path) == ["large.json"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_and_its_instance_stay_what_they_were(target: Path, kind: str) -> None:
    table = target.with_suffix(f".{kind}")
    table.write_bytes(OLD)
    assert "File too large" in limited(TABLE, target, kind)
    assert [path.read_bytes() for path in (target, table)] == [OLD, OLD]
    assert names(target.parent) == sorted([target.name, table.name])


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "--nodes", "200"],
        ["generate-fleet", "--applications", "1000", "--devices", "20", "--sites", "5", "--clouds", "1"],
    ],
)
def test_output_of_a_command_is_whole_or_what_it_was(target: Path, arguments: list[str]) -> None:
    error = limited(COMMAND, *arguments, "--output", target)
    assert "cannot be written: File too large" in error
    assert kept(target)


def test_results_and_pictures_that_fail_leave_the_old_file(
    target: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = write()
    plan, picture = target.with_name("plan.json"), target.with_name("plan.png")
    assert run("solve", instance, "--output", plan).exit_code == 0
    picture.write_bytes(OLD)
    before = names(target.parent)
    monkeypatch.setattr(os, "fsync", disk_full)
    for arguments in (
        ["solve", instance, "--output", target],
        ["pareto", instance, "--output", target],
        ["plot", instance, plan, "--output", picture],
    ):
        result = run(*arguments)
        assert "cannot be written: No space left on device" in result.output
        assert result.exit_code != 0
    assert [target.read_bytes(), picture.read_bytes()] == [OLD, OLD]
    assert names(target.parent) == before


# ---------------------------------------------------------------- what the new file is


def test_permissions_stay_and_new_files_have_the_usual_ones(target: Path) -> None:
    target.chmod(0o640)
    atomic.write_text(target, "new")
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", 0o640)
    before = os.umask(0o027)
    try:
        atomic.write_text(target.with_name("fresh"), "")
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.with_name("fresh").stat().st_mode) == 0o640


def test_a_symbolic_link_stays_one(target: Path) -> None:
    (target.parent / "folder").mkdir()
    link = target.parent / "folder" / "link.json"
    link.symlink_to("../target.json")
    atomic.write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert names(link.parent) == ["link.json"]
    dangling = target.with_name("dangling")
    dangling.symlink_to("made")
    atomic.write_text(dangling, "new")
    assert dangling.is_symlink()
    assert target.with_name("made").read_text() == "new"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written_stays(target: Path) -> None:
    target.chmod(0o444)
    with pytest.raises(PermissionError, match=r"target\.json"):
        atomic.write_text(target, "new")
    assert kept(target)


def test_folders_and_paths_that_lead_nowhere(target: Path) -> None:
    with pytest.raises(IsADirectoryError, match="Is a directory"):
        atomic.write_text(target.parent, "new")
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: '.*/nowhere/x\.json'"):
        atomic.write_text(target.parent / "nowhere" / "x.json", "new")
    assert kept(target)


def test_a_name_as_long_as_names_can_be(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    atomic.write_text(path, "new")
    assert path.read_text() == "new"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    atomic.write_text(pipe, "new")
    assert os.read(reader, 100) == b"new"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_a_device_is_written_to() -> None:
    with pytest.raises(OSError, match=r"No space left on device: '/dev/full'"):
        atomic.write_text("/dev/full", "new")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="Linux only")
@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_standard_output_is_written_to(tmp_path: Path, kind: str) -> None:
    (tmp_path / "small.json").write_text(json.dumps(SMALL))
    code = "import finopt; finopt.save(finopt.load('small.json'), '/dev/stdout')"
    with (tmp_path / "out").open("w+b") as out:
        stdout = out if kind == "file" else subprocess.PIPE
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, stdout=stdout, timeout=60)
        out.seek(0)
        written = out.read() if kind == "file" else done.stdout
    assert json.loads(written)["name"] == "small"
    assert names(tmp_path) == ["out", "small.json"]
