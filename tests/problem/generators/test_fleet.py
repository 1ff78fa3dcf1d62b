"""Instances of many applications: reproducible, built as promised, feasible, and scarce."""

import csv
import itertools
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import finopt
from finopt.problem.generators import fleet_figures, fleet_network
from finopt.problem.generators.fleet_demand import Requests, least, wanted
from finopt.problem.generators.latency_range import latency_range
from tests.oracle import Task, every_choice

DATA = Path(__file__).parents[3] / "instances" / "data"

SMALL = [
    (12, 4, 3, 1, {"seed": 0}),
    (12, 6, 2, 2, {"seed": 1, "mean": 1.0}),
    (20, 3, 4, 3, {"seed": 2, "scarcity": 0.25}),
    (6, 2, 1, 1, {"seed": 3, "scarcity": 0.6}),
]


@pytest.fixture(params=SMALL, ids=lambda case: f"{case[0]}x{case[1]}")
def small(request):
    *counts, options = request.param
    return finopt.generate_fleet(*counts, **options)


@pytest.fixture(scope="module")
def large():
    return finopt.generate_fleet(4_000, 2_000, 30, 4, scarcity=0.3, seed=5)


# ---------------------------------------------------------------- seeds


def test_the_same_arguments_give_the_same_instance():
    first, second = (finopt.generate_fleet(200, 30, 5, 2, seed=7) for _ in range(2))
    assert first == second


def test_another_seed_gives_another_instance():
    first, second = (finopt.generate_fleet(200, 30, 5, 2, seed=seed) for seed in (7, 8))
    assert first.applications != second.applications
    assert first.nodes != second.nodes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"applications": 0}, "applications must be a whole number of at least 1, got 0"),
        ({"devices": 1.5}, "devices must be a whole number of at least 1, got 1.5"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"scarcity": 0.0}, "scarcity must be above 0 and finite, got 0.0"),
        ({"mean": 1.1}, "mean must be from 0 to 1, got 1.1"),
        ({"models": ()}, "models must name at least one model"),
    ],
)
def test_arguments_out_of_range(change, message):
    with pytest.raises(ValueError, match=message):
        finopt.generate_fleet(**{"applications": 5, "devices": 2, "sites": 2, "clouds": 1, **change})


# ---------------------------------------------------------------- structure


def test_nodes_and_links(large):
    tiers = Counter(node.tier for node in large.nodes)
    assert tiers == {"mobile": 2000, "edge": 30, "cloud": 4}
    assert {node.tier for node in large.nodes if not node.shared} == {"mobile"}
    assert all(node.shared for node in large.nodes if node.tier != "mobile")
    ends = {(link.source, link.target) for link in large.directed_links}
    assert all((b, a) in ends for a, b in ends)
    radio = Counter(a for a, b in ends if a.startswith("device"))
    assert set(radio) == {node.id for node in large.nodes if node.tier == "mobile"}
    assert set(radio.values()) == {1, 2}
    assert all(b.startswith("edge") for a, b in ends if a.startswith("device"))
    assert all(sum(a == f"edge{i}" and b.startswith("cloud") for a, b in ends) == 2 for i in range(1, 31))


def test_devices_crowd_at_some_sites(large):
    at = Counter(link.target for link in large.links if link.source.startswith("device"))
    counts = sorted(at.values(), reverse=True)
    assert counts[0] > 5 * np.median(counts)


def test_edge_servers_are_as_scarce_as_asked_for(large):
    table, node = large.applications, large.node_by_id
    link = {(k.source, k.target): k for k in large.directed_links}
    home = {k.source: k.target for k in reversed(large.links) if k.source.startswith("device")}
    devices = [node[name] for name in table.source_ids]
    energies = [
        np.array([one.energy_per_op for one in devices]),
        np.array([link[one.id, home[one.id]].energy for one in devices]),
        np.array([node[home[one.id]].energy_per_op for one in devices]),
    ]
    requests = Requests(table.model, table.min_accuracy, table.mean)
    like = wanted(large.models, requests, *(values[table.source] for values in energies))
    edge = [one for one in large.nodes if one.tier == "edge"]
    assert sum(one.compute for one in edge) == pytest.approx(0.3 * (like.ops * table.rate).sum(), rel=1e-3)
    assert sum(one.memory for one in edge) == pytest.approx(0.3 * like.memory.sum(), rel=1e-3)


def test_what_is_liked_is_the_cheapest_placement_on_device_and_edge(small):
    up = {k.source: k for k in reversed(small.links) if k.source.startswith("device")}
    for application in small.applications:
        pair = [small.node(application.source), small.node(up[application.source].target)]
        link = up[application.source]
        two = finopt.Instance(nodes=pair, links=[link], models=small.models, applications=[
            application.model_copy(update={"max_latency": 1e9})
        ])  # fmt: skip
        task = Task(two, two.applications[0])
        best = min(every_choice(task), key=lambda choice: choice.energy)
        number = [model.id for model in small.models].index(application.model)
        requests = Requests(
            np.array([number]),
            np.array([application.min_accuracy]),
            np.array([application.latency == "mean"]),
        )
        like = wanted(small.models, requests, *(
            np.array([value]) for value in (pair[0].energy_per_op, link.energy, pair[1].energy_per_op)
        ))  # fmt: skip
        loads = {name: float(load / task.rate) for name, load in task.loads(best).items()}
        assert like.ops[0] == pytest.approx(loads.get(("compute", pair[1].id), 0.0))


