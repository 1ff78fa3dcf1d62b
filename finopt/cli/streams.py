"""Text for people on any stream: what its encoding lacks is written in other words, never an exception.

Under ``PYTHONIOENCODING=gbk``, on an old console or with an odd file name a report goes through all the same,
with "us" for microseconds and escapes for letters of names.
"""

from __future__ import annotations

import codecs
import sys
from typing import Any

HANDLER = "finopt"
"""Name of the error handler of codecs that this module registers."""

IN_ASCII = {
    "\N{MICRO SIGN}": "u",
    "\N{GREEK SMALL LETTER MU}": "u",
    "\N{GREEK SMALL LETTER LAMDA}": "lambda",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{SUPERSCRIPT TWO}": "2",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
}
"""Signs that people read as well in ASCII; any other character is escaped, like ``\\xe9``."""


def in_ascii(text: str) -> str:
    r"""Text in other words, all of it.

    Examples
    --------
    >>> print(in_ascii("3 \u00b5s \u2264 caf\u00e9"))
    3 us <= caf\xe9
    """
    known = "".join(IN_ASCII.get(character, character) for character in text)
    return known.encode("ascii", "backslashreplace").decode("ascii")


def accept_all_text() -> None:
    """Let standard output and standard error take any text from now on, whatever their encoding."""
    codecs.register_error(HANDLER, _written_otherwise)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not what a test or a notebook puts in its place
            stream.reconfigure(errors=HANDLER)


def say(text: str, *, error: bool = False) -> None:
    """Write a line to standard output, or to standard error."""
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


def _written_otherwise(error: Any) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return in_ascii(error.object[error.start : error.end]), error.end
