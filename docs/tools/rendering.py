"""Formulas become MathML, which browsers draw without scripts or fonts of others; roles of docstrings go."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert

FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
TAG = re.compile(r"\\tag\{(.*?)\}")
NO_DEFAULT = re.compile(r"<code>Sentinel\.UNSET</code>")
"""What mkdocs-click writes where an option of click 8.3 and later has no default."""

ROLE = re.compile(r":(?:func|class|meth|mod|attr|data|exc):(?=<code>)")
TABLE = re.compile(r"(<table>.*?</table>)", re.DOTALL)


def on_page_content(page_html: str, **_: object) -> str:
    """Replace what the converter of Markdown left as LaTeX; wide tables scroll by themselves."""
    page_html = TABLE.sub(r'<div class="wide" tabindex="0">\1</div>', page_html)
    page_html = NO_DEFAULT.sub("", page_html)
    return ROLE.sub("", FORMULA.sub(_mathml, page_html))


def _mathml(found: re.Match[str]) -> str:
    kind, latex = found[1], html.unescape(found[2]).strip()
    number = "".join(f'<span class="number">({tag})</span>' for tag in TAG.findall(latex))
    formula = convert(TAG.sub("", latex), display="block" if kind == "div" else "inline")
    return f'<{kind} class="formula">{formula}{number}</{kind}>'
