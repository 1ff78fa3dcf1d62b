"""The stages of FIN as published as pictures: extended graph, feasible graph, cheapest path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from finopt.plotting.style import Size, require_matplotlib, titled
from finopt.problem.options import OptionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from finopt.graph.stage_graphs import Stages

Stage = Literal["extended", "feasible", "path"]

MOST = {"nodes": 8, "stages": 12, "levels": 40, "arcs": 1500}
"""In pictures of more nobody follows an arc."""


def plot_stage(
    stages: Stages,
    stage: Stage = "extended",
    ax: Axes | None = None,
    *,
    title: str | None = None,
    size: Size | None = None,
) -> Axes:
    """Draw one of the three graphs of FIN as published.

    Columns are stages, that is blocks done, rows are nodes; arcs to the next column compute, those within a
    column transfer. "extended" writes energy and latency beside an arc where there is room. On levels every
    stage and node has a slope of dots, level 0 at its foot. "feasible" draws all replicas, in colour what
    reachability and lambda leave; "path" only that, and bold on it the cheapest path with its levels.

    Parameters
    ----------
    stages : Stages
        What :func:`finopt.graph.stages` returns.
    stage : {"extended", "feasible", "path"}
        What is drawn.
    ax : Axes, optional
        Where to draw; all sizes adapt to it. Default: a new figure in which text is 7 to 9 points high.
    title : str, optional
        In place of the usual one.
    size : (float, float), optional
        Width and height of the new figure [inch]; everything is scaled with it.

    Returns
    -------
    Axes
        In points of 1/72 inch. Energies are per inference [J].

    Raises
    ------
    OptionError
        Another stage, or more than 8 nodes, 12 stages, 40 levels (gamma) or 1500 arcs: nobody could read it.
    ValueError
        A ``size`` that is none, or beside ``ax``.
    BackendError
        matplotlib is missing.

    Examples
    --------
    >>> import finopt
    >>> from finopt.plotting import plot_stage
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> ax = plot_stage(finopt.graph.stages(instance, gamma=20), "path")
    >>> print(ax.get_title(loc="left"))
    b-alexnet, configuration 2: cheapest path
    energy 107.2 mJ per inference, latency 3.07 ms of 5 ms, 16 of 20 levels
    """
    require_matplotlib()
    if stage not in get_args(Stage):
        raise OptionError(f"stage must be 'extended', 'feasible' or 'path', got {stage!r}")
    _refuse_large(stages, stage)
    from finopt.plotting import stage_drawing, stage_scene  # numpy

    scenes = {
        "extended": stage_scene.extended_scene,
        "feasible": stage_scene.feasible_scene,
        "path": stage_scene.path_scene,
    }
    return stage_drawing.draw(titled(scenes[stage](stages), title), ax, size)


def _refuse_large(stages: Stages, stage: Stage) -> None:
    """A picture that nobody can read is an error that says what is too much."""
    graph = {"extended": stages.extended, "feasible": stages.feasible, "path": stages.pruned}[stage]
    there = {
        "nodes": len({node for _, node in stages.extended}),
        "stages": len({number for number, _ in stages.extended}),
        "levels": 0 if stage == "extended" else graph.graph["gamma"],
        "arcs": graph.number_of_edges(),
    }
    found = [f"{there[what]} {what} (at most {most})" for what, most in MOST.items() if there[what] > most]
    if found:
        what = f"the picture of stage {stage!r} of {graph.graph['application']!r} would be illegible"
        smaller = (
            "an instance with fewer nodes or blocks" if stage == "extended" else "a smaller gamma or instance"
        )
        raise OptionError(f"{what}: {', '.join(found)}; use {smaller}")
