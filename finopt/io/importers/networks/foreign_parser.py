"""Calls of parsers of networkx: whatever they raise over a broken file is a problem of the file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from finopt.io.importers.networks.raw import broken

LONGEST_REASON = 200
"""Characters of a reason: some quote the whole rest of the file."""


@contextmanager
def errors_of_the_file(source: str, kind: str) -> Iterator[None]:
    """Within it any error says that the file is not valid; warnings are not shown."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except RecursionError:
        raise broken(source, f"is not valid {kind}: nested too deeply") from None
    except MemoryError:
        raise
    except Exception as error:  # of any class: the parser does not check what it is given
        raise broken(source, f"is not valid {kind}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    text = f"{text} is not known here" if isinstance(error, KeyError) else text
    return _printable(text if len(text) <= LONGEST_REASON else text[:LONGEST_REASON] + " ...")


def _printable(text: str) -> str:
    """The text with a question mark for what no terminal shows: halves of surrogate pairs and controls."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
