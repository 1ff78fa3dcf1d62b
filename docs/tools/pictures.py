"""Draw the pictures of the documentation, docs/pictures: `python docs/tools/pictures.py` (make pictures)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import finopt
from finopt.cli.plot import save_picture
from finopt.graph.stage_graphs import stages

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"


def drawn() -> dict[str, Axes]:
    """Every picture by its name."""
    toy = finopt.load(ROOT / "instances/toy/three-nodes.json")
    paper = finopt.load(ROOT / "instances/paper/b-alexnet-cifar10.json")
    radio = finopt.load(ROOT / "instances/radio/b-resnet110-wifi.json")
    plan = finopt.solve(radio, "labels").placement
    assert plan is not None
    pictures = {
        "plan": finopt.plotting.plot_placement(radio, plan),
        "front": finopt.plotting.plot_pareto(finopt.pareto(paper, accuracies=[0.8])),
        "extended": finopt.plotting.plot_stage(stages(toy, gamma=1), "extended"),
        "feasible": finopt.plotting.plot_stage(stages(toy, gamma=8), "feasible"),
    }
    for gamma in (4, 8, 16):
        pictures[f"path{gamma}"] = finopt.plotting.plot_stage(stages(toy, gamma=gamma), "path")
    return pictures


def main() -> None:
    """Write them all."""
    for name, axes in drawn().items():
        save_picture(axes, PICTURES / f"{name}.svg")


if __name__ == "__main__":
    main()
