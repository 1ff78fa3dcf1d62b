"""Mutants of every kind of file: ``python -m tests.fuzz [COUNT] [FIRST SEED]``.

A seed and a kind of file give a mutant: bytes, words, structure, numbers, nesting, size, encoding, packing,
or what stands in its place: a folder, a pipe, a link. It is read, or refused by an `InstanceError`; anything
else is a fault, and the file is kept in tests/corpus, which the tests read. As a script it also names what
took more than `SECONDS` or `MEGABYTES`; the tests have no clock.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finopt import InstanceWarning
from tests.documents import mutate
from tests.fuzz_kinds import PLAIN, Kind, kinds, outcome, parquet
from tests.mutations import NASTY, damaged_bytes, mutated

CORPUS = Path(__file__).parent / "corpus"
SECONDS, MEGABYTES = 1.0, 500

Mutator = Callable[[bytes, random.Random], bytes]

NUMBER = re.compile(rb"-?\d+(\.\d+)?([eE][-+]?\d+)?")
FILE_NAME = re.compile(rb"[\w./]{1,60}\.(csv|json|yaml|onnx|parquet)")
FIGURES = (
    *("0", "-0.0", "-1", "1e308", "1e-308", "1e309", "1e-400", "9" * 40, "9" * 400, "0." + "0" * 50 + "1"),
    *("NaN", "Infinity", "-Infinity", "1_0", "0x10", "٣", "1e", "+1", "01", "2147483648", str(2**64)),
)
PATHS = (
    *("../file.json", "/etc/passwd.csv", "apps.csv/", "./apps.csv", "a/../apps.csv", "C:\\apps.csv"),
    *("apps.csv\x00", "file.json.csv", "~/apps.csv", "%2e%2e/apps.csv", "x" * 300 + ".csv", "\ud800.csv", ""),
    *("instance.json",),
    *("apps.parquet", "apps.tsv", "apps.csv.gz", "/dev/stdin.csv", "//apps.csv", "file:apps.csv", "."),
)


OTHERS = ("id", "pinned", "allowed", "result_to", "latency", "rate", "", "Unnamed: 0", "é", " id ")
"""Names of further columns."""


def mutant(kind: Kind, seed: int) -> bytes:
    """A broken file of a kind, the same for the same seed."""
    rng = random.Random(f"{kind.name} {seed}")
    content = kind.content
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        content = rng.choice(MUTATORS)(content, rng)
    if kind.name.endswith(".parquet") and rng.random() < 0.4:
        return _odd_parquet(rng)
    if kind.name.endswith(".gz") and rng.random() < 0.7:  # mutate what is packed
        content = gzip.compress(rng.choice(MUTATORS)(gzip.decompress(kind.content), rng), mtime=0)
    return content


def _words(content: bytes, rng: random.Random) -> bytes:
    if not _is_text(content):
        return damaged_bytes(content, rng)
    return mutated(content.decode("utf-8", "surrogateescape"), rng)


def _structure(content: bytes, rng: random.Random) -> bytes:
    """Something taken out, doubled or replaced in a document of JSON that is not nested too deeply."""
    try:
        data = json.loads(content)
        return json.dumps(mutate(rng, data)).encode() if isinstance(data, dict | list) else content
    except (ValueError, RecursionError):
        return _words(content, rng)


def _numbers(content: bytes, rng: random.Random) -> bytes:
    return _put(content, rng, NUMBER, rng.choice(FIGURES))


def _paths(content: bytes, rng: random.Random) -> bytes:
    """Another name in the place of that of a file."""
    return _put(content, rng, FILE_NAME, rng.choice(PATHS))


def _nesting(content: bytes, rng: random.Random) -> bytes:
    depth = rng.choice((3, 60, 900, 1100, 20_000))
    brackets = (("[", "]"), ('{"a":', "}"), ("(", ")"), ("<a>", "</a>"), ("- ", ""), ("{", "}"))
    opening, closing = rng.choice(brackets)
    deep = opening * depth + rng.choice(("1", "", '"x"')) + closing * rng.choice((depth, 0))
    return deep.encode() if rng.random() < 0.2 else _put(content, rng, NUMBER, deep)


def _size(content: bytes, rng: random.Random) -> bytes:
    """A piece of it many times over."""
    at = rng.randrange(len(content) + 1)
    piece = content[at : at + rng.choice((1, 10, 100))]
    return content[:at] + piece * rng.choice((10, 100, 1000)) + content[at:]


def _encoding(content: bytes, rng: random.Random) -> bytes:
    if not _is_text(content):
        return damaged_bytes(content, rng)
    text = content.decode("utf-8", "surrogateescape")
    kind = rng.randrange(8)
    if kind < 4:
        name = ("utf-16", "utf-16-le", "utf-32", "utf-8-sig")[kind]
        return text.encode(name, "surrogatepass")
    if kind == 4:
        return text.replace("e", "é", 3).encode("latin-1", "replace")
    changed = (text.replace("\n", "\r\n"), text.replace("\n", "\r"), text + "\x00" * 9)[kind - 5]
    return changed.encode("utf-8", "surrogateescape")


def _packing(content: bytes, rng: random.Random) -> bytes:
    packed = gzip.compress(content, mtime=0)
    cut = packed[: rng.randrange(len(packed))]
    return rng.choice((packed, cut, gzip.compress(packed), packed + b"x", packed + packed, packed[:2]))


def _nothing(content: bytes, rng: random.Random) -> bytes:
    words = (word.encode("utf-8", "replace") for word in NASTY)
    return rng.choice((b"", b"\x00", b"\n", b" " * 3000, b"\xff\xfe", b"\xef\xbb\xbf", *words))


MUTATORS: tuple[Mutator, ...] = (
    *(_words, _words, _structure, _structure, damaged_bytes, _numbers, _numbers),
    *(_paths, _nesting, _size, _encoding, _packing, _nothing),
)


def _put(content: bytes, rng: random.Random, pattern: re.Pattern[bytes], new: str) -> bytes:
    """Something new in the place of what matches, wherever that is."""
    places = list(pattern.finditer(content))
    if not places:
        return damaged_bytes(content, rng)
    place = rng.choice(places)
    return content[: place.start()] + new.encode("utf-8", "surrogatepass") + content[place.end() :]


def _is_text(content: bytes) -> bool:
    return b"\x00" not in content and not content.startswith((b"PAR1", b"\x1f\x8b"))


def _odd_parquet(rng: random.Random) -> bytes:
    """Columns of other types, names and lengths."""
    import pyarrow

    odd: list[Any] = [
        *([1, 2], [None, None], ["", "x"], [b"\xff", b""], [True, None], [float("nan"), 1e300], [[1], []]),
        *([{"conv1": "phone"}, None], [{"conv1": {"a": 1}}, {"conv1": None}], ["{}", "[" * 99]),
        ["\x00", "é"],
        *(pyarrow.array([1, 2], pyarrow.timestamp("s")), pyarrow.array(["a", "b"]).dictionary_encode()),
        *(
            pyarrow.array([1, 2], pyarrow.decimal128(38, 29)),
            pyarrow.array(["1"] * 2, pyarrow.large_string()),
        ),
        pyarrow.array([[("conv1", "phone")], None], pyarrow.map_(pyarrow.string(), pyarrow.string())),
    ]
    columns = dict(PLAIN)
    for _ in range(rng.randint(1, 4)):
        columns[rng.choice((*PLAIN, *OTHERS))] = rng.choice(odd)
    return parquet(**columns)


# ---------------------------------------------------------------- one trial


def put(kind: Kind, seed: int, folder: Path) -> Path:
    """The mutant in a folder, now and then as something that is no file at all."""
    path = folder / kind.name
    for name, content in kind.beside.items():
        (folder / name).write_bytes(content)
    if path.is_symlink() or path.is_fifo() or path.is_file():
        path.unlink()
    elif path.is_dir():
        path.rmdir()
    what = random.Random(seed).randrange(200)
    if what == 0:
        path.mkdir()
    elif what == 1:
        os.mkfifo(path)
    elif what < 5:
        path.symlink_to(("/dev/zero", "/dev/stdin", "/nowhere", path)[what - 2 if what < 4 else 3])
    else:
        path.write_bytes(mutant(kind, seed))
    return path


def trial(name: str, seed: int, folder: Path) -> bool:
    """Whether a mutant is read; see `attempt`."""
    return attempt(name, seed, put(kinds()[name], seed, folder))


def attempt(name: str, seed: int, path: Path) -> bool:
    """Whether a file is read; keeps it and raises if something else happens than that or a refusal."""
    kind = kinds()[name]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InstanceWarning)
            return outcome(kind, path)
    except Exception as error:
        if path.is_file() and not path.is_symlink():
            _keep(name, kind, seed, path.read_bytes())
        raise AssertionError(f"{name}, seed {seed}: {type(error).__name__}: {error}") from error


def _keep(name: str, kind: Kind, seed: int, content: bytes) -> None:
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{seed}{Path(kind.name).suffix}").write_bytes(content)


# ---------------------------------------------------------------- as a script


def main(count: int, first: int) -> int:
    """Try so many mutants; prints what went wrong and returns how many did."""
    names = list(kinds())
    wrong = read = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            name = names[seed % len(names)]
            (Path(folder) / name).mkdir(exist_ok=True)
            path = put(kinds()[name], seed, Path(folder) / name)
            began, before = time.process_time(), _peak()
            try:
                read += attempt(name, seed, path)
            except AssertionError as error:
                wrong += 1
                traceback.print_exception(error.__cause__, limit=-3)
                print(error, flush=True)
            took, more = time.process_time() - began, _peak() - before
            if took > SECONDS or more > MEGABYTES:
                wrong += 1
                print(f"{name}, seed {seed}: {took:.2f} s, {more:.0f} MB", flush=True)
    print(f"{count} mutants of {len(names)} kinds: {read} read, {count - read} refused, {wrong} faults")
    return wrong


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(bool(main(*[*numbers, *(20_000, 0)[len(numbers) :]])))
