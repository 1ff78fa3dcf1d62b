"""The shipped instances: made by their script, valid, and what their descriptions say."""

import csv
import importlib.util
import itertools
import json
import math
import re
from pathlib import Path

import jsonschema
import networkx as nx
import pytest

import finopt
from finopt.io import instance_file
from finopt.problem.generators.latency_range import latency_range

ROOT = Path(__file__).parents[2] / "instances"
FOLDERS = ("toy", "radio", "paper", "early_exit", "network", "measured", "infeasible")
FILES = sorted(str(path.relative_to(ROOT)) for folder in FOLDERS for path in (ROOT / folder).glob("*"))
NOT_BINDING = {name for name in FILES if re.match("paper/b-(resnet|lenet)", name)}
BINDING = {name for name in FILES if not name.startswith("infeasible/")} - NOT_BINDING


def load(name):
    return finopt.load(ROOT / name)


@pytest.fixture(scope="module")
def build():
    """The script instances/build.py as a module."""
    spec = importlib.util.spec_from_file_location("instances_build", ROOT / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((ROOT / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_files_are_what_the_script_makes(build, tmp_path):
    made = build.build()
    assert sorted(made) == FILES
    for name, instance in made.items():
        finopt.save(instance, tmp_path / "made.json")
        assert (tmp_path / "made.json").read_bytes() == (ROOT / name).read_bytes(), name


def test_the_schema_is_current():
    assert (ROOT / "schema.json").read_text(encoding="utf-8") == instance_file.schema()


@pytest.mark.parametrize("name", FILES)
def test_every_file_matches_the_schema(validator, name):
    validator.validate(json.loads((ROOT / name).read_text(encoding="utf-8")))


def test_the_schema_refuses_what_load_refuses(validator):
    data = json.loads((ROOT / "paper/b-alexnet-cifar10.json").read_text(encoding="utf-8"))
    data["nodes"][0]["compute"] = -1
    with pytest.raises(jsonschema.ValidationError, match="-1"):
        validator.validate(data)


@pytest.mark.parametrize("name", FILES)
def test_every_file_names_itself_and_survives_a_round_trip(tmp_path, name):
    instance = load(name)
    assert instance.name == name.removesuffix(".json")
    assert instance.description
    assert instance.source
    finopt.save(instance, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (ROOT / name).read_bytes()


def test_the_readme_lists_every_file_once():
    listed = re.findall(r"^\| `([^`]+\.json)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == FILES


@pytest.mark.parametrize("name", sorted(BINDING))
def test_limits_bind_where_nothing_else_is_said(name):
    instance = load(name)
    least, loosest = latency_range(instance, instance.applications[0])
    assert least < instance.applications[0].max_latency < loosest


@pytest.mark.parametrize("name", sorted(NOT_BINDING))
def test_limits_that_do_not_bind_are_marked(name):
    instance = load(name)
    assert latency_range(instance, instance.applications[0])[1] < instance.applications[0].max_latency
    assert "does not bind" in instance.description


# --- paper/


def cheapest(instance, max_latency):
    """The least energy on three nodes with single links upwards, by enumeration with plain floats."""
    (application,), (model,) = instance.applications, instance.models
    links = {(link.source, link.target): link for link in instance.directed_links}
    best = math.inf
    for configuration in (model.configurations[c] for c in instance.admissible(application)):
        for places in itertools.product(instance.node_by_id, repeat=model.final_block(configuration) + 1):
            hops = [
                hop for hop in enumerate(itertools.pairwise(("device", *places))) if hop[1][0] != hop[1][1]
            ]
            if places[0] != "device" or any(ends not in links for _, ends in hops):
                continue
            nodes = [instance.node(place) for place in places]
            work = list(zip(model.blocks, nodes, strict=False))
            sent = [(model.stage_bits[stage], links[ends]) for stage, ends in hops]
            seconds = sum(block.ops / node.compute for block, node in work)
            seconds += sum(bits / link.bandwidth for bits, link in sent)
            joules = sum(block.ops / node.compute * node.power for block, node in work)
            joules += sum(bits * link.energy for bits, link in sent)
            if seconds <= max_latency:
                best = min(best, joules)
    return best


@pytest.mark.parametrize(
    ("max_latency", "joules"),
    [(2e-3, math.inf), (3e-3, 0.1174), (5e-3, 0.1001), (9e-3, 0.0497), (15e-3, 0.0497)],
)
def test_the_optima_of_the_papers_table(max_latency, joules):
    assert cheapest(load("paper/b-alexnet-cifar10.json"), max_latency) == pytest.approx(joules, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "accuracies", "target"),
    [
        # full accuracy x BranchyNet's cumulative exit shares: 85.95 * (51.94, 71.91, 79.19) / 79.19 ...
        ("b-alexnet-cifar10", [0.5637, 0.7805, 0.8595], 0.8),
        ("b-alexnet-cifar100", [0.3956, 0.5477, 0.6032], 0.6),
        ("b-resnet110-cifar10", [0.3889, 0.5181, 0.9370], 0.8),
        ("b-resnet110-cifar100", [0.2504, 0.3336, 0.6032], 0.6),
        ("b-lenet-mnist", [0.9359, 0.9925], 0.95),
        ("b-lenet-second-dataset", [0.9119, 0.9670], 0.95),
    ],
)
def test_accuracies_and_targets_of_the_paper(name, accuracies, target):
    instance = load(f"paper/{name}.json")
    assert [c.accuracy for c in instance.models[0].configurations] == accuracies
    assert instance.applications[0].min_accuracy == target
    assert instance.applications[0].id == instance.models[0].id == name.rsplit("-", 1)[0].split("-second")[0]


# --- best_known.csv


@pytest.fixture(scope="module")
def best_known():
    with (ROOT / "best_known.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["instance"].startswith("orlib/")]
        return {row["instance"] + ".json": row for row in rows}


def test_every_file_has_a_proven_answer(best_known):
    assert sorted(best_known) == FILES
    for name, row in best_known.items():
        assert row["status"] == ("INFEASIBLE" if name.startswith("infeasible/") else "OPTIMAL")


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("paper/")])
def test_best_known_of_the_paper_is_what_enumeration_finds(best_known, name):
    instance = load(name)
    optimum = cheapest(instance, instance.applications[0].max_latency)
    assert float(best_known[name]["objective"]) == pytest.approx(optimum, rel=1e-9)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("method", ["labels", "fin"])
def test_methods_find_the_best_known(best_known, name, method):
    row = best_known[name]
    result = finopt.solve(load(name), method=method)
    if row["status"] == "INFEASIBLE":
        assert result.status == "INFEASIBLE"
        assert result.reason
    else:
        assert result.objective == pytest.approx(
            float(row["objective"]), rel=1e-9 if method == "labels" else 1e-2
        )
        assert result.bound <= float(row["objective"]) * (1 + 1e-9)


# --- early_exit/


def test_the_sweeps_keep_every_distinct_measurement():
    alexnet = load("early_exit/b-alexnet-cifar10-worst.json").models[0].configurations
    lenet = load("early_exit/b-lenet-mnist-worst.json").models[0].configurations
    assert (len(alexnet), len(lenet)) == (91, 14)
    assert len(set(alexnet)) == 91
    # Thresholds 0.05 and 0.05; 0.0001 and 5.0: nobody gets to the last exit; 5.0: all leave at the first.
    for exits, shares, accuracy in (
        (("exit1", "exit2", "exit3"), (0.7219, 0.1573, 0.1208), 0.7928),
        (("exit1", "exit2"), (0.4361, 0.5639), 0.7730),
        (("exit1",), (1.0,), 0.7529),
    ):
        assert finopt.Configuration(exits=exits, shares=shares, accuracy=accuracy) in alexnet


def test_profiles_become_operations_bits_and_bytes():
    model = load("early_exit/b-alexnet-cifar10-worst.json").models[0]
    assert model.input_bits == 3 * 32 * 32 * 8
    # 15 564 800 MAC, 64 x 16 x 16 output elements, 53 696 parameters; exit 1: 1 774 592 MAC.
    assert model.blocks[0] == finopt.Block(id="block1", ops=31129600, output_bits=131072, memory=53696)
    assert model.exits[0] == finopt.Exit(id="exit1", after="block1", ops=3549184, memory=32842)


# --- network/


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("network/")])
def test_geant_is_connected_and_has_the_delays_of_its_distances(name):
    instance = load(name)
    network = nx.DiGraph((link.source, link.target) for link in instance.directed_links)
    assert nx.is_strongly_connected(network)
    assert (len(instance.nodes), len(instance.links)) == (40 + 1, 61 + 1)
    assert nx.shortest_path_length(network, "device", "AT") >= 4
    # Frankfurt - Amsterdam are 364 km apart, Lisbon - Madrid 503 km; light in fibre makes 200 km per ms.
    assert instance.link_by_id["DE->NL"].delay == pytest.approx(1.82e-3, rel=0.01)
    assert instance.link_by_id["PT->ES"].delay == pytest.approx(2.51e-3, rel=0.01)
    # Ukraine has no coordinates: the mean of the others. Macedonia has 155 Mbit/s.
    delays = [x.delay for x in instance.links if not {x.source, x.target} & {"device", "UA", "MD", "BY"}]
    assert instance.link_by_id["PL->UA"].delay == pytest.approx(sum(delays) / len(delays), rel=1e-3)
    assert instance.link_by_id["BG->MK"].bandwidth == 155e6
    assert {node.tier for node in instance.nodes} == {"mobile", "edge", "cloud"}


# --- infeasible/: each for its one reason


def infeasible(name):
    instance = load(f"infeasible/{name}.json")
    return instance, instance.applications[0], instance.models[0]


def test_infeasible_latency():
    instance, application, _ = infeasible("latency")
    assert application.max_latency < latency_range(instance, application)[0] < math.inf


def test_infeasible_accuracy():
    instance, application, model = infeasible("accuracy")
    assert not instance.admissible(application)
    assert application.min_accuracy > max(c.accuracy for c in model.configurations)


def test_infeasible_because_disconnected():
    instance, application, _ = infeasible("disconnected")
    assert instance.admissible(application)
    assert latency_range(instance, application) == (math.inf, math.inf)


@pytest.mark.parametrize("name", ["compute", "bandwidth", "memory"])
def test_capacities_make_infeasible_what_the_latency_limit_allows(name):
    instance, application, model = infeasible(name)
    assert latency_range(instance, application)[0] < application.max_latency
    device, first = instance.node("device"), model.blocks[0]
    assert application.pinned[first.id] == "device"
    least_bits = min(model.stage_bits[1:-1])
    assert (application.rate * first.ops > device.compute) == (name == "compute")
    assert (device.memory is not None and first.memory > device.memory) == (name == "memory")
    unable = all(application.rate * least_bits > link.bandwidth for link in instance.directed_links)
    assert unable == (name == "bandwidth")
