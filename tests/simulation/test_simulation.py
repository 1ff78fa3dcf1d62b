"""Studies: the same for the same seed, intervals, load, advice, and what is refused."""

from __future__ import annotations

import _thread
import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("simpy")

import finopt
from finopt.problem.instance import Instance
from finopt.problem.options import OptionError
from finopt.problem.placement import Placement
from finopt.simulation import Estimate, Simulation, Study, simulate
from finopt.simulation import run as running
from finopt.simulation.advice import advice
from finopt.simulation.draws import draw
from finopt.simulation.flows import Flow
from tests.simulation.plans import at_home, one_server
from tests.version2_instances import version2_instance

BRIEF: dict[str, Any] = {"samples": 500, "replications": 3}


def test_the_same_seed_gives_the_same_answer() -> None:
    instance = one_server(3, rate=30.0)
    first, again = (simulate(instance, at_home(instance), **BRIEF) for _ in range(2))
    assert first == again
    assert first != simulate(instance, at_home(instance), **BRIEF, seed=1)


def test_what_arrives_does_not_depend_on_queues() -> None:
    instance = one_server(2, rate=30.0)
    counts = [
        [one.samples for one in simulate(instance, at_home(instance), **BRIEF, nodes=how).applications]
        for how in ("fifo", "processor-sharing", "none")
    ]
    assert counts[0] == counts[1] == counts[2]


def test_shares_and_energy_are_drawn_or_as_planned() -> None:
    instance = one_server(rate=10.0)
    drawn = simulate(instance, at_home(instance), samples=2000, replications=5).applications[0]
    even = simulate(instance, at_home(instance), samples=2000, replications=5, exits="even").applications[0]
    assert drawn.energy.half_width and drawn.energy.low <= drawn.planned_energy <= drawn.energy.high
    assert drawn.exits[0].share == pytest.approx(0.5, abs=0.03) and drawn.exits[0].share != 0.5
    assert even.energy.mean == pytest.approx(even.planned_energy, rel=1e-12)
    assert even.exits[0].share == pytest.approx(0.5, abs=3e-3)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        found = Estimate.of(rng.normal(3.0, 1.0, 5))
        covered += found.low <= 3.0 <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def test_estimates_of_little() -> None:
    assert Estimate.of([]) == Estimate.of([math.nan]) == Estimate(None, None)
    assert Estimate.of([2.0, math.nan]) == Estimate(2.0, None)
    assert math.isnan(Estimate.of([2.0]).high)


def test_one_replication_has_no_intervals() -> None:
    instance = one_server(rate=10.0)
    found = simulate(instance, at_home(instance), samples=100, replications=1)
    assert found.applications[0].latency.half_width is None


@pytest.mark.parametrize("share", [1.0, 1.5])
@pytest.mark.parametrize("nodes", ["fifo", "processor-sharing"])
def test_a_full_node_has_a_growing_backlog(share: float, nodes: str) -> None:
    instance = one_server(rate=share / 0.006)
    short, long = (
        simulate(instance, at_home(instance), nodes=nodes, samples=count, replications=4)
        for count in (500, 8000)
    )
    (before,), (after,) = short.nodes, long.nodes
    assert before.overloaded and after.overloaded
    assert after.backlog.mean > before.backlog.mean  # type: ignore[operator]
    assert after.utilisation.mean == pytest.approx(1.0, abs=0.05)
    assert after.most >= after.left.mean >= 0  # type: ignore[operator]


def test_without_queues_nothing_waits_however_full() -> None:
    instance = one_server(rate=500.0)
    found = simulate(instance, at_home(instance), nodes="none", **BRIEF)
    assert found.nodes[0].wait.mean == 0
    assert found.nodes[0].utilisation.mean == pytest.approx(3.0, rel=0.2)
    assert found.applications[0].p99.mean == pytest.approx(0.010)


def test_late_applications_get_advice_that_helps() -> None:
    """80 % full, 10 ms take 50 ms; 30 ms are 1 / (1 - 2/3) times 10 ms."""
    instance = one_server(rate=0.8 / 0.006, max_latency=0.03)
    found = simulate(instance, at_home(instance))
    (late,) = found.late
    assert late.advice == "max_utilisation of at most 0.666 on 'server', with waiting: processor-sharing"
    assert late.late_share.mean == pytest.approx(0.33, abs=0.1)
    lighter = instance.with_application("app0", rate=0.666 / 0.006)
    lighter = lighter.with_node("server", max_utilisation=0.666, waiting="processor-sharing")
    assert finopt.evaluate(lighter, at_home(lighter)).feasible
    assert not simulate(lighter, at_home(lighter)).late


