"""What places are called: their label where it is theirs alone, otherwise label and id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from finopt.io.importers.networks.positions import Place
from finopt.problem.formatting import counted


def names(places: Sequence[Place], notes: list[str]) -> list[str]:
    """A name of its own for every place.

    Examples
    --------
    >>> notes = []
    >>> names([Place(str(i), label, None, None) for i, label in enumerate(("Bonn", "Ulm", "Ulm"))], notes)
    ['Bonn', 'Ulm (1)', 'Ulm (2)']
    >>> notes
    ['1 label is that of several nodes: they are called label (id)']
    """
    count = Counter(place.label for place in places)
    several = sum(number > 1 for number in count.values())
    if several:
        verb = "is that" if several == 1 else "are those"
        notes.append(f"{counted(several, 'label')} {verb} of several nodes: they are called label (id)")
    taken = {label for label, number in count.items() if number == 1}
    return [place.label if count[place.label] == 1 else _new(place, taken) for place in places]


def _new(place: Place, taken: set[str]) -> str:
    name = f"{place.label} ({place.id})"
    while name in taken:
        name += "*"
    taken.add(name)
    return name