def test_latency_limits_are_mixed(large):
    table = large.applications
    assert 0.17 < table.mean.mean() < 0.23
    assert {large.models[i].id for i in table.model} == {"b-alexnet", "b-lenet", "b-resnet110"}


def test_own_models():
    model = finopt.generate(nodes=3, blocks=4, seed=3).models[0]
    instance = finopt.generate_fleet(30, 5, 2, 1, models=[model])
    assert instance.models == (model,)
    assert set(instance.applications.model.tolist()) == {0}


# ---------------------------------------------------------------- feasibility


def test_every_limit_can_be_met(small):
    nodes = [node.model_copy(update={"memory": None}) for node in small.nodes]
    for application in small.applications:
        alone = application.model_copy(update={"rate": 1e-6})  # no capacity binds
        ample = finopt.Instance(nodes=nodes, links=small.links, models=small.models, applications=[alone])
        assert finopt.solve(ample, "labels").status is finopt.Status.OPTIMAL
        assert application.max_latency >= latency_range(ample, alone)[0] * (1 - 1e-9)


def test_a_small_instance_as_a_whole_is_feasible(small):
    assert finopt.evaluate(small, promised(small)).violations == ()


def test_a_large_instance_as_a_whole_is_feasible(large):
    assert finopt.evaluate(large, promised(large)).violations == ()


def promised(instance):
    """All of an application in the nearest cloud of its device's site, or on the edge server of that site."""
    home = {k.source: k.target for k in reversed(instance.links) if k.source.startswith("device")}
    cloud = {}
    for link in instance.links:
        if link.target.startswith("cloud"):
            cloud.setdefault(link.source, link)
    placed = []
    for application in instance.applications:
        edge = home[application.source]
        configuration = fastest(instance, application)
        count = instance.model_of(application).final_block(configuration[1]) + 1
        way = (f"{application.source}->{edge}", f"{edge}->{cloud[edge].target}")
        target, route = cloud[edge].target, way
        if latency(instance, application, configuration[1], target, route) > application.max_latency:
            target, route = edge, way[:1]
        placed.append(
            finopt.ApplicationPlacement(
                application.id, configuration[0], (target,) * count, (route, *[()] * (count - 1))
            )
        )
    return finopt.Placement(tuple(placed))


def fastest(instance, application):
    model = instance.model_of(application)
    choices = [(c, model.configurations[c]) for c in instance.admissible(application)]
    return min(choices, key=lambda choice: weighted_ops(application, model, choice[1]))


def weighted_ops(application, model, configuration):
    """Operations that the latency counts when one node runs everything."""
    shares = dict(zip(configuration.exits, configuration.shares, strict=True))
    total, left = 0.0, 1.0
    for block in model.blocks[: model.final_block(configuration) + 1]:
        exits = [e for e in model.exits if e.after == block.id and e.id in configuration.exits]
        weight = left if application.latency == "mean" else 1.0
        total += weight * (block.ops + sum(e.ops for e in exits))
        left -= sum(shares[e.id] for e in exits)
    return total


def latency(instance, application, configuration, target, route):
    model = instance.model_of(application)
    hops = [instance.link_by_id[name] for name in route]
    sending = sum(model.input_bits / hop.bandwidth + hop.delay for hop in hops)
    return sending + weighted_ops(application, model, configuration) / instance.node(target).compute


def test_edge_servers_decide_something():
    binding = 0
    for seed in range(4):
        instance = finopt.generate_fleet(12, 6, 2, 1, scarcity=0.25, seed=seed)
        each = [
            finopt.solve(instance.model_copy(update={"applications": (application,)}), "labels")
            for application in instance.applications
        ]
        together = finopt.solve(instance, "milp")
        assert together.status is finopt.Status.OPTIMAL
        assert together.bound >= sum(result.bound for result in each) * (1 - 1e-9)
        binding += together.objective > sum(result.bound for result in each) * (1 + 1e-4)
    assert binding >= 3


def test_the_least_of_an_application_is_its_fastest_configuration(small):
    table = small.applications
    found = least(small.models, Requests(table.model, table.min_accuracy, table.mean))
    for i, application in enumerate(table):
        _, configuration = fastest(small, application)
        expected = weighted_ops(application, small.model_of(application), configuration)
        assert found.latency_ops[i] == pytest.approx(expected)


# ---------------------------------------------------------------- files and figures


