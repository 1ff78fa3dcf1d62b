"""Pictures of placements, fronts and run times (extra ``plot``: ``pip install 'finopt[plot]'``).

matplotlib is loaded when a picture is drawn. New figures are not registered with pyplot: no window opens,
and ``ax.figure.savefig("picture.pdf")`` writes them anywhere. Colours are those of Okabe and Ito, and
markers, dashes or names tell apart what looks alike in grey.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from finopt.api.pareto import Front
from finopt.plotting.style import require_matplotlib
from finopt.problem.instance import Instance
from finopt.problem.placement import Placement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_pareto", "plot_placement", "plot_scaling"]


def plot_placement(instance: Instance, placement: Placement, ax: Axes | None = None) -> Axes:
    """Draw which node runs which blocks, and how the data get there.

    The tiers are lanes, from the devices at the bottom to the cloud. A node's box holds its id, what it
    consumes and the blocks it runs, in their order; arrows are the hops of the routes, with what the link
    consumes and, while there are few, the data of the stage; grey lines are links that carry nothing.

    Parameters
    ----------
    instance : Instance
        What is placed where.
    placement : Placement
        Any placement of it, also one that breaks a rule: the title says so.
    ax : Axes, optional
        Where to draw; all sizes adapt to it. Default: a new figure in which text is 7 to 9 points high.

    Returns
    -------
    Axes
        In points of 1/72 inch.

    Raises
    ------
    InstanceError
        The placement names something that the instance does not have.
    BackendError
        matplotlib is missing.

    Notes
    -----
    Figures are those of :func:`finopt.evaluate`: energy per inference for one application, power for
    several. Of more than 12 applications those with the most power are drawn, of a tier with more than 40
    nodes those in use. In a crowded picture the label of an arrow is left out if nothing else gives it room.
    Work grows with the links that are shown times the nodes that are shown.

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
    from finopt.plotting.placement import draw  # loads numpy

    return draw(instance, placement, ax)


def plot_pareto(fronts: Iterable[Front], ax: Axes | None = None, *, most: int = 8) -> Axes:
    """Draw the least energy within a latency limit, a step curve per accuracy level.

    Markers are the points of the fronts. To the right of a point its energy is the least there is, until
    the next one; to the left of the first one nothing is feasible, or with a dashed line nothing is known
    because the search was cut short.

    Parameters
    ----------
    fronts : iterable of Front
        What :func:`finopt.pareto` returns.
    ax : Axes, optional
        Where to draw. Default: a new figure.
    most : int
        Curves at most. Levels with the same curve share one; of more curves evenly spread ones are drawn,
        and the legend says so.

    Returns
    -------
    Axes
        In s and J; the ticks are in a unit that suits them.

    Raises
    ------
    ValueError
        ``most`` is below 1.
    BackendError
        matplotlib is missing.

    Examples
    --------
    >>> import finopt
    >>> from finopt.plotting import plot_pareto
    >>> ax = plot_pareto(finopt.pareto(finopt.load("instances/paper/b-alexnet-cifar10.json")))
    >>> ax.get_xlabel(), ax.get_ylabel(), [line.get_label() for line in ax.lines]
    ('latency limit [ms]', 'energy per inference [mJ]', ['0.5637', '0.7805', '0.8595'])
    """
    require_matplotlib()
    from finopt.plotting.pareto import draw

    return draw(fronts, ax, most)


def plot_scaling(
    times: Mapping[str, Sequence[tuple[float, float]]], ax: Axes | None = None, *, limit: float | None = None
) -> Axes:
    """Draw run time against size on logarithmic axes: medians, quartiles and the exponent of the growth.

    Parameters
    ----------
    times : mapping of str to sequence of (size, seconds)
        The runs of each method, any number per size and in any order.
    ax : Axes, optional
        Where to draw. Default: a new figure.
    limit : float, optional
        Time limit of the runs [s], drawn as a line. Sizes on which it cut off a run of a method do not
        count for its exponent: they would flatten the line.

    Returns
    -------
    Axes
        The exponent in the legend is the slope of the least-squares line of log time against log size over
        all runs; it is left out where there are fewer than two sizes.

    Raises
    ------
    ValueError
        A size, a time or the limit is not above 0 and finite.
    BackendError
        matplotlib is missing.

    Examples
    --------
    >>> from finopt.plotting import plot_scaling
    >>> ax = plot_scaling({"milp": [(10, 0.1), (100, 10.0)], "fin": [(10, 0.01), (100, 0.1), (100, 0.1)]})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['milp (size^2.00)', 'fin (size^1.00)']
    """
    require_matplotlib()
    from finopt.plotting.scaling import draw

    return draw(times, ax, limit)
