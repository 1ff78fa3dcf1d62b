"""What a built site must keep: `python docs/tools/check.py build/site` prints what it breaks.

- Nothing that a browser loads by itself comes from another host: scripts, styles, pictures, fonts, frames.
- What it loads from the site itself is there.
- Every picture of a page says in words what it shows.
- Own colours (docs/style.css) have a contrast of 4.5 to 1 at least, in light and dark.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "embed": "src",
    "object": "data",
}
"""Elements with what a browser loads for them; of links only some kinds."""

LOADED_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "modulepreload", "manifest"}

ELSEWHERE = re.compile(r"^(https?:)?//", re.IGNORECASE)
IN_STYLES = re.compile(r"url\(\s*[\"']?((?:https?:)?//[^)\"']+)|@import\s+[\"']((?:https?:)?//[^\"']+)")
COLOURS = re.compile(r"/\* on (#[0-9a-f]{6}) \*/[^}]*?color: (#[0-9a-f]{6})", re.DOTALL)
LEAST_CONTRAST = 4.5


class Page(HTMLParser):
    """Collects what is wrong with a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        given = {name: value or "" for name, value in attrs}
        loaded = given.get(LOADED.get(tag, ""), "")
        if tag == "link" and LOADED_LINKS & set(given.get("rel", "").split()):
            loaded = given.get("href", "")
        if ELSEWHERE.match(loaded):
            self.wrong.append(f"<{tag}> loads {loaded}")
        elif loaded and not self._is_there(loaded):
            self.wrong.append(f"<{tag}> loads {loaded}, which is not there")
        if tag == "img" and len(given.get("alt", "").split()) < 2:
            self.wrong.append(f"<img> {given.get('src')} has no text")

    def _is_there(self, loaded: str) -> bool:
        address = urlsplit(loaded)
        return bool(address.scheme) or loaded.startswith("/") or (self.path.parent / address.path).exists()


def problems(site: Path) -> Iterator[str]:
    """What the files of a site break, each with its file."""
    for path in sorted(site.rglob("*.html")):
        page = Page(path)
        page.feed(path.read_text(encoding="utf-8"))
        yield from (f"{path.relative_to(site)}: {line}" for line in page.wrong)
    for path in sorted(site.rglob("*.css")):
        for found in IN_STYLES.findall(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site)}: loads {''.join(found)}"
    yield from low_contrasts((site / "style.css").read_text(encoding="utf-8"))


def low_contrasts(style: str) -> Iterator[str]:
    """Colours of the style sheet that are hard to read on the background that stands beside them."""
    for background, colour in COLOURS.findall(style):
        ratio = contrast(background, colour)
        if ratio < LEAST_CONTRAST:
            yield f"style.css: {colour} on {background} has a contrast of {ratio:.1f} to 1"


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours by WCAG 2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def main() -> int:
    """Print every problem."""
    found = list(problems(Path(sys.argv[1])))
    print(
        "\n".join(found) or "nothing missing or from other hosts, a text for every picture, readable colours"
    )
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
