"""A placement as a picture: which node runs which blocks, and how the data get there."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING

from finopt.evaluation.evaluate import evaluate
from finopt.plotting.style import Size, require_matplotlib, titled
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST, MANY = 12, 200
"""Of more applications those with the most power are drawn; of very many the totals of the tiers."""


def plot_placement(
    instance: Instance,
    placement: Placement,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    size: Size | None = None,
) -> Axes:
    """Draw which node runs which blocks, and how the data get there.

    The tiers are lanes, from the devices at the bottom to the cloud. A node's box holds its id, what it
    consumes and the blocks it runs, in their order; arrows are the hops of the routes, with what the link
    consumes and, while there are few, the data of the stage; thin dotted ones are the ways of results; grey
    lines are links that carry nothing.

    Parameters
    ----------
    instance : Instance
        What is placed where.
    placement : Placement
        Any placement of it, also one that breaks a rule: the title says so.
    ax : Axes, optional
        Where to draw; all sizes adapt to it. Default: a new figure in which text is 7 to 9 points high.
    title : str, optional
        In place of the usual one.
    size : (float, float), optional
        Width and height of the new figure [inch]; everything is scaled with it.

    Returns
    -------
    Axes
        In points of 1/72 inch.

    Raises
    ------
    InstanceError
        The placement names something that the instance does not have.
    ValueError
        A ``size`` that is none, or beside ``ax``.
    BackendError
        matplotlib is missing.

    Notes
    -----
    Figures are those of :func:`finopt.evaluate`: energy per inference for one application, power for
    several. Of more than 12 applications those with the most power are drawn, of a tier with more than 40
    nodes those in use. Of more than 200 applications the picture shows the totals of each tier, and what
    flows between tiers. In a crowded picture the label of an arrow is left out if nothing gives it room.

    Examples
    --------
    >>> import finopt
    >>> from finopt.plotting import plot_placement
    >>> instance = finopt.load("instances/paper/b-alexnet-cifar10.json")
    >>> ax = plot_placement(instance, finopt.solve(instance).placement)
    >>> print(ax.get_title(loc="left"))
    paper/b-alexnet-cifar10
    energy 100.1 mJ per inference, latency 4.691 ms of 5 ms
    accuracy 0.8595 (target 0.8), exit exit3
    """
    require_matplotlib()
    evaluation, count = evaluate(instance, placement), len(placement.applications)
    if len(evaluation.applications) < count:
        raise InstanceError([Problem("placement", str(one)) for one in evaluation.violations], "placement")
    from finopt.plotting import drawing, scene, totals  # numpy and networkx

    if count > MANY:
        whole = totals.totals(scene.Shown(instance, evaluation, (), count), placement)
        return drawing.draw(titled(whole, title), ax, size)
    most = nlargest(MOST, evaluation.applications, key=lambda one: one.power)
    figures = {one.application: one for one in most}
    items = [
        scene.Item(instance.application_by_id[placed.application], placed, figures[placed.application])
        for placed in placement.applications
        if placed.application in figures
    ]
    picture = scene.scene(scene.Shown(instance, evaluation, items, count))
    return drawing.draw(titled(picture, title), ax, size)