def test_advice_for_a_mean_limit_weighs_the_exits() -> None:
    """6 ms in the mean, 12 ms are twice that."""
    instance = one_server(rate=0.8 / 0.006, max_latency=0.012, latency="mean")
    (late,) = simulate(instance, at_home(instance)).late
    assert "at most 0.5 on 'server'" in late.advice
    assert late.compared == late.latency


def test_who_is_late_alone_is_told_so() -> None:
    instance = one_server(rate=1.0, max_latency=0.005)
    (late,) = simulate(instance, at_home(instance), **BRIEF).late
    assert late.advice == "late without any load: a sample alone takes 10 ms"


def test_waiting_for_links_is_told_apart() -> None:
    found = simulate(*_over_a_link(rate=95.0, max_latency=0.012), samples=4000, replications=4)
    (late,) = found.late
    assert late.advice.startswith("it waits for links, longest for 'phone->server'")
    assert found.links[0].utilisation.mean == pytest.approx(0.76, rel=0.05)


def _over_a_link(**changes: Any) -> tuple[Instance, Placement]:
    """8 ms of sending to the server, then computing, which takes hardly any time."""
    data = one_server(**changes).model_dump()
    server = {**data["nodes"][0], "compute": 1e12}
    data["nodes"] = [server, {"id": "phone", "tier": "mobile", "compute": 1e9, "power": 1.0}]
    data["links"] = [{"source": "phone", "target": "server", "bandwidth": 1e8, "energy": 1e-9}]
    data["applications"] = [{**data["applications"][0], "source": "phone"}]
    routes = (("phone->server",), ())
    placed = finopt.ApplicationPlacement("app0", 0, ("server", "server"), routes)
    return Instance.model_validate(data), Placement((placed,))


def test_what_takes_no_time_does_not_queue() -> None:
    """A result of 0 bit passes a link that others fill; one exit of 0 op is done at once."""
    instance, placement = _over_a_link(rate=1.0)
    data = instance.model_dump()
    model = data["models"][0]
    blocks = [{**block, "ops": 0.0} for block in model["blocks"]]
    data["models"] = [{**model, "input_bits": 0.0, "blocks": blocks}]
    found = simulate(Instance.model_validate(data), placement, **BRIEF)
    assert found.applications[0].latency.mean == found.applications[0].p99.mean == 0.0
    assert [station.backlog.mean for station in (*found.nodes, *found.links)] == [0.0, 0.0]


def test_thousands_of_applications() -> None:
    instance = one_server(3000, rate=0.02)
    found = simulate(instance, at_home(instance), samples=6000, replications=2)
    assert len(found.applications) == 3000
    assert 11_000 < found.samples < 13_000
    none = [one for one in found.applications if not one.samples]
    assert none and all(one.latency == Estimate(None) and not one.late for one in none)


def test_fleets_with_their_own_placement() -> None:
    instance = finopt.generate_fleet(350, 20, 4, 1, seed=1)
    result = finopt.solve(instance, gap=1.0)
    found = simulate(instance, result, samples=2000, replications=2)
    assert [one.application for one in found.applications] == [one.id for one in instance.applications]
    assert max(node.planned_utilisation for node in found.nodes) <= 1


def test_what_is_measured_lies_in_the_window() -> None:
    instance = one_server(rate=10.0)
    found = simulate(instance, at_home(instance), horizon=20.0, warm_up=5.0, arrivals="deterministic")
    assert (found.warm_up, found.horizon, found.samples) == (5.0, 20.0, 2000)


def test_deterministic_arrivals_have_one_distance() -> None:
    flows = [Flow(0, "out", 1.0, (), 0.0, 0.0, 0.0, 0.0)]
    samples = draw(Study(arrivals="deterministic"), 0, np.array([4.0]), flows, 10.0)
    assert samples.time.size == 40
    assert np.diff(samples.time) == pytest.approx(np.full(39, 0.25))


def test_a_share_of_zero_is_never_drawn() -> None:
    flows = [
        Flow(number, name, share, (), 0.0, 0.0, 0.0, 0.0)
        for number in range(2)
        for name, share in (("a", 0.0), ("b", 0.25), ("c", 0.0), ("d", 0.75), ("e", 0.0))
    ]
    for arrivals in ("poisson", "deterministic"):
        samples = draw(Study(arrivals=arrivals), 0, np.array([1.0, 3.0]), flows, 1000.0)  # type: ignore[arg-type]
        counts = np.bincount(samples.flow, minlength=10).reshape(2, 5)
        assert not counts[:, [0, 2, 4]].any()
        assert counts[:, 1] / counts.sum(axis=1) == pytest.approx([0.25, 0.25], abs=0.05)


