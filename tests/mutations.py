"""Broken files: small seeded changes of bytes, words and lines of files that are right."""

from __future__ import annotations

import random
import re

NASTY = (
    *(
        "",
        "nan",
        "inf",
        "-1",
        "0",
        "1e999",
        "1e-999",
        "9" * 400,
        "null",
        "true",
        "~",
        "[]",
        "{}",
        "''",
        '"',
        "'",
    ),
    *(
        "&a",
        "*a",
        "!!python/name:os.system",
        "<<",
        "---",
        "\t",
        "\x00",
        "\ud83d\ude00",
        "é",
        "\u2028",
        ":",
        ",",
        ";",
    ),
    *("../../etc/passwd", "/dev/zero", "x" * 5000, "[" * 60, "#"),
)
"""Words that tend to break readers."""


def mutated(text: str, rng: random.Random) -> bytes:
    """The text with one to four changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        text = rng.choice((_word, _word, _line, _characters))(text, rng)
    content = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.1 and content:  # no longer text, perhaps
        at = rng.randrange(len(content))
        content = content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
    return content


def damaged_bytes(content: bytes, rng: random.Random) -> bytes:
    """Some bytes flipped, left out, repeated or put in."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 4, 16))):
        at, length = rng.randrange(len(data) + 1), rng.choice((1, 2, 8, 64))
        change = rng.randrange(5)
        if change == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif change == 1:
            del data[at : at + length]
        elif change == 2:
            data[at:at] = data[at : at + length]
        elif change == 3:
            data[at : at + length] = rng.randbytes(length)
        elif len(data) > 2:
            del data[rng.randrange(1, len(data)) :]
    return bytes(data)


def _word(text: str, rng: random.Random) -> str:
    """Another word, of the file or one that tends to break readers, in the place of one."""
    words = list(re.finditer(r"[^\s,;:\[\]{}\"\\]+", text))
    if not words:
        return text + rng.choice(NASTY)
    one = rng.choice(words)
    new = rng.choice(NASTY) if rng.random() < 0.7 else rng.choice(words).group()
    return text[: one.start()] + new + text[one.end() :]


def _line(text: str, rng: random.Random) -> str:
    """A line less, twice, elsewhere, or indented in another way."""
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    line = lines.pop(at)
    kind = rng.randrange(4)
    if kind:
        lines.insert(
            rng.randrange(len(lines) + 1), line if kind < 3 else " " * rng.randrange(9) + line.strip()
        )
    if kind == 1:
        lines.insert(at, line)
    return "\n".join(lines)


def _characters(text: str, rng: random.Random) -> str:
    """A piece cut out, repeated, or the rest cut off."""
    start = rng.randrange(len(text) + 1)
    end = min(len(text), start + rng.randrange(1, 12))
    return rng.choice(
        (
            text[:start] + text[end:],
            text[:end] + text[start:],
            text[:start],
            text[:start] + rng.choice(NASTY) + text[start:],
        )
    )
