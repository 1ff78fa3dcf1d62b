"""Names of nodes, applications and models as names of files and of objects of Kubernetes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from finopt.problem.errors import Problem, shown

FIT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
"""What every file system, and a label of Kubernetes, takes."""

RULE = (
    "cannot name a file: needs letters, digits and . _ - only, 63 at most, a letter or digit first and last"
)


def name_problems(kind: str, names: Iterable[str]) -> Iterator[Problem]:
    """The names that cannot be parts of file names, or that some file systems cannot tell apart."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        alike[name.casefold()].append(name)
        if not FIT.fullmatch(name):
            yield Problem(kind, RULE, shown(name), "", f"give the {kind} another id in the instance")
    for same in alike.values():
        if len(same) > 1:
            yield Problem(kind, "differ in capitals only, which file systems may ignore", shown(same))


def object_names(ids: Iterable[str]) -> dict[str, str]:
    """Names of Kubernetes objects: small letters, digits and hyphens, 63 at most, each once.

    Examples
    --------
    >>> object_names(["App_1", "app.1"])
    {'App_1': 'app-1', 'app.1': 'app-1-2'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in ids:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        best, count = _cut(plain, ""), 1
        while best in taken:
            count += 1
            best = _cut(plain, f"-{count}")
        taken.add(best)
        found[name] = best
    return found


def _cut(name: str, end: str) -> str:
    return name[: 63 - len(end)].strip("-") + end
