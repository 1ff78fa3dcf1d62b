"""What tables of columns have in common: they are read row by row, and cannot be changed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self, TypeVar, overload

if TYPE_CHECKING:  # numpy is imported where a table is made: `import finopt` has to stay quick
    import numpy as np
    from numpy.typing import NDArray

Row = TypeVar("Row")


class FrozenTable(Sequence[Row], Generic[Row]):
    """A sequence of rows that are made anew from columns; `columns` names those that a copy is made of."""

    __slots__ = ()

    columns: ClassVar[tuple[str, ...]]

    @abstractmethod
    def take(self, rows: Sequence[int] | NDArray[np.integer[Any]]) -> Self:
        """The table of some rows, in the order given."""

    @abstractmethod
    def _row(self, row: int) -> Row:
        """What stands in a row, counted from 0."""

    @overload
    def __getitem__(self, row: int) -> Row: ...

    @overload
    def __getitem__(self, row: slice) -> Self: ...

    def __getitem__(self, row: int | slice) -> Row | Self:
        """What stands in a row, made anew; of a slice the table of these rows."""
        if isinstance(row, slice):
            return self.take(range(len(self))[row])
        return self._row(range(len(self))[row])

    def __iter__(self) -> Iterator[Row]:
        """One row after the other, none of them kept."""
        return map(self._row, range(len(self)))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: what was checked stays so."""
        kind = type(self).__name__
        article = "an" if kind[0] in "AEIOU" else "a"
        raise AttributeError(f"{article} {kind} is frozen; make another one to change {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        """How to make it anew, with columns that cannot be changed."""
        return _again, (type(self), self._plain_columns())

    def _plain_columns(self) -> dict[str, Any]:
        """The columns as they can be pickled."""
        return {name: getattr(self, name) for name in self.columns}

    def __copy__(self) -> Self:
        """Itself: it cannot be changed."""
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: it cannot be changed."""
        return self


def _again(kind: type[Any], columns: dict[str, Any]) -> Any:
    return kind(**columns)
