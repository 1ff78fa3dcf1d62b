"""Columns: arrays of one length that cannot be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:  # numpy is imported where a table is made: `import finopt` has to stay quick
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

Own = TypeVar("Own")


def figures(name: str, values: Any, length: int, kind: str = "float64") -> NDArray[Any]:
    """A frozen copy of one figure a row; a single figure stands for all rows.

    Raises
    ------
    ValueError
        It has another length, or what it holds is of another kind.
    """
    import numpy as np

    given = np.asarray(values)
    if given.shape not in ((), (length,)):
        raise ValueError(f"column {name}: needs {length} rows, has shape {given.shape}")
    if given.size and not np.can_cast(given.dtype, kind, casting="same_kind"):
        raise ValueError(f"column {name}: needs {kind}, holds {given.dtype}")
    return frozen(np.broadcast_to(given, (length,)).astype(kind))


def indices(
    name: str, values: Any, length: int, count: int, kind: str = "int32", least: int = 0
) -> NDArray[Any]:
    """A frozen copy of one index into ``count`` objects a row; `least` is the lowest that there may be.

    Raises
    ------
    ValueError
        It has another length, holds no whole numbers, or one that is too low or beyond the last object.
    """
    import numpy as np

    given = np.asarray(values)
    if given.shape != (length,):
        raise ValueError(f"column {name}: needs {length} rows, has shape {given.shape}")
    if given.size and given.dtype.kind not in "iu":
        raise ValueError(f"column {name}: needs whole numbers, holds {given.dtype}")
    if given.size and (given.min() < least or given.max() >= count):
        row = int(np.flatnonzero((given < least) | (given >= count))[0])
        raise ValueError(f"column {name}: row {row + 1} is {given[row]}, there are {count} to choose from")
    return frozen(given.astype(kind))


def names(values: Sequence[str] | NDArray[Any]) -> NDArray[Any]:
    """A frozen array of text, one Python string a row."""
    import numpy as np

    array = np.empty(len(values), dtype=object)
    array[:] = values if isinstance(values, np.ndarray) else list(values)
    return frozen(array)


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The array itself, which can no longer be written to."""
    array.flags.writeable = False
    return array


def default_name(row: int | str) -> str:
    """What the application in a row is called in a table without ids."""
    return f"app{row}"


def same_names(names: Sequence[str], index: NDArray[Any], others: Sequence[str], other: NDArray[Any]) -> bool:
    """Whether two columns of indices name the same, each in its own vocabulary."""
    import numpy as np

    if tuple(names) != tuple(others):
        position = {name: i for i, name in enumerate(names)}
        other = np.array([position.get(name, -1) for name in others], dtype=np.int64)[other]
    return np.array_equal(index, other)


def ragged(start: NDArray[np.int64], rows: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the items of some rows stand, one row after the other, and where each row then starts."""
    import numpy as np

    counts = start[rows + 1] - start[rows]
    begin = starts(counts)
    return np.repeat(start[rows] - begin[:-1], counts) + np.arange(begin[-1]), begin


def starts(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Where each of the rows with so many items starts, and where the last one ends."""
    import numpy as np

    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])


def whole_numbers(values: Sequence[int]) -> NDArray[np.int64]:
    """An array of whole numbers, also of none."""
    import numpy as np

    return np.array(values, dtype=np.int64)


def by_row(name: str, kind: Callable[[Any], Own], given: Mapping[int, Any], count: int) -> dict[int, Own]:
    """What only a few rows have, frozen; rows that have nothing are left out."""
    for row in given:
        if not 0 <= row < count:
            raise ValueError(f"{name}: row {row} is none of the {count} rows")
    return {int(row): kind(own) for row, own in given.items() if own}


def taken(given: Mapping[int, Own], rows: NDArray[np.int64]) -> dict[int, Own]:
    """What some rows have, by their new place."""
    return {i: given[row] for i, row in enumerate(rows.tolist()) if row in given} if given else {}


def for_all(index: ArrayLike, count: int) -> ArrayLike:
    """One index a row; a single one stands for all."""
    import numpy as np

    return np.full(count, index) if np.ndim(index) == 0 else index
