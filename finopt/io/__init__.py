"""Reading and writing files: one module per format, recognised by content.

Imports `finopt.graph` and what is below it, never a method; the API, plotting and the command line import it.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from finopt.evaluation.result import Result, written_by
from finopt.io import instance_file, result_file
from finopt.io.atomic import new_files, write_text
from finopt.io.doubtful import doubts
from finopt.io.foreign import text_kind
from finopt.io.packing import packed
from finopt.io.strict_json import read_text
from finopt.problem.application_table import ApplicationTable
from finopt.problem.errors import InstanceWarning
from finopt.problem.instance import Instance

if TYPE_CHECKING:
    from finopt.graph.resource import ResourceGraph


def load(path: str | Path, *, max_bytes: int | None = None) -> Instance | ResourceGraph | Result:
    """Read an instance, a resource-constrained shortest path or a result; the content says which.

    Parameters
    ----------
    path : str or Path
        A ``finopt-instance`` file (JSON, version 1 or 2; a CSV or Parquet table beside it may hold the
        applications), a ``finopt-result`` file (JSON), or text of the OR-Library (``n m K`` ...) or of Zhu
        and Wilhelm (``num_nodes num_arcs source target`` ...). A regular file: pipes and devices are refused.
    max_bytes : int, optional
        Bytes that are read at most of the file, of what it unpacks to, and of a table beside it; 256 MiB and
        of a table 2 GiB by default.

    Returns
    -------
    Instance or ResourceGraph or Result
        Vertices of a ResourceGraph count from 0: vertex v of an OR-Library file is v - 1.

    Raises
    ------
    InstanceError
        The file cannot be read or is wrong; lists every problem.
    BackendError
        The applications are in a Parquet table and pyarrow is not installed.
    TypeError, ValueError
        ``path`` is no path, for example None or a number; ``max_bytes`` is no whole number above 0.

    Warns
    -----
    InstanceWarning
        The instance is valid and may still not be what was meant: it has no key ``links`` for its several
        nodes, or blocks that no exit needs.

    Examples
    --------
    >>> import finopt
    >>> finopt.load("instances/paper/b-alexnet-cifar10.json").models[0].id
    'b-alexnet'
    >>> graph = finopt.load("instances/orlib/rcsp1.txt")
    >>> graph.vertices, graph.arcs, graph.budget.tolist()
    (100, 955, [73.0])
    """
    text = read_text(path, _checked(max_bytes))
    if result_file.is_result(text):
        return result_file.read(text, str(path))
    return read_problem(text, str(path), most=max_bytes)


def load_problem(path: str | Path) -> Instance | ResourceGraph:
    """Like `load`, of what can be solved: a result is refused like any file that is no instance."""
    return read_problem(read_text(path), str(path))


def _checked(max_bytes: int | None) -> int | None:
    if max_bytes is not None and (isinstance(max_bytes, bool) or not isinstance(max_bytes, int)):
        raise TypeError(f"max_bytes must be a whole number, got {max_bytes!r}")
    if max_bytes is not None and max_bytes < 1:
        raise ValueError(f"max_bytes must be above 0, got {max_bytes}")
    return max_bytes


def read_problem(
    text: str, source: str, from_file: bool = True, most: int | None = None
) -> Instance | ResourceGraph:
    """The instance or graph of a text.

    Parameters
    ----------
    text : str
    source : str
        What messages call it; the path of its file.
    from_file : bool
        Whether there is one; a table of applications stands beside it.
    most : int, optional
        Bytes of that table that are read at most.

    Raises
    ------
    InstanceError
        With every problem of the text.
    """
    if is_path_problem(text):
        from finopt.io import rcsp_file  # loads numpy, which instances do without

        return rcsp_file.read(text, source)
    instance = instance_file.read(text, source, from_file=from_file, most=most)
    for problem in doubts(instance):
        warnings.warn(f"{source}: {problem}", InstanceWarning, stacklevel=3)
    return instance


def is_path_problem(text: str) -> bool:
    """Whether text is a resource-constrained shortest path and not an instance."""
    start = text.lstrip()[:9].lower()
    return start == "num_nodes" or (start[:1] in tuple("0123456789+-.") and not text_kind(text))


def save(
    obj: Instance | ResourceGraph | Result, path: str | Path, *, table: Literal["csv", "parquet"] = "csv"
) -> None:
    """Write an instance, a result (see also `Result.save`), or a ResourceGraph as OR-Library text.

    Loading and saving an instance again gives the same bytes. In OR-Library text the path leads from vertex
    1 to vertex n, so a source that is not the first vertex changes places with it, and the target with the
    last; what passing a vertex consumes has become part of the arcs.

    Parameters
    ----------
    obj : Instance or ResourceGraph or Result
        What to write.
    path : str or Path
        Where to; an existing file is replaced once everything is written, and stays as it was if that fails.
        With a name like ``x.json.gz`` it is packed with gzip.
    table : {"csv", "parquet"}
        Applications in columns (`ApplicationTable`) are written beside the instance, to ``x.csv`` for
        ``x.json``; this is the kind of file. Others are part of the instance file.

    Raises
    ------
    InstanceError
        An OR-Library file cannot hold the graph: it has several targets, or its source is its target. The
        name ends like that of a file that is packed in another way than with gzip.
    BackendError
        Parquet is asked for and pyarrow is not installed.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import finopt, pathlib, tempfile
    >>> graph = finopt.ResourceGraph.build(2, [0], [1], [0.5], [[3]], 0, [1], [4])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "graph.txt")
    ...     finopt.save(graph, path)
    ...     print(path.read_text())
    2 1 1
    0
    4
    0
    0
    1 2 0.5 3
    <BLANKLINE>
    """
    if isinstance(obj, Result):
        obj.save(path)
    elif isinstance(obj, Instance) and isinstance(obj.applications, ApplicationTable):
        _save_with_table(obj, obj.applications, Path(path), table)
    elif isinstance(obj, Instance):
        write_text(path, instance_file.write(obj))
    else:
        from finopt.io import rcsp_file

        write_text(path, rcsp_file.write(obj, str(path)))


def _save_with_table(instance: Instance, applications: ApplicationTable, path: Path, kind: str) -> None:
    """Write the instance and the table that it names, beside it."""
    from finopt.io.tables import application_table_file  # loads numpy

    if f".{kind}" not in application_table_file.FORMATS:
        known = ", ".join(repr(suffix[1:]) for suffix in application_table_file.FORMATS)
        raise ValueError(f"table must be one of {known}, got {kind!r}")
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    stem = plain.name if plain.suffix in application_table_file.FORMATS else plain.stem
    beside = path.with_name(f"{stem}.{kind}")
    content = packed(path, instance_file.write(instance, beside.name).encode())
    with new_files(beside, path) as (table, file):
        application_table_file.write(applications, f".{kind}", table)
        file.write(content)


def _save_result(result: Result, path: str | Path, instance: Instance | None) -> None:
    """What `Result.save` does: `finopt.evaluation` knows no files."""
    write_text(path, result_file.write(result, instance))


written_by(_save_result)
