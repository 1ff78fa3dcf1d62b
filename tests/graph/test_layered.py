"""The layered graph against the extended graph: the same arcs, the same trees, and nothing lost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import finopt
from finopt.api.methods import CAPABILITIES
from finopt.graph import layered, layered_bounds
from finopt.graph.extended import ExtendedGraph, extended_graph
from finopt.graph.label_setting import find_path
from finopt.graph.layered import LayeredGraph, LayerTree, layered_graph
from finopt.graph.layered_kernels import alike_links, complete_layers, surviving_arcs, sweep_layers
from finopt.graph.pattern import BLOCK, network_pattern
from finopt.graph.resource import Tree
from finopt.problem.instance import Instance
from finopt.solvers.clock import Clock
from tests.conformance import methods
from tests.random_instances import binding_instance, random_instance
from tests.strategies import instances

KERNELS = (sweep_layers, complete_layers, surviving_arcs, alike_links)
SEEDS = range(40)


def both(instance: Instance, configuration: int) -> tuple[LayeredGraph, ExtendedGraph]:
    """The two forms of the graph of an instance's first application."""
    application = instance.applications[0]
    return (
        layered_graph(instance, application, configuration),
        extended_graph(instance, application, configuration),
    )


def graphs(instance: Instance) -> list[tuple[LayeredGraph, ExtendedGraph]]:
    """The two forms for every configuration, admissible or not."""
    model = instance.model_of(instance.applications[0])
    return [both(instance, c) for c in range(len(model.configurations))]


def numbers(graph: LayeredGraph, full: ExtendedGraph) -> np.ndarray:
    """The arcs of the extended graph by their numbers in the layered one."""
    return full.stage * graph.pattern.tail.size + full.arc


def mesh(nodes: int, seed: int) -> Instance:
    """Enough links per node for several blocks; the limit lies between the fastest and the cheapest path."""
    instance = finopt.generate(nodes, 4, configurations=1, topology="mesh", seed=seed)
    graph = both(instance, 0)[1]
    trees = graph.forward(0.0, [1.0]), graph.forward(1.0, [0.0])
    limit = np.mean([tree.resource[graph.nearest_target(tree), 0] for tree in trees])
    limited = instance.applications[0].model_copy(update={"max_latency": float(limit)})
    return instance.model_copy(update={"applications": (limited,)})


def assert_same_tree(tree: LayerTree, full: Tree) -> None:
    """The same distances, bit by bit; the paths may differ where they weigh the same."""
    assert (tree.distance.ravel() == full.distance).all()
    assert (np.isfinite(tree.cost.ravel()) == np.isfinite(full.cost)).all()


def assert_same_trees(graph: LayeredGraph, full: ExtendedGraph) -> None:
    """Forward and backward trees at all kinds of weights, along paths that exist."""
    for unit, multiplier in ((1.0, 0.0), (0.0, 1.0), (1.0, 0.37), (1.0, 1e3)):
        forward = graph.forward(unit, multiplier)
        assert_same_tree(forward, full.forward(unit, [multiplier]))
        assert_same_tree(graph.backward(unit, multiplier), full.backward(unit, [multiplier]))
        target = int(forward.distance[-1].argmin())
        if math.isfinite(forward.distance[-1, target]):
            path = np.array(graph.path_to(forward, len(graph.usable), target), np.int32)
            cost, latency = graph.figures_of(path)
            assert cost.sum() == pytest.approx(forward.cost[-1, target])
            assert latency.sum() == pytest.approx(forward.latency[-1, target])


def assert_nothing_lost(graph: LayeredGraph, full: ExtendedGraph, cutoff: float = math.inf) -> None:
    """The first reduction holds every path that is better than its incumbent, and its bound is one."""
    state = layered_bounds.reduce_layers(graph, cutoff)
    best = find_path(full, cutoff)
    if best.path is None:
        assert state.path is None
        assert state.closed
        return
    optimum = full.path_cost(best.path)
    assert state.lower <= optimum * (1 + 1e-11)
    if state.path is None or graph.path_cost(state.path) > optimum * (1 + 1e-11):
        assert set(numbers(graph, full)[best.path].tolist()) <= set(state.arcs.tolist())
    assert set(state.arcs.tolist()) <= set(numbers(graph, full).tolist())
    if state.path is not None:
        assert state.upper == pytest.approx(graph.path_cost(state.path), rel=1e-12)
        assert graph.figures_of(state.path)[1].sum() <= graph.budget * (1 + 1e-12)


@given(instances())
@settings(max_examples=150, deadline=None)
def test_figures_and_trees_are_those_of_the_extended_graph(instance: Instance) -> None:
    for graph, full in graphs(instance):
        arcs = numbers(graph, full)
        cost, latency = graph.figures_of(arcs)
        assert (cost == full.cost).all()
        assert (latency == full.resource[:, 0]).all()
        assert (graph.ends(arcs)[0] == full.tail).all()
        assert (graph.ends(arcs)[1] == full.head).all()
        assert graph.arcs == full.arcs
        assert_same_trees(graph, full)