def test_ctrl_c_gives_the_replications_that_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    true = running.draw

    def interrupting(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 3:
            _thread.interrupt_main()
        return true(*arguments)

    instance = one_server(rate=10.0)
    monkeypatch.setattr(running, "draw", interrupting)
    found = simulate(instance, at_home(instance), samples=500, replications=5)
    assert found.interrupted and found.replications == 2
    monkeypatch.setattr(running, "draw", true)
    whole = simulate(instance, at_home(instance), samples=500, replications=2)
    assert found.applications == whole.applications


def test_ctrl_c_before_anything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = one_server(rate=10.0)
    monkeypatch.setattr(running, "draw", lambda *given: (_thread.interrupt_main(), draw(*given))[1])
    found = simulate(instance, at_home(instance), **BRIEF)
    assert found.interrupted and found.replications == found.samples == 0
    assert not found.late and found.applications[0].latency == Estimate(None)


def test_no_sample_in_the_window() -> None:
    instance = one_server(rate=1e-6)
    found = simulate(instance, at_home(instance), horizon=1e-3, replications=2)
    assert found.samples == 0
    assert found.applications[0].energy == Estimate(None)


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ({"arrivals": "bursty"}, "arrivals must be 'poisson' or 'deterministic', got 'bursty'"),
        ({"nodes": "lifo"}, "nodes must be 'processor-sharing' or 'fifo' or 'none'"),
        ({"samples": 0}, "samples must be between 1 and"),
        ({"samples": 10, "horizon": 1.0}, "samples and horizon say the same thing twice"),
        ({"horizon": 0.0}, "horizon must be above 0"),
        ({"warm_up": -1.0}, "warm_up must be at least 0"),
        ({"replications": 0}, "replications must be between 1"),
        ({"horizon": 1e12}, "samples per replication, 2000000 are possible: shorten"),
        ({"exits": "some"}, "exits must be 'drawn' or 'even'"),
    ],
)
def test_studies_that_cannot_be(study: dict[str, Any], words: str) -> None:
    instance = one_server()
    with pytest.raises(OptionError, match=words):
        simulate(instance, at_home(instance), **study)


def test_placements_that_are_wrong_are_refused_with_every_reason() -> None:
    instance = one_server(2)
    with pytest.raises(finopt.InstanceError, match="application 'app1': is not placed"):
        simulate(instance, Placement(at_home(instance).applications[:1]))
    odd = finopt.ApplicationPlacement("app0", 0, ("nowhere",) * 2, ((),) * 2)
    with pytest.raises(finopt.InstanceError, match="nowhere"):
        simulate(instance, Placement((odd, at_home(instance).applications[1])))


def test_a_result_without_a_placement_is_refused() -> None:
    instance = one_server(min_accuracy=0.99)
    with pytest.raises(finopt.InstanceError, match="there is none, the result states INFEASIBLE"):
        simulate(instance, finopt.solve(instance))


def test_a_plan_that_breaks_limits_is_simulated() -> None:
    instance = one_server(rate=300.0, max_latency=1e-3)
    found = simulate(instance, at_home(instance), **BRIEF)
    assert found.late and found.nodes[0].overloaded


def test_results_return_early_and_late() -> None:
    """Instances whose early result is later home than the final one, and others; figures are finite."""
    seen = 0
    for seed in range(32, 128, 5):
        instance = version2_instance(seed)
        result = finopt.solve(instance, "labels")
        if result.placement is not None and instance.applications[0].result_to:
            found = simulate(instance, result, samples=200, replications=2)
            assert all(math.isfinite(exit_.alone) for exit_ in found.applications[0].exits)
            seen += 1
    assert seen


def test_its_text_is_one_line() -> None:
    instance = one_server(rate=10.0)
    found = simulate(instance, at_home(instance), **BRIEF)
    assert isinstance(found, Simulation)
    assert repr(found).startswith("<Simulation of 1 application, ") and "3 replications: 0 late>" in repr(
        found
    )
    assert found.of("app0") is found.applications[0]
    with pytest.raises(KeyError):
        found.of("app1")


def test_advice_where_no_node_is_too_busy() -> None:
    """In order, a short visit waits for long ones on a node that is hardly used."""
    common = {"alone": 0.01, "computing": 0.01, "link_wait": 0.0, "slowest": ""}
    told = advice(limit=0.02, used={"a": 0.6, "b": 0.4}, **common)  # type: ignore[arg-type]
    assert told == "max_utilisation of at most 0.5 on 'a', with waiting: processor-sharing"
    told = advice(limit=0.02, used={"a": 0.2, "b": 0.4}, **common)  # type: ignore[arg-type]
    assert told.startswith("its nodes are used little enough for processor sharing")
