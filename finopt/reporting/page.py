"""The report page as one file."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from finopt.api.pareto import Front
from finopt.api.versions import packages
from finopt.evaluation.evaluate import evaluate
from finopt.evaluation.result import Result
from finopt.evaluation.staying import HORIZON
from finopt.io.atomic import write_bytes
from finopt.io.packing import packed
from finopt.problem.extras import extra_module
from finopt.problem.instance import Instance
from finopt.problem.options import checked

SECONDS = 5.0
"""What finding out what binds may take, where nothing else is said."""

NEEDED = "the report page"


class Names(NamedTuple):
    """What the files are called in the commands that make the page again."""

    instance: str = "INSTANCE.json"
    result: str = "RESULT.json"
    page: str = "report.html"
    options: tuple[str, ...] = ()


def report(
    instance: Instance,
    result: Result,
    path: str | Path,
    *,
    fronts: Sequence[Front] = (),
    positions: Mapping[str, tuple[float, float]] | None = None,
    time_limit: float | None = None,
) -> None:
    """Write an answer as a page for a browser: one HTML file, which asks for no other and for no network.

    Parameters
    ----------
    instance : Instance
        What was asked.
    result : Result
        Any answer to it, also one without a placement: the page then says why there is none.
    path : str or Path
        Where to; an existing file is replaced once everything is written. ``.html.gz`` is packed with gzip.
    fronts : sequence of Front, optional
        What :func:`finopt.pareto` found: drawn beside the answer.
    positions : mapping of str to (float, float), optional
        Longitude and latitude of nodes [degrees]: the page then has a map. Nodes without one stand beside a
        neighbour that has one.
    time_limit : float, optional
        Seconds for finding out what binds, 5 by default; what is not known then is said to be so.

    Raises
    ------
    BackendError
        jinja2 or plotly is missing.
    ValueError
        A ``time_limit`` below 0.
    OSError
        The file cannot be written.

    Notes
    -----
    The page has a row for each of at most 50 000 applications; of more those with the most power, and totals
    of all. plotly's script is 4.8 MB of it. The same input gives the same file.

    Examples
    --------
    >>> import finopt
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> finopt.report(instance, finopt.solve(instance), "report.html")  # doctest: +SKIP
    """
    text = page(instance, result, fronts=fronts, positions=positions, time_limit=time_limit)
    write_bytes(path, packed(path, encoded(text)))


def encoded(text: str) -> bytes:
    """The page as it is stored: half surrogate pairs of names, which UTF-8 does not have, are spelled out."""
    return text.encode("utf-8", "backslashreplace")


def page(
    instance: Instance,
    result: Result,
    *,
    fronts: Sequence[Front] = (),
    positions: Mapping[str, tuple[float, float]] | None = None,
    time_limit: float | None = None,
    names: Names | None = None,
) -> str:
    """The text of the page."""
    jinja2 = extra_module("jinja2", "report", NEEDED)
    plotly = extra_module("plotly.offline", "report", NEEDED)
    seconds = checked({"time_limit": time_limit})["time_limit"]
    seen = _seen(instance, result, fronts, positions, SECONDS if seconds is None else seconds)
    here = files("finopt.reporting")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    text: str = environment.from_string((here / "page.html").read_text("utf-8")).render(
        **seen,
        style=(here / "page.css").read_text("utf-8"),
        script=(here / "page.js").read_text("utf-8"),
        plotly=plotly.offline.get_plotlyjs() if seen["charts"] else "",
        versions=_versions(),
        commands=_commands(result, names or Names()),
    )
    return text


def _seen(
    instance: Instance,
    result: Result,
    fronts: Sequence[Front],
    positions: Mapping[str, tuple[float, float]] | None,
    seconds: float,
) -> dict[str, Any]:
    """Everything that the template shows of an answer."""
    from finopt.reporting import contents  # loads numpy

    instance = instance.minimising(result.minimised)
    evaluation = None if result.placement is None else evaluate(instance, result.placement)
    return contents.contents(
        contents.Subject(instance, result, evaluation, tuple(fronts), positions), seconds
    )


def _versions() -> list[tuple[str, str]]:
    found = [(one.name, one.installed) for one in packages() if one.installed]
    import finopt

    return [("finopt", finopt.__version__), ("Python", platform.python_version()), *found]


def _commands(result: Result, names: Names) -> list[str]:
    """What makes the answer and the page again; a result file does not say with which options it was made."""
    asked = [] if result.minimised == "energy" else ["--objective", result.minimised]
    if HORIZON in result.stats:
        asked += ["--previous", "PREVIOUS.json", "--moving-horizon", f"{result.stats[HORIZON]}"]
    solve = ["finopt", "solve", names.instance, "--method", result.method, *asked, "--output", names.result]
    again = ["finopt", "report", names.instance, names.result, *names.options, "--output", names.page]
    return [shlex.join(words) for words in (solve, again)]
