"""Measured times, energies and exits that users bring, as profiles and configurations of an instance.

`read` takes our CSV (``model,device,block,time_s,energy_j``), PORTEND's text, PipeEdge's YAML and the JSON
of ``trtexec --exportProfile``; `read_sweep` takes sweeps of confidence thresholds. docs/projects.md describes
the columns. Imports what `finopt.io` may; `finopt.io.project`, `finopt.runtime` and the command line import
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from finopt.io.importers.measurements import block_csv, pipeedge, portend, trtexec
from finopt.io.importers.measurements.measured import Measured, Named, Part, Reading, together
from finopt.io.importers.measurements.sweep import read_sweep
from finopt.io.importers.measurements.sweep_rows import Sweep, SweepRow
from finopt.io.regular_file import read_regular_text
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.model import Model

__all__ = [
    "MOST_BYTES",
    "Measured",
    "Part",
    "Reading",
    "Sweep",
    "SweepRow",
    "read",
    "read_models",
    "read_parts",
    "read_sweep",
    "together",
]

YAML = (".yml", ".yaml")
"""Ends of the names of PipeEdge's files."""

MOST_BYTES = 2**24
"""Larger files of measurements are not read."""


def read(
    path: str | Path,
    *,
    models: Mapping[str, Model] | None = None,
    model: str | None = None,
    device: str | None = None,
    block: str | None = None,
    exit: str | None = None,
    last_layers: Mapping[str, str] | None = None,
) -> Measured:
    """Read measured times of blocks and exits; the content of the file says which format it has.

    Parameters
    ----------
    path : str or Path
        A file of at most 16 MiB.
    models : mapping of str to Model, optional
        The models there are, by id. Names in the file are checked against them, and formats that only number
        their layers get the names of the model's blocks, which must be as many.
    model, device : str, optional
        What the instance calls model and class of devices; needed where the file does not say it. A file that
        says it may hold one of them only.
    block, exit : str, optional
        trtexec: the file is of a piece that was built alone, and all its layers together are this part.
    last_layers : mapping of str to str, optional
        trtexec: the last layer of every block by block, where the file is of the whole model.

    Returns
    -------
    Measured
        Profiles [s, J] in the order of the file, and notes on what was assumed.

    Raises
    ------
    InstanceError
        Lists everything that is wrong, by row and column or by place.
    BackendError
        The file is YAML and PyYAML is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from finopt.io.importers import measurements
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "blocks.csv")
    ...     _ = path.write_text("model,device,block,time_s,energy_j\\nnet,soc,conv,0.002,0.009\\n")
    ...     measurements.read(path).profiles[0].blocks[0].time
    0.002
    """
    reading = read_parts(
        path, models=models, model=model, device=device, block=block, exit=exit, last_layers=last_layers
    )
    return together([reading], models or {}, str(path))


def read_parts(
    path: str | Path,
    *,
    models: Mapping[str, Model] | None = None,
    model: str | None = None,
    device: str | None = None,
    block: str | None = None,
    exit: str | None = None,
    last_layers: Mapping[str, str] | None = None,
) -> Reading:
    """What `read` does, for a file that is one of several: `together` makes profiles of them."""
    text = read_regular_text(path, MOST_BYTES)
    named = Named(str(path), models or {}, model, device)
    start = text.lstrip()[:1]
    if start == "[" and Path(path).suffix.lower() not in YAML:
        return trtexec.read(text, named, block, exit, last_layers or {})
    if block is not None or exit is not None or last_layers:
        rule = "block, exit and last_layers are for files of trtexec, which are a JSON list"
        raise InstanceError([Problem("", rule)], str(path))
    if Path(path).suffix.lower() in YAML:
        return pipeedge.read(text, named)
    return portend.read(text, named) if portend.looks_like(text) else block_csv.read(text, named)


def read_models(path: str | Path) -> tuple[Model, ...]:
    """The models of a ``models.yml`` of PipeEdge: sizes and memory of their layers, but no operations.

    Raises
    ------
    InstanceError
        Lists everything that is wrong.
    BackendError
        PyYAML is not installed.
    """
    return pipeedge.models(read_regular_text(path, MOST_BYTES), str(path))
