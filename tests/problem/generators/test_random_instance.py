"""Generated instances: reproducible, connected, and as tight as promised, checked by enumeration."""

import hashlib
import itertools
import math

import networkx as nx
import pytest

import finopt
from finopt.io.instance_file import write
from finopt.problem.generators.latency_range import latency_range
from finopt.problem.model import reach

SMALL = [
    pytest.param({"nodes": nodes, "blocks": 3, "seed": seed, **more}, id=f"{nodes}-{seed}-{'-'.join(more)}")
    for (nodes, more), seed in itertools.product(
        [
            (3, {"topology": "mesh"}),
            (4, {"topology": "mesh", "latency": "mean"}),
            (5, {"topology": "sparse", "configurations": 4}),
            (5, {"devices": 2, "pins": 2}),
            (4, {"latency": "mean", "pins": 1, "devices": 2, "private": False}),
        ],
        range(3),
    )
]


def every_walk(instance, application):
    """Energy and latency of every placement that meets the accuracy target, routes without loops."""
    usable = [node.id for node in instance.nodes if instance.may_use(application, node)]
    network = nx.MultiDiGraph()
    network.add_nodes_from(usable)
    for link in instance.directed_links:
        if link.source in usable and link.target in usable:
            network.add_edge(link.source, link.target, link=link)
    routes = {a: {b: [[]] if a == b else list_routes(network, a, b) for b in usable} for a in usable}
    for c in instance.admissible(application):
        yield from walks_of(instance, application, c, routes)


def list_routes(network, a, b):
    return [
        [network.edges[edge]["link"] for edge in path] for path in nx.all_simple_edge_paths(network, a, b)
    ]


def walks_of(instance, application, c, routes):
    model = instance.model_of(application)
    configuration = model.configurations[c]
    shares = [float(share) for share in reach(model, configuration)]

    def extend(i, here, energy, latency):
        if i == len(shares):
            yield energy, latency
            return
        block = model.blocks[i]
        exits = [e.ops for e in model.exits if e.after == block.id and e.id in configuration.exits]
        ops = block.ops + sum(exits)
        weight = shares[i] if application.latency == "mean" else 1.0
        for there, choices in routes[here].items():
            if application.pinned.get(block.id, there) != there:
                continue
            node = instance.node(there)
            for route in choices:
                bits = model.stage_bits[i]
                joule = sum(bits * link.energy for link in route) + ops * node.power / node.compute
                second = sum(bits / link.bandwidth + link.delay for link in route) + ops / node.compute
                yield from extend(i + 1, there, energy + shares[i] * joule, latency + weight * second)

    yield from extend(0, application.source, 0.0, 0.0)


def extremes(instance):
    """The least latency, and the latency at the least energy, by enumeration."""
    walks = list(every_walk(instance, instance.applications[0]))
    return min(latency for _, latency in walks), min(walks)[1]


@pytest.mark.parametrize("arguments", SMALL)
def test_tightness_is_what_it_says(arguments):
    limit = {t: finopt.generate(**arguments, tightness=t) for t in (-0.01, 0, 0.5, 1)}
    limit = {t: instance.applications[0].max_latency for t, instance in limit.items()}
    least, loosest = extremes(finopt.generate(**arguments))
    assert limit[-0.01] == pytest.approx(0.99 * least, rel=1e-5)
    assert limit[-0.01] < least * (1 - 1e-6)
    # Rounded up at the sixth digit, so at most 1e-5 above and never below.
    assert least * (1 - 1e-12) <= limit[0] <= least * (1 + 1e-5)
    assert loosest * (1 - 1e-12) <= limit[1] <= loosest * (1 + 1e-5)
    assert limit[0.5] == pytest.approx((least + loosest) / 2, rel=1e-5)


@pytest.mark.parametrize("arguments", SMALL)
def test_latency_range_agrees_with_enumeration(arguments):
    instance = finopt.generate(**arguments)
    assert latency_range(instance, instance.applications[0]) == pytest.approx(extremes(instance), rel=1e-12)


def test_latency_range_without_an_admissible_configuration_is_infinite():
    instance = finopt.generate(nodes=3, blocks=2)
    strict = instance.applications[0].model_copy(update={"min_accuracy": 1.0})
    assert latency_range(instance, strict) == (math.inf, math.inf)


@pytest.mark.parametrize("topology", ["sparse", "mesh"])
def test_limits_bind_between_the_extremes(topology):
    """Most instances have something to decide: fastest and thriftiest placement differ by more than 10 %."""
    differ = 0
    for seed in range(40):
        instance = finopt.generate(nodes=6, blocks=4, topology=topology, seed=seed)
        least, loosest = latency_range(instance, instance.applications[0])
        assert least <= loosest * (1 + 1e-12)
        differ += least < 0.9 * loosest
    assert differ >= 36


def test_same_arguments_same_instance_other_seed_other_instance():
    assert write(finopt.generate(seed=3)) == write(finopt.generate(seed=3))
    assert finopt.generate(seed=3).nodes != finopt.generate(seed=4).nodes


