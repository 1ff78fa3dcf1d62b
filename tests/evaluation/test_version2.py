"""Version 2 of the cost model against arithmetic done by hand: the toy network with each feature by itself.

The network and its figures are in `tests/toy.py`. `SPREAD` runs b1, b2 and b3 on phone, hub and cloud with
exits x1, x2 and x3; shares of 1, 0.5 and 0.25 of the samples reach the blocks.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from finopt.problem.instance import Instance
from tests.toy import ON, REMOTE, SPREAD, TOY, UP, account, toy

HOME = replace(SPREAD, nodes=("phone",) * 3, routes=((), (), ()))
BACK = ({"source": "hub", "target": "phone", "bandwidth": 1e6, "energy": 2e-7, "delay": 2e-3},)
DOWN = ({"source": "cloud", "target": "hub", "bandwidth": 1e7, "energy": 1e-8, "delay": 5e-3}, *BACK)


def toy2(
    nodes: dict[str, dict[str, Any]] | None = None,
    links: tuple[dict[str, Any], ...] = (),
    profiles: tuple[dict[str, Any], ...] = (),
    bits: dict[str, float] | None = None,
    **application: Any,
) -> Instance:
    """The toy with more about nodes and its application, more links, profiles and sizes of results."""
    data = copy.deepcopy(TOY) | {"version": 2, "profiles": list(profiles)}
    for node in data["nodes"]:
        node |= (nodes or {}).get(node["id"], {})
    data["links"] += links
    for exit_ in data["models"][0]["exits"]:
        exit_["output_bits"] = (bits or {}).get(exit_["id"], 0.0)
    data["applications"][0] |= application
    return Instance.model_validate(data)


def rules(instance: Instance, *placed: Any) -> list[str]:
    return [violation.rule for violation in account(instance, *placed).violations]


# ---------------------------------------------------------------- measured devices


def nano(*missing: str) -> dict[str, Any]:
    """What was measured on the hub: b2 and x2 without energy, b1 and x1 with; some blocks left out."""
    blocks = [
        {"block": "b1", "time": 4e-4, "energy": 1e-3},
        {"block": "b2", "time": 8e-4},
        {"block": "b3", "time": 2e-3, "energy": 5e-3},
    ]
    exits = [
        {"exit": "x1", "time": 1e-4, "energy": 2e-4},
        {"exit": "x2", "time": 2e-4},
        {"exit": "x3", "time": 1e-4},
    ]
    kept = [entry for entry in blocks if entry["block"] not in missing]
    return {"model": "dnn", "device": "nano", "blocks": kept, "exits": exits}


def measured(*missing: str, **application: Any) -> Instance:
    return toy2(nodes={"hub": {"device": "nano"}}, profiles=(nano(*missing),), **application)


def test_without_measured_energy_it_is_power_times_time() -> None:
    result = account(measured(), SPREAD)
    (app,) = result.applications
    # b2 and x2 take 0.8 + 0.2 ms on the hub at 10 W, of half of the samples: 5 mJ; the others as ever
    assert app.node_energy == pytest.approx({"phone": 2.2e-3, "hub": 5e-3, "cloud": 1.2875e-3})
    # 1.1 ms on the phone, 1 ms on the hub, 0.103 ms in the cloud
    assert app.compute_latency == pytest.approx(2.203e-3)
    # busy for 3/s * 0.5 * 1 ms = 1.5 ms a second: of 1e10 op/s that is 1.5e7
    assert result.compute["hub"].used == pytest.approx(1.5e7)
    assert result.compute["hub"].utilisation == pytest.approx(1.5e-3)
    # what was not measured there counts by operations: 3/s * 1.1 Mop
    assert result.compute["phone"].used == pytest.approx(3.3e6)
    assert result.feasible


def test_measured_energy_is_taken_as_it_is() -> None:
    all_there = replace(SPREAD, nodes=("hub",) * 3, routes=(UP, (), ()))
    (app,) = account(measured(latency="mean"), all_there).applications
    # b1, x1: 1 + 0.2 mJ; b2, x2: 0.5 * 1 ms * 10 W = 5 mJ; b3: 0.25 * 5 mJ, x3: 0.25 * 0.1 ms * 10 W
    assert app.node_energy == pytest.approx({"hub": 1.2e-3 + 5e-3 + 1.25e-3 + 0.25e-3})
    # mean: 0.5 ms + 0.5 * 1 ms + 0.25 * 2.1 ms
    assert app.compute_latency == pytest.approx(1.525e-3)


def test_a_block_without_an_entry_cannot_run_there() -> None:
    found = account(measured("b2"), SPREAD)
    (violation,) = (v for v in found.violations if v.rule == "device")
    assert str(violation) == (
        "application 'app': block 'b2' cannot run on 'hub': the profile of device 'nano' has no entry for it"
    )
    assert (found.applications, found.objective) == ((), pytest.approx(float("nan"), nan_ok=True))
    assert rules(measured("b1", "b3"), SPREAD) == []  # they run elsewhere


def test_a_device_that_this_model_was_not_measured_on_counts_by_operations() -> None:
    instance = toy2(nodes={"hub": {"device": "orin"}, "laptop": {"device": "nano"}}, profiles=(nano(),))
    assert account(instance, SPREAD).applications == account(toy(), SPREAD).applications


def test_a_node_without_compute_forwards_and_runs_nothing() -> None:
    instance = toy2(nodes={"hub": {"compute": 0.0}})
    (violation,) = account(instance, SPREAD).violations
    assert str(violation) == (
        "application 'app': block 'b2' cannot run on 'hub', which only forwards (its compute is 0)"
    )
    assert account(instance, REMOTE).applications == account(toy(), REMOTE).applications
    assert "device" in rules(
        toy2(nodes={"hub": {"device": "nano", "compute": 0.0}}, profiles=(nano(),)), SPREAD
    )


# ---------------------------------------------------------------- utilisation and waiting


@pytest.mark.parametrize(("rate", "broken"), [(238.0, []), (239.0, ["compute"])])
def test_utilisation_lowers_the_capacity_and_nothing_else(rate: float, broken: list[str]) -> None:
    # the hub: rate * 0.5 * 4.2 Mop = rate * 2.1e6; 0.05 of 1e10 op/s are 5e8, reached at 238.1/s
    instance = toy2(nodes={"hub": {"max_utilisation": 0.05}}, rate=rate)
    result = account(instance, SPREAD)
    assert result.compute["hub"].capacity == pytest.approx(5e8)
    assert [violation.rule for violation in result.violations] == broken
    assert result.applications[0].latency == pytest.approx(7.833e-3)


def test_utilisation_of_measured_blocks_is_busy_time() -> None:
    # the hub is busy for 0.5 * 1 ms a sample: at 100/s for 0.05 of the time
    for rate, broken in ((100.0, []), (100.1, ["compute"])):
        nodes = {"hub": {"device": "nano", "max_utilisation": 0.05}}
        assert rules(toy2(nodes=nodes, profiles=(nano(),), rate=rate), SPREAD) == broken


def test_waiting_stretches_computing_and_costs_nothing() -> None:
    sharing = {"max_utilisation": 0.75, "waiting": "processor-sharing"}
    (app,) = account(toy2(nodes={"hub": sharing}), SPREAD).applications
    # b2 and x2 take 0.42 ms / (1 - 0.75) = 1.68 ms on the hub: 1.1 + 1.68 + 0.103
    assert app.compute_latency == pytest.approx(2.883e-3)
    assert app.communication_latency == pytest.approx(6.21e-3)
    assert app.energy == pytest.approx(5.69e-3)
    (app,) = account(toy2(nodes={"hub": sharing}, latency="mean"), SPREAD).applications
    assert app.compute_latency == pytest.approx(1.1e-3 + 0.5 * 1.68e-3 + 0.25 * 0.103e-3)


def test_waiting_stretches_what_was_measured() -> None:
    sharing = {"device": "nano", "max_utilisation": 0.5, "waiting": "processor-sharing"}
    result = account(toy2(nodes={"hub": sharing}, profiles=(nano(),)), SPREAD)
    # 1 ms becomes 2 ms; the busy time stays
    assert result.applications[0].compute_latency == pytest.approx(1.1e-3 + 2e-3 + 0.103e-3)
    assert result.compute["hub"].used == pytest.approx(1.5e7)


# ---------------------------------------------------------------- transfers and allowed nodes


def test_a_transfer_costs_once_per_hop_and_sample() -> None:
    data = copy.deepcopy(TOY) | {"version": 2}
    data["links"][0]["energy_per_transfer"] = 4e-3
    (app,) = account(Instance.model_validate(data), SPREAD).applications
    # half of the samples cross phone->hub: 0.5 * 4 mJ besides 0.1 mJ for their bits
    assert app.link_energy == pytest.approx({"phone->hub": 2.1e-3, "hub->cloud": 2.5e-6})
    assert app.communication_energy == pytest.approx(2.1025e-3)
    assert app.latency == pytest.approx(7.833e-3)


def test_a_block_runs_where_it_is_allowed() -> None:
    assert rules(toy2(allowed={"b2": ["hub", "phone"], "b3": ["cloud"]}), SPREAD) == []
    (violation,) = account(toy2(allowed={"b2": ["cloud", "phone"]}), SPREAD).violations
    assert str(violation) == (
        "application 'app': block 'b2' runs on 'hub', which is not among the nodes allowed for it"
    )


def test_a_block_that_is_not_computed_may_be_restricted() -> None:
    early = replace(SPREAD, configuration=1, nodes=("phone", "hub"), routes=((), UP))
    assert rules(toy2(allowed={"b3": ["phone"]}, min_accuracy=0.7), early) == []


# ---------------------------------------------------------------- results


def test_the_result_of_the_final_exit_returns_to_the_source() -> None:
    result = account(toy2(links=DOWN, bits={"x3": 400.0}, result_to="source", max_latency=0.1), SPREAD)
    (app,) = result.applications
    # the 0.25 that go all the way send 400 bit over cloud->hub (10 nJ/bit) and hub->phone (200 nJ/bit)
    assert app.link_energy == pytest.approx(
        {"phone->hub": 1e-4, "hub->cloud": 2.5e-6, "cloud->hub": 1e-6, "hub->phone": 2e-5}
    )
    # 3/s * 0.25 * 400 bit
    assert result.bandwidth["hub->phone"].used == result.bandwidth["cloud->hub"].used == pytest.approx(300)
    # 400 / 1e7 + 5 ms + 400 / 1e6 + 2 ms = 7.44 ms after the 6.21 ms on the way there
    assert app.communication_latency == pytest.approx(13.65e-3)
    assert app.compute_latency == pytest.approx(1.623e-3)


def test_in_the_mean_every_result_counts_with_its_share() -> None:
    bits = {"x1": 5000.0, "x2": 1000.0, "x3": 400.0}
    instance = toy2(links=DOWN, bits=bits, result_to="source", latency="mean")
    (app,) = account(instance, SPREAD).applications
    # x1 is on the phone already. x2, of 0.25: 1000 / 1e6 + 2 ms = 3 ms. x3, of 0.25: 7.44 ms as above
    assert app.communication_latency == pytest.approx(1.8525e-3 + 0.25 * 3e-3 + 0.25 * 7.44e-3)
    # hub->phone: 0.25 * 1000 bit and 0.25 * 400 bit at 200 nJ/bit
    assert app.link_energy["hub->phone"] == pytest.approx(7e-5)
    assert app.compute_latency == pytest.approx(1.33575e-3)


def test_the_worst_sample_may_be_one_that_leaves_early_with_a_large_result() -> None:
    instance = toy2(links=DOWN, bits={"x2": 20000.0, "x3": 400.0}, result_to="source", max_latency=0.1)
    (app,) = account(instance, SPREAD).applications
    # out at x2: 1.1 + 0.42 ms of computing, 1.2 ms to the hub, 20000 / 1e6 + 2 ms back: 24.72 ms in all,
    # and not 1.623 + 6.21 + 7.44 = 15.273 ms as at x3
    assert app.compute_latency == pytest.approx(1.52e-3)
    assert app.communication_latency == pytest.approx(23.2e-3)
    late = toy2(links=DOWN, bits={"x2": 20000.0, "x3": 400.0}, result_to="source", max_latency=0.0247)
    assert rules(late, SPREAD) == ["latency"]


def test_an_early_result_that_is_small_is_never_the_last() -> None:
    instance = toy2(links=DOWN, bits={"x2": 400.0, "x3": 400.0}, result_to="source", max_latency=0.1)
    assert account(instance, SPREAD).applications[0].latency == pytest.approx(15.273e-3)


def test_results_may_go_elsewhere_and_nobody_needs_them_by_default() -> None:
    (app,) = account(
        toy2(bits={"x1": 100.0}, result_to="hub", max_latency=0.1, links=DOWN), SPREAD
    ).applications
    # x1, of one half, from the phone to the hub; x3 of 0 bit from the cloud takes 5 ms
    assert app.link_energy["phone->hub"] == pytest.approx(1e-4 + 0.5 * 100 * 1e-7)
    assert app.communication_latency == pytest.approx(6.21e-3 + 5e-3)
    assert account(toy2(bits={"x1": 100.0}), SPREAD).applications == account(toy(), SPREAD).applications


def test_a_result_that_is_where_it_should_be_costs_nothing() -> None:
    with_result = toy2(bits={"x1": 1e4, "x2": 1e4, "x3": 1e4}, result_to="source", max_latency=0.1)
    assert account(with_result, HOME).applications == account(toy(max_latency=0.1), HOME).applications


def back_over(*links: dict[str, Any]) -> dict[str, float]:
    """Joules of results by link from hub to phone, where that of x3, 400 bit, comes by; x2 sends 0 bit."""
    instance = toy2(links=(DOWN[0], *links), bits={"x3": 400.0}, result_to="source", max_latency=0.1)
    energy = account(instance, SPREAD).applications[0].link_energy
    return {link: joules for link, joules in energy.items() if link.startswith("hub->phone") and joules}


def test_of_routes_that_take_the_same_the_result_takes_the_one_of_least_energy() -> None:
    # 0.25 * 400 bit at 200 nJ/bit
    assert back_over(*BACK) == pytest.approx({"hub->phone": 2e-5})
    twin = BACK[0] | {"energy": 1e-7}
    assert back_over(*BACK, twin) == pytest.approx({"hub->phone#2": 1e-5})
    # 400 bit save 40 uJ there, a transfer of 41 uJ takes them back
    assert back_over(*BACK, twin | {"energy_per_transfer": 4.1e-5}) == pytest.approx({"hub->phone": 2e-5})


def test_of_routes_that_are_equal_in_all_the_result_takes_the_first_by_name() -> None:
    assert back_over(*BACK, *BACK) == pytest.approx({"hub->phone": 2e-5})


def test_a_faster_route_comes_before_a_cheaper_one() -> None:
    free = BACK[0] | {"energy": 0.0, "delay": 2.001e-3}
    assert back_over(free, *BACK) == pytest.approx({"hub->phone#2": 2e-5})


def test_a_result_does_not_cross_private_nodes_of_others() -> None:
    """Over the laptop it would be faster, but that serves nobody but itself."""
    by_laptop = {"source": "hub", "target": "laptop", "bandwidth": 1e9, "energy": 0.0}
    assert back_over(*BACK, by_laptop) == pytest.approx({"hub->phone": 2e-5})
    assert "result" in rules(toy2(links=(DOWN[0], by_laptop), result_to="source"), SPREAD)


def test_a_result_without_a_way_is_named() -> None:
    found = account(toy2(result_to="source"), SPREAD)
    assert [str(violation) for violation in found.violations if violation.rule == "result"] == [
        "application 'app': the result of exit 'x2' has no way from 'hub' to 'phone'",
        "application 'app': the result of exit 'x3' has no way from 'cloud' to 'phone'",
    ]
    assert found.applications == ()


def test_a_result_that_fills_a_link_is_an_overload() -> None:
    # 3/s * 0.25 * 400 bit on hub->phone, which manages 299 bit/s
    thin = (DOWN[0], BACK[0] | {"bandwidth": 299.0})
    found = account(toy2(links=thin, bits={"x3": 400.0}, result_to="source", max_latency=10.0), SPREAD)
    assert [(v.rule, v.object_id) for v in found.violations] == [("bandwidth", "hub->phone")]
    assert found.violations[0].figure == pytest.approx(300)


# ---------------------------------------------------------------- shared weights


def test_applications_share_the_weights_of_blocks_and_exits() -> None:
    data = copy.deepcopy(TOY) | {"version": 2}
    data["models"][0]["shared_weights"] = True
    data["applications"].append(data["applications"][0] | {"id": "more"})
    fewer = replace(SPREAD, application="more", configuration=2)
    result = account(Instance.model_validate(data), SPREAD, fewer)
    # both hold b1 and x1 on the phone and b3 and x3 in the cloud; x2 is enabled in one of them: 20 + 2
    used = {name: load.used for name, load in result.memory.items()}
    assert used == {"phone": 11, "hub": 22, "cloud": 44, "laptop": 0}


def test_on_every_node_there_is_a_copy() -> None:
    data = copy.deepcopy(TOY) | {"version": 2}
    data["models"][0]["shared_weights"] = True
    data["applications"].append(data["applications"][0] | {"id": "more"})
    nodes, routes = ("hub", "hub", "cloud"), (UP, (), ON)
    result = account(
        Instance.model_validate(data), SPREAD, replace(SPREAD, application="more", nodes=nodes, routes=routes)
    )
    # the hub holds b1 and x1 of one of them, 10 + 1, and b2 and x2 of both, 20 + 2
    used = {name: load.used for name, load in result.memory.items()}
    assert used == {"phone": 11, "hub": 33, "cloud": 44, "laptop": 0}
