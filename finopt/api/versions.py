"""Versions of finopt and of the packages that it stands on, as the installation says that they should be."""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata
from typing import NamedTuple, TextIO

REQUIREMENT = re.compile(
    r"""\s*(?P<name>[\w.-]+)(\[[^]]*\])?\s*\(?(?P<bounds>[^;)]*)\)?\s*"""
    r"""(;.*extra\s*==\s*["'](?P<extra>[\w-]+)["'])?"""
)
"""A requirement as the metadata of a package have it."""

OURS = "finopt"

OF_DEVELOPERS = ("test", "dev")
"""Extras that nobody needs who uses the package."""

ABSENT = "not installed"


class Package(NamedTuple):
    """A package that finopt needs, or that one of its extras needs.

    Attributes
    ----------
    name : str
    bounds : str
        Versions that are allowed, for example ``">=1.12,<1.14"``; empty for any.
    extra : str
        The extra that installs it; empty where finopt itself needs it.
    installed : str or None
        Its version; None if it is missing.
    """

    name: str
    bounds: str
    extra: str
    installed: str | None

    @property
    def right(self) -> bool:
        """Whether it is there in a version that is allowed, or is missing and belongs to an extra."""
        return bool(self.extra) if self.installed is None else is_allowed(self.installed, self.bounds)


def packages() -> list[Package]:
    """Every package that finopt or an extra needs, each once; none if finopt is not installed itself."""
    try:
        lines = metadata.requires(OURS) or []
    except metadata.PackageNotFoundError:
        return []
    found: dict[str, Package] = {}
    for line in lines:
        match = REQUIREMENT.match(line)
        name, bounds, extra = match.group("name", "bounds", "extra") if match else ("", "", "")
        extra = extra or ""
        if name and name != OURS and extra not in OF_DEVELOPERS:
            found.setdefault(name, Package(name, bounds.replace(" ", ""), extra, _installed(name)))
    return list(found.values())


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def is_allowed(version: str, bounds: str) -> bool:
    """Whether a version is within bounds like ``">=1.12,<1.14"``; only whole releases are compared."""
    return all(_keeps(version, bound) for bound in bounds.split(",") if bound)


def _keeps(version: str, bound: str) -> bool:
    sign = bound.rstrip("0123456789.*abcdefghijklmnopqrstuvwxyz+-")
    one, other = _release(version), _release(bound[len(sign) :])
    length = max(len(one), len(other))
    one, other = (parts + (0,) * (length - len(parts)) for parts in (one, other))
    kept = {">=": one >= other, "<=": one <= other, ">": one > other, "<": one < other}
    kept |= {"==": one == other, "!=": one != other}
    return kept.get(sign, True)


def _release(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, match.group().split("."))) if match else ()


def show_versions(file: TextIO | None = None) -> None:
    """Print the versions of finopt, Python, the system and every package that finopt uses; for reports.

    Parameters
    ----------
    file : text file, optional
        Where to; standard output by default.

    See Also
    --------
    The command ``finopt doctor`` also tries whether they work together.

    Examples
    --------
    >>> import finopt, io
    >>> text = io.StringIO()
    >>> finopt.show_versions(text)
    >>> text.getvalue().split()[0]
    'finopt'
    """
    for line in version_lines():
        print(line, file=sys.stdout if file is None else file)


def version_lines() -> list[str]:
    """What `show_versions` prints."""
    rows = [(OURS, _installed(OURS) or ABSENT, ""), ("Python", platform.python_version(), sys.executable)]
    rows.append(("system", platform.platform(), f"byte order {sys.byteorder}"))
    for one in packages():
        extra = f"extra {one.extra}" if one.extra else ""
        notes = [extra, "" if one.right else f"should be {one.bounds or 'installed'}"]
        rows.append((one.name, one.installed or ABSENT, ", ".join(filter(None, notes))))
    width, middle = (max(len(row[i]) for row in rows) for i in (0, 1))
    middle = min(middle, 20)
    return [f"{name:{width}}  {version:{middle}}  {note}".rstrip() for name, version, note in rows]