@given(instances(), st.sampled_from([math.inf, 1e-9, 1e-3, 1.0]))
@settings(max_examples=150, deadline=None)
def test_nothing_is_lost_on_drawn_instances(instance: Instance, cutoff: float) -> None:
    for graph, full in graphs(instance):
        assert_nothing_lost(graph, full, cutoff)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_with_capacities_pins_and_private_nodes(seed: int) -> None:
    for instance in (random_instance(seed), binding_instance(seed)):
        for graph, full in graphs(instance):
            assert_same_trees(graph, full)
            assert_nothing_lost(graph, full)


@pytest.mark.parametrize("seed", range(4))
def test_blocks_of_links_pass_over_nothing_that_matters(seed: int) -> None:
    graph, full = both(mesh(2 * BLOCK + 5, seed), 0)
    assert len(graph.pattern.leaving[1]) > 2 * len(graph.pattern.nodes)  # several blocks a node
    assert_same_trees_nearly(graph, full)
    assert_nothing_lost(graph, full)


def assert_same_trees_nearly(graph: LayeredGraph, full: ExtendedGraph) -> None:
    """As `assert_same_trees`, up to the rounding of the tolls."""
    for unit, multiplier in ((1.0, 0.0), (0.0, 1.0), (1.0, 0.37), (1.0, 30.0)):
        ways = (graph.forward, full.forward), (graph.backward, full.backward)
        for by_layers, at_once in ways:
            expected = at_once(unit, [multiplier]).distance
            assert by_layers(unit, multiplier).distance.ravel() == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("seed", range(6))
def test_machine_code_and_python_do_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = mesh(12, seed) if seed < 3 else random_instance(seed)
    for graph, _ in graphs(instance):
        states = []
        for steps in (-(10**9), 10**9):
            for kernel in KERNELS:
                monkeypatch.setattr(kernel, "steps", steps)
            fresh = layered_graph(instance, graph.application, graph.configuration)
            states.append(layered_bounds.reduce_layers(fresh))
        one, other = states
        assert (one.lower, one.upper, one.passes) == (other.lower, other.upper, other.passes)
        assert one.arcs.tolist() == other.arcs.tolist()


def test_only_paths_below_the_cut_off_are_found() -> None:
    graph, full = both(mesh(6, 0), 0)
    best = full.path_cost(find_path(full).path)
    below, above = find_path(graph, best * 0.99), find_path(graph, best * 1.01)
    assert below.path is None
    assert below.bound >= best * 0.99
    assert graph.path_cost(above.path) == pytest.approx(best)


def test_without_time_the_bound_holds_and_the_arcs_are_all_that_matter() -> None:
    graph, full = both(mesh(8, 1), 0)
    state = layered_bounds.reduce_layers(graph, clock=Clock(0))
    best = find_path(full).path
    assert state.lower <= full.path_cost(best) <= state.upper * (1 + 1e-12)
    assert set(numbers(graph, full)[best].tolist()) <= set(state.arcs.tolist())


def test_a_limit_that_no_path_keeps_is_proven_at_once() -> None:
    graph, _ = both(mesh(6, 2), 0)
    late = graph.application.model_copy(update={"max_latency": 1e-12})
    instance = graph.instance.model_copy(update={"applications": (late,)})
    state = layered_bounds.reduce_layers(layered_graph(instance, late, 0))
    assert state.infeasible
    assert state.passes == 1
    assert state.lower == math.inf


def test_arcs_of_a_path_through_an_arc_lie_end_to_end() -> None:
    graph, _ = both(mesh(6, 3), 0)
    forward, backward = graph.forward(1.0, 2.0), graph.backward(1.0, 2.0)
    for arc in range(0, len(graph.usable) * graph.pattern.tail.size, 7):
        path = np.array(graph.path_through(forward, arc, backward), np.int32)
        tails, heads = graph.ends(path)
        assert tails[0] == graph.source
        assert (tails[1:] == heads[:-1]).all()
        assert heads[-1] // len(graph.pattern.nodes) == len(graph.usable)
        assert arc in path


@methods()
@pytest.mark.parametrize("seed", range(12))
def test_methods_answer_alike_on_both_forms(method: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for instance in (random_instance(seed), binding_instance(seed)):
        results = []
        for few in (0, 10**9):
            monkeypatch.setattr(layered, "FEW", few)
            results.append(finopt.solve(instance, method))
        one, other = results
        assert one.status == other.status
        assert one.reason == other.reason
        if one.objective is not None:
            assert one.objective == pytest.approx(other.objective, rel=1e-9)
            assert (one.bound is None) == (other.bound is None) == (not CAPABILITIES[method].bounded)
            assert one.bound is None or one.bound == pytest.approx(other.bound, rel=1e-9)


def test_only_large_graphs_are_layered() -> None:
    for nodes, form in ((6, ExtendedGraph), (60, LayeredGraph)):
        instance = finopt.generate(nodes, 4, configurations=1, topology="mesh", seed=0)
        application = instance.applications[0]
        pattern = network_pattern(instance, application)
        assert isinstance(layered.path_graph(instance, application, 0, pattern), form)
