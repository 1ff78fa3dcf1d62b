"""What notebooks show of an object: a small table, every text escaped, no script and no style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from finopt.problem.errors import printable

Row = tuple[object, ...]

ROWS = 10
"""Rows of items that a table lists; of more it says how many."""

LONGEST = 200
"""Characters of a text."""


def html_table(title: str, rows: Iterable[Row], header: Sequence[str] = ()) -> str:
    """A table of HTML.

    Examples
    --------
    >>> html_table("net", [("nodes", 3), ("name", "<b>")])
    '<table><caption>net</caption><tbody><tr><td>nodes</td><td>3</td></tr>\
<tr><td>name</td><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    head = f"<thead>{_row(header, 'th')}</thead>" if header else ""
    body = "".join(_row(row, "td") for row in rows)
    return f"<table><caption>{_text(title)}</caption>{head}<tbody>{body}</tbody></table>"


def _row(cells: Sequence[object], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_text(cell)}</{tag}>" for cell in cells) + "</tr>"


def _text(value: object) -> str:
    from html import escape  # `import finopt` does without

    text = str(value)
    line = " ".join(printable(text[:LONGEST]).split())
    return escape(line + ("…" if len(text) > LONGEST else ""))


def rest(count: int, columns: int = 2) -> list[Row]:
    """A last row that says how many items a table leaves out."""
    return [(f"… and {count - ROWS} more", *[""] * (columns - 1))] if count > ROWS else []