@pytest.mark.parametrize("table", ["csv", "parquet"])
def test_save_and_load(tmp_path, small, table):
    if table == "parquet":
        pytest.importorskip("pyarrow")
    finopt.save(small, tmp_path / "fleet.json", table=table)
    assert finopt.load(tmp_path / "fleet.json") == small


def test_figures_are_short_decimals(large):
    table = large.applications
    for column, digits in ((table.rate, 4), (table.max_latency, 6)):
        assert all(float(f"{value:.{digits}g}") == value for value in column.tolist())


def test_rounding_gives_the_nearest_double():
    values = np.array([1.23456e-9, 9.9996, 123456.0, 4.4e15, 1.0])
    assert fleet_network.rounded(values).tolist() == [float(f"{v:.4g}") for v in values.tolist()]
    assert fleet_network.rounded(np.array([1.23401e-3, 5.0]), up=True).tolist() == [1.235e-3, 5.0]


@pytest.mark.parametrize("name", ["b-alexnet", "b-lenet", "b-resnet110"])
def test_the_networks_are_those_of_the_data(name):
    (model,) = (one for one in fleet_figures.networks() if one.id == name)
    file = {
        "b-alexnet": "b_alexnet_cifar10",
        "b-lenet": "b_lenet_mnist",
        "b-resnet110": "b_resnet110_cifar10",
    }
    profile = json.loads((DATA / "profiles" / f"{file[name]}.json").read_text(encoding="utf-8"))
    assert model.input_bits == 8 * profile["input_elems"]
    for block, row in zip(model.blocks, profile["blocks"], strict=True):
        assert (block.ops, block.output_bits) == (2 * row["macs"], 8 * row["out_elems"])
        assert block.memory == row["params"]
    for exit_, row in zip(model.exits, profile["exits"], strict=True):
        assert (exit_.ops, exit_.memory) == (2 * row["macs"], row["params"])


@pytest.mark.parametrize(("name", "file"), [("b-alexnet", "alex_cifar10"), ("b-lenet", "lenet_mnist")])
def test_the_configurations_are_measured(name, file):
    (model,) = (one for one in fleet_figures.networks() if one.id == name)
    with (DATA / "early_exit" / f"branchynet_sweep_{file}.csv").open(encoding="utf-8") as rows:
        measured = {
            (tuple(float(share) for share in row["exit_pct"].split(";")), float(row["accuracy_pct"]))
            for row in csv.DictReader(rows)
            if row["network"].startswith("B-")
        }
    for one in model.configurations:
        shares = [round(100 * share, 2) for share in one.shares]
        shares += [0.0] * (len(model.exits) - len(shares))
        assert (tuple(shares), round(100 * one.accuracy, 2)) in measured


def test_compute_and_power_are_those_of_the_data():
    rows = {row["name"]: row for row in json.loads((DATA / "devices.json").read_text())["devices"]}
    for kind in (*fleet_figures.SERVERS, fleet_figures.CLOUD):
        assert kind.compute == pytest.approx(rows[kind.name]["tops"] * 1e12 * fleet_figures.EFFECTIVE)
        assert kind.power == rows[kind.name]["watt"]


def test_accuracy_grows_and_so_does_work():
    for model in fleet_figures.networks():
        accuracy = [one.accuracy for one in model.configurations]
        assert all(a < b for a, b in itertools.pairwise(accuracy))


@pytest.mark.parametrize("partitions", [1, 3, 7])
@pytest.mark.parametrize("profiles", [False, True])
def test_partitions_are_the_fleet_in_pieces(partitions: int, profiles: bool) -> None:
    sizes = {"applications": 90, "devices": 20, "sites": 5, "clouds": 2, "seed": 3, "profiles": profiles}
    whole = finopt.generate_fleet(**sizes)
    parts = list(finopt.generate_fleet_partitions(**sizes, partitions=partitions))
    assert len(parts) == partitions
    applications = {own.id: own for part in parts for own in part.applications}
    assert len(applications) == 90 and applications == {own.id: own for own in whole.applications}
    devices = [node for part in parts for node in part.nodes if node.tier == "mobile"]
    assert sorted(devices, key=lambda node: int(node.id[6:])) == [
        node for node in whole.nodes if node.tier == "mobile"
    ]
    shared = [node for node in whole.nodes if node.tier != "mobile"]
    for part in parts:
        assert [node for node in part.nodes if node.tier != "mobile"] == shared
        classes = {node.device for node in part.nodes}
        assert part.models == whole.models
        assert list(part.profiles) == [one for one in whole.profiles if one.device in classes]
    assert {link for part in parts for link in part.links} == set(whole.links)


@pytest.mark.parametrize("partitions", [0, 21, 2.0])
def test_a_number_of_partitions_that_cannot_be(partitions: object) -> None:
    with pytest.raises(ValueError, match="partitions must be a whole number from 1 to one per device, 20"):
        next(iter(finopt.generate_fleet_partitions(90, 20, 5, partitions=partitions)))  # type: ignore[arg-type]
