"""How much power every node and link takes for a placement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from finopt.evaluation.account import Evaluation
from finopt.problem.instance import Instance


def powers(instance: Instance, evaluation: Evaluation) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Power by node and by directed link [W].

    Where neither tables nor energy per transfer count, and loads are not what slices reserve, it follows from
    the loads; otherwise it is added up over the applications, which takes longer when there are very many.
    """
    if not (
        instance.profiles or instance.has_slices or any(link.energy_per_transfer for link in instance.links)
    ):
        nodes = {v: load.used * instance.node(v).energy_per_op for v, load in evaluation.compute.items()}
        links = {e: load.used * instance.link_by_id[e].energy for e, load in evaluation.bandwidth.items()}
        return nodes, links
    node_power: dict[str, float] = defaultdict(float)
    link_power: dict[str, float] = defaultdict(float)
    for one in evaluation.applications:
        rate = instance.application_by_id[one.application].rate
        for name, energy in one.node_energy.items():
            node_power[name] += rate * energy
        for name, energy in one.link_energy.items():
            link_power[name] += rate * energy
    return node_power, link_power