def test_same_bytes_on_every_machine():
    """If this fails, published figures on generated instances cannot be reproduced any more."""
    text = "".join(
        write(finopt.generate(nodes=9, blocks=6, topology=topology, pins=2, devices=2, latency=latency))
        for topology in ("sparse", "mesh")
        for latency in ("worst", "mean")
    )
    assert (
        hashlib.sha256(text.encode()).hexdigest()
        == "3eb507b2da62e237a8f8dd9a6ac2cf532f485a5c1fc67a0e931d11fd618383b2"
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("topology", ["sparse", "mesh"])
def test_every_shared_node_is_within_reach_of_every_source(topology, seed):
    instance = finopt.generate(nodes=25, applications=4, topology=topology, seed=seed)
    assert len({application.source for application in instance.applications}) == 4
    for application in instance.applications:
        usable = {node.id for node in instance.nodes if instance.may_use(application, node)}
        network = nx.DiGraph((link.source, link.target) for link in instance.directed_links)
        reached = nx.descendants(network.subgraph(usable), application.source)
        assert reached | {application.source} == usable


def test_sparse_networks_need_several_hops_and_few_links():
    instance = finopt.generate(nodes=60, seed=1)
    network = nx.DiGraph((link.source, link.target) for link in instance.directed_links)
    hops = nx.single_source_shortest_path_length(network, "device1")
    assert max(hops.values()) >= 4
    assert len(instance.links) < 2 * 60


def test_mesh_has_one_link_for_each_ordered_pair():
    instance = finopt.generate(nodes=7, topology="mesh")
    pairs = {(link.source, link.target) for link in instance.directed_links}
    assert len(pairs) == len(instance.directed_links) == 7 * 6
    assert not any(link.bidirectional for link in instance.links)


@pytest.mark.parametrize("blocks", [1, 5, 60])
@pytest.mark.parametrize("seed", range(4))
def test_capacities_are_ample_even_for_a_walk_that_uses_one_link_at_every_stage(blocks, seed):
    instance = finopt.generate(nodes=6, blocks=blocks, configurations=12, seed=seed)
    model, application = instance.models[0], instance.applications[0]
    ops = sum(block.ops for block in model.blocks) + sum(exit_.ops for exit_ in model.exits)
    assert application.rate * ops <= min(node.compute for node in instance.nodes)
    assert application.rate * sum(model.stage_bits) <= min(link.bandwidth for link in instance.links)
    assert all(node.memory is None for node in instance.nodes)


def test_figures_are_in_realistic_ranges():
    instance = finopt.generate(nodes=40, applications=10, seed=2)
    assert all(1e9 <= node.compute <= 3e11 and 2 <= node.power <= 400 for node in instance.nodes)
    assert all(1e6 <= link.bandwidth <= 1e10 and 1e-9 <= link.energy <= 1e-6 for link in instance.links)
    assert {node.tier for node in instance.nodes} == {"mobile", "edge", "cloud"}


@pytest.mark.parametrize(("blocks", "configurations"), [(1, 1), (1, 5), (5, 3), (4, 20), (30, 6)])
def test_configurations_reach_deeper_and_get_more_accurate(blocks, configurations):
    model = finopt.generate(nodes=3, blocks=blocks, configurations=configurations).models[0]
    accuracies = [c.accuracy for c in model.configurations]
    depths = [model.final_block(c) for c in model.configurations]
    assert len(accuracies) == configurations
    assert accuracies == sorted(set(accuracies))
    assert depths == sorted(depths)
    assert depths[-1] == blocks - 1
    assert all(sum(c.shares) == pytest.approx(1) for c in model.configurations)


def test_pins_start_with_the_first_block_on_the_source():
    for seed in range(10):
        instance = finopt.generate(nodes=8, blocks=5, pins=3, devices=3, seed=seed)
        application = instance.applications[0]
        assert len(application.pinned) == 3
        assert application.pinned["block1"] == application.source


def test_private_devices_serve_only_their_own_applications():
    assert [n.shared for n in finopt.generate(devices=2).nodes if n.tier == "mobile"] == [False, False]
    shared = finopt.generate(devices=2, private=False)
    assert [n.shared for n in shared.nodes if n.tier == "mobile"] == [True, True]


def test_one_lonely_node():
    instance = finopt.generate(nodes=1, blocks=2, pins=2)
    assert not instance.links
    least, loosest = latency_range(instance, instance.applications[0])
    assert least == loosest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"nodes": 0}, "nodes must be a whole number of at least 1, got 0"),
        ({"nodes": 2.5}, r"nodes must be a whole number of at least 1, got 2\.5"),
        ({"blocks": 0}, "blocks must be a whole number"),
        ({"applications": 0}, "applications must be a whole number"),
        ({"configurations": 0}, "configurations must be a whole number"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"seed": None}, "seed must be a whole number"),
        ({"pins": -1}, "pins must be a whole number"),
        ({"pins": 6}, "pins must be at most the number of blocks 5, got 6"),
        ({"topology": "ring"}, "topology must be one of sparse, mesh, got 'ring'"),
        ({"latency": "best"}, "latency must be one of worst, mean, got 'best'"),
        ({"tightness": 1.5}, r"tightness must be above -1 and at most 1, got 1\.5"),
        ({"tightness": -1}, "tightness must be above -1"),
        ({"tightness": math.nan}, "tightness must be above -1"),
        ({"devices": 0}, "devices must be a whole number"),
        ({"devices": 10}, "devices must be at most 9 of 10 nodes in a sparse network, got 10"),
        ({"devices": 11, "topology": "mesh"}, "devices must be at most 10 of 10 nodes in a mesh network"),
    ],
)
def test_arguments_out_of_range_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        finopt.generate(**arguments)
