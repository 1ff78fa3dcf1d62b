"""Reading and writing files: one module per format, recognised by content."""

from __future__ import annotations

from pathlib import Path

from finopt.instance import Instance
from finopt.io import instance_file
from finopt.io.strict_json import read_text


def load(path: str | Path) -> Instance:
    """Read an instance.

    Parameters
    ----------
    path : str or Path
        A ``finopt-instance`` file (JSON, version 1).

    Returns
    -------
    Instance

    Raises
    ------
    InstanceError
        The file cannot be read or is wrong; lists every problem. Nothing else is ever raised.

    Examples
    --------
    >>> import finopt
    >>> finopt.load("instances/paper/b-alexnet-cifar10.json").models[0].id
    'b-alexnet'
    """
    return instance_file.read(read_text(path), str(path))


def save(instance: Instance, path: str | Path) -> None:
    """Write an instance; loading and saving it again gives the same bytes.

    Parameters
    ----------
    instance : Instance
        What to write.
    path : str or Path
        Where to; an existing file is replaced.
    """
    Path(path).write_text(instance_file.write(instance), encoding="utf-8", newline="\n")
