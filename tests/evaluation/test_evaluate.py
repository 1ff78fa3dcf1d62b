"""The cost model against arithmetic done by hand, and against the oracle.

The toy network and its figures are in `tests/toy.py`.
"""

from __future__ import annotations

import copy
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopt import ApplicationPlacement, Placement, evaluate
from finopt.evaluation.loads import Load
from finopt.problem.instance import Instance
from finopt.problem.model import reach
from tests.oracle import Task, every_choice, frontier, optimum
from tests.random_instances import binding_instance, random_instance
from tests.strategies import instances, names
from tests.toy import ON, REMOTE, SPREAD, TOY, account, toy

# ---------------------------------------------------------------- figures


def test_energy_and_worst_latency() -> None:
    result = account(toy(), SPREAD)
    (app,) = result.applications
    # 0.5 leave at x1 and 0.25 at x2: blocks are reached by 1, 0.5, 0.25 of the samples.
    # b1 + x1 on the phone: 1.1 Mop * 2 nJ = 2.2 mJ
    # b2 + x2 on the hub: 0.5 * 4.2 Mop * 1 nJ = 2.1 mJ
    # b3 + x3 in the cloud: 0.25 * 10.3 Mop * 0.5 nJ = 1.2875 mJ
    assert app.node_energy == pytest.approx({"phone": 2.2e-3, "hub": 2.1e-3, "cloud": 1.2875e-3})
    assert app.compute_energy == pytest.approx(5.5875e-3)
    # stage 1: 0.5 * 2000 bit * 100 nJ = 0.1 mJ; stage 2: 0.25 * 1000 bit * 10 nJ = 2.5 uJ
    assert app.link_energy == pytest.approx({"phone->hub": 1e-4, "hub->cloud": 2.5e-6})
    assert app.communication_energy == pytest.approx(1.025e-4)
    assert app.energy == pytest.approx(5.69e-3)
    # three samples a second: 3 * 5.69 mJ = 17.07 mW
    assert app.power == result.objective == pytest.approx(17.07e-3)
    # worst: 1.1 Mop / 1 Gop/s + 4.2 / 10 + 10.3 / 100 = 1.1 + 0.42 + 0.103 = 1.623 ms
    assert app.compute_latency == pytest.approx(1.623e-3)
    # 2000 bit / 1e7 + 1 ms + 1000 / 1e8 + 5 ms = 0.2 + 1 + 0.01 + 5 = 6.21 ms
    assert app.communication_latency == pytest.approx(6.21e-3)
    assert app.latency == pytest.approx(7.833e-3)
    assert (app.accuracy, app.configuration) == (0.9, 0)
    assert result.feasible


def test_mean_latency_weighs_each_term_with_its_reach() -> None:
    (app,) = account(toy(latency="mean"), SPREAD).applications
    # 1.1 + 0.5 * 0.42 + 0.25 * 0.103 = 1.33575 ms; 0.5 * 1.2 + 0.25 * 5.01 = 1.8525 ms
    assert app.compute_latency == pytest.approx(1.33575e-3)
    assert app.communication_latency == pytest.approx(1.8525e-3)
    assert app.energy == pytest.approx(5.69e-3)  # the energy is a mean in any case


def test_routes_of_several_hops_store_and_forward() -> None:
    (app,) = account(toy(), REMOTE).applications
    # 10000 bit * (100 + 10) nJ = 1.1 mJ, and 10000 / 1e7 + 1 ms + 10000 / 1e8 + 5 ms = 7.1 ms
    assert app.link_energy == pytest.approx({"phone->hub": 1e-3, "hub->cloud": 1e-4})
    assert app.communication_latency == pytest.approx(7.1e-3)
    # x1 and x3 are enabled, 0.4 leave at x1: 1.1 Mop + 0.6 * 4 Mop + 0.6 * 10.3 Mop = 9.68 Mop at 0.5 nJ
    assert app.node_energy == pytest.approx({"cloud": 4.84e-3})
    # (1.1 + 4 + 10.3) Mop / 100 Gop/s = 0.154 ms
    assert app.compute_latency == pytest.approx(0.154e-3)


def test_loads() -> None:
    result = account(toy(), SPREAD)
    # 3/s * 1.1 Mop; 3/s * 0.5 * 4.2 Mop; 3/s * 0.25 * 10.3 Mop
    used = {name: load.used for name, load in result.compute.items()}
    assert used == pytest.approx({"phone": 3.3e6, "hub": 6.3e6, "cloud": 7.725e6, "laptop": 0})
    assert result.compute["phone"].utilisation == pytest.approx(3.3e-3)
    # 10 + 1, 20 + 2, 40 + 4 byte, whatever the rate
    used = {name: load.used for name, load in result.memory.items()}
    assert used == {"phone": 11, "hub": 22, "cloud": 44, "laptop": 0}
    assert (result.memory["phone"].capacity, result.memory["hub"].capacity) == (1000.0, None)
    # 3/s * 0.5 * 2000 bit; 3/s * 0.25 * 1000 bit
    used = {name: load.used for name, load in result.bandwidth.items() if load.used}
    assert used == pytest.approx({"phone->hub": 3000, "hub->cloud": 750})


def test_utilisation_without_capacity() -> None:
    assert [Load(0, None).utilisation, Load(5, None).utilisation, Load(0, 0.0).utilisation] == [0, 0, 0]
    assert Load(5, 0.0).utilisation == math.inf
    assert Load(5, 20.0).utilisation == 0.25


def test_blocks_behind_the_final_exit_do_not_run() -> None:
    result = account(toy(min_accuracy=0.7), ApplicationPlacement("app", 1, ("phone", "phone"), ((), ())))
    # nobody leaves before x2: (1 + 4.2) Mop * 2 nJ = 10.4 mJ in 5.2 ms
    assert result.applications[0].energy == pytest.approx(10.4e-3)
    assert result.applications[0].latency == pytest.approx(5.2e-3)
    assert result.feasible


def test_reach() -> None:
    model = toy().models[0]
    shares = [[float(r) for r in reach(model, c)] for c in model.configurations]
    assert shares == [[1, 0.5, 0.25], [1, 1], [1, pytest.approx(0.6), pytest.approx(0.6)]]


def test_reach_of_shares_that_sum_to_one_only_up_to_rounding() -> None:
    data = copy.deepcopy(TOY)
    tenth = [0.1] * 3 + [0.7000000001]  # 1 + 1e-10: rounded by whoever measured it
    data["models"][0]["exits"] = [{"id": f"x{i}", "after": "b1"} for i in range(4)]
    data["models"][0]["exits"].append({"id": "end", "after": "b3"})
    configuration = {"exits": ["x0", "x1", "x2", "x3", "end"], "shares": [*tenth, 0.0], "accuracy": 0.9}
    data["models"][0]["configurations"] = [configuration]
    instance = Instance.model_validate(data)
    model = instance.models[0]
    assert reach(model, model.configurations[0]) == (1, 0, 0)
    assert account(instance, SPREAD).applications[0].link_energy["phone->hub"] == 0


def test_two_applications_add_up() -> None:
    data = copy.deepcopy(TOY)
    data["applications"].append({**TOY["applications"][0], "id": "other", "rate": 1.0})
    instance = Instance.model_validate(data)
    other = ApplicationPlacement("other", 0, SPREAD.nodes, SPREAD.routes)
    result = account(instance, SPREAD, other)
    assert result.feasible
    assert result.objective == pytest.approx(4 * 5.69e-3)
    assert result.compute["hub"].used == pytest.approx(8.4e6)
    assert result.memory["hub"].used == 44
    assert result.bandwidth["phone->hub"].used == pytest.approx(4000)


# ---------------------------------------------------------------- every violation, with its text and figure


def violations(instance: Instance, *placed: ApplicationPlacement) -> list[str]:
    return [f"{violation.rule}: {violation}" for violation in account(instance, *placed).violations]


def run(*nodes: str, routes: tuple[tuple[str, ...], ...], configuration: int = 0) -> ApplicationPlacement:
    return ApplicationPlacement("app", configuration, nodes, routes)


HOME = ((), (), ())


@pytest.mark.parametrize(
    ("placed", "texts"),
    [
        ((), ["placed: application 'app': is not placed"]),
        ((SPREAD, SPREAD), ["placed: application 'app': is placed 2 times"]),
        (
            (SPREAD, ApplicationPlacement("ghost", 0, (), ())),
            ["placed: application 'ghost': is not in the instance"],
        ),
        (
            (run("phone", routes=((),), configuration=3),),
            ["configuration: application 'app': configuration 3 does not exist, model 'dnn' has 3"],
        ),
        (
            (run("phone", routes=((),), configuration=-1),),
            ["configuration: application 'app': configuration -1 does not exist, model 'dnn' has 3"],
        ),
        (
            (run("phone", "phone", routes=((),) * 4),),
            [
                "blocks: application 'app': has 2 nodes for 3 blocks up to the final exit",
                "blocks: application 'app': has 4 routes for 3 blocks up to the final exit",
            ],
        ),
        (
            (run("phone", "moon", "hub", routes=((), ("phone->moon",), ())),),
            [
                "node: application 'app': uses node 'moon', which does not exist",
                "link: application 'app': uses link 'phone->moon', which does not exist",
            ],
        ),
        (
            (run("phone", "hub", "cloud", routes=((), (), ON)),),
            ["route: application 'app': the route at stage 1 ends on 'phone', block 1 runs on 'hub'"],
        ),
        (
            (run("phone", "cloud", "cloud", routes=((), ON, ())),),
            ["route: application 'app': at stage 1 the data are on 'phone' but cross link 'hub->cloud'"],
        ),
        (
            (run("hub", "hub", "hub", routes=HOME),),
            ["route: application 'app': the route at stage 0 ends on 'phone', block 0 runs on 'hub'"],
        ),
        (
            (run("hub", "hub", "hub", routes=(("phone->laptop", "laptop->hub"), (), ())),),
            ["private: application 'app': uses private node 'laptop', which is not its source"],
        ),
        (
            (run("laptop", "laptop", "laptop", routes=(("phone->laptop",), (), ())),),
            ["private: application 'app': uses private node 'laptop', which is not its source"],
        ),
        (
            (run("phone", "phone", routes=((), ()), configuration=1),),
            ["accuracy: application 'app': accuracy 0.7 is below the target 0.8"],
        ),
        (
            # 1.1 + 4.2 + 10.3 = 15.6 ms at home
            (run("phone", "phone", "phone", routes=HOME),),
            [
                "latency: application 'app': latency 0.0156 s exceeds the limit 0.01 s by 0.56 of it",
            ],
        ),
    ],
)
def test_violations(placed: tuple[ApplicationPlacement, ...], texts: list[str]) -> None:
    assert violations(toy(), *placed) == texts


def test_pins_and_pins_behind_the_final_exit() -> None:
    pinned = toy(pinned={"b1": "phone", "b3": "hub"}, min_accuracy=0.5)
    assert violations(pinned, SPREAD) == [
        "pin: application 'app': block 'b3' runs on 'cloud' but is pinned to 'hub'"
    ]
    assert violations(pinned, run("phone", "phone", routes=((), ()), configuration=1)) == []


def test_overloads() -> None:
    data = copy.deepcopy(TOY)
    data["nodes"][0]["memory"] = 10.0
    data["applications"][0] |= {"rate": 1000.0, "max_latency": 1.0}
    data["links"][0]["bandwidth"] = 5e5
    result = account(Instance.model_validate(data), SPREAD)
    # a thousand a second: phone 1.1 Gop/s of 1, link 1000 * 1000 bit/s of 0.5 Mbit/s, memory 11 of 10 byte
    assert [f"{v.rule}: {v}" for v in result.violations] == [
        "compute: node 'phone': compute load 1.1e+09 op/s exceeds the capacity 1e+09 op/s by 0.1 of it",
        "memory: node 'phone': memory load 11 byte exceeds the capacity 10 byte by 0.1 of it",
        "bandwidth: link 'phone->hub': bandwidth load 1000000 bit/s exceeds the capacity 500000 bit/s"
        " by 1 of it",
    ]
    assert [(v.kind, v.object_id, v.figure, v.limit) for v in result.violations] == [
        ("node", "phone", pytest.approx(1.1e9), 1e9),
        ("node", "phone", 11.0, 10.0),
        ("link", "phone->hub", pytest.approx(1e6), 5e5),
    ]
    assert not result.feasible
    data["nodes"][0]["memory"] = 0.0
    texts = violations(Instance.model_validate(data), SPREAD)
    assert "memory: node 'phone': memory load 11 byte exceeds the capacity 0 byte by 11" in texts


def test_figures_of_violations() -> None:
    result = account(toy(min_accuracy=0.95), run("phone", "phone", "phone", routes=HOME))
    accuracy, latency = result.violations
    assert (accuracy.figure, accuracy.limit) == (0.9, 0.95)
    assert (latency.figure, latency.limit) == (pytest.approx(0.0156), 0.01)
    assert result.objective == pytest.approx(3 * 2 * (1.1 + 0.5 * 4.2 + 0.25 * 10.3) * 1e-3)  # still told


def test_the_objective_of_an_incomplete_placement_is_no_number() -> None:
    assert math.isnan(account(toy()).objective)
    assert math.isnan(account(toy(), run("moon", "hub", "hub", routes=HOME)).objective)


# ---------------------------------------------------------------- against the oracle


@pytest.mark.parametrize("seed", range(40))
def test_evaluate_agrees_with_the_oracle(seed: int) -> None:
    instance = random_instance(seed)
    task = Task(instance, instance.applications[0])
    for choice in frontier(task):
        result = account(instance, task.placed(choice))
        assert result.objective == pytest.approx(float(task.rate * choice.energy), rel=1e-12)
        assert result.applications[0].latency == pytest.approx(float(choice.latency), rel=1e-12)
        late = ["latency"] if choice.latency > task.limit else []
        assert [v.rule for v in result.violations] == late


@pytest.mark.parametrize("seed", range(6))
def test_loads_agree_with_the_oracle(seed: int) -> None:
    instance = binding_instance(seed)
    task = Task(instance, instance.applications[0])
    for choice in list(every_choice(task))[:300]:
        result = account(instance, task.placed(choice))
        shown = {("compute", n): load.used for n, load in result.compute.items()}
        shown |= {("memory", n): load.used for n, load in result.memory.items()}
        shown |= {("bandwidth", k): load.used for k, load in result.bandwidth.items()}
        loads = {name: float(load) for name, load in task.loads(choice).items()}
        assert {k: v for k, v in shown.items() if v} == pytest.approx({k: v for k, v in loads.items() if v})


@given(instances(), st.data())
def test_broken_placements_never_crash_and_nothing_feasible_beats_the_optimum(
    instance: Instance, data: st.DataObject
) -> None:
    nodes = st.sampled_from([*instance.node_by_id, "nowhere"])
    links = st.sampled_from([*instance.link_by_id, "a->b"])
    placed = st.builds(
        ApplicationPlacement,
        st.sampled_from(["app", "app", "app", "other"]) | names,
        st.integers(-1, 3),
        st.lists(nodes, max_size=4).map(tuple),
        st.lists(st.lists(links, max_size=2).map(tuple), max_size=4).map(tuple),
    )
    placement = Placement(tuple(data.draw(st.lists(placed, max_size=3))))
    result = evaluate(instance, placement)
    for violation in result.violations:
        assert violation.text
    if result.feasible:
        best = optimum(instance).objective
        assert best is not None
        assert result.objective >= best * (1 - 1e-12)


@given(instances())
def test_staying_at_the_source_is_never_a_broken_route(instance: Instance) -> None:
    (application,) = instance.applications
    model = instance.models[0]
    for c, configuration in enumerate(model.configurations):
        count = model.final_block(configuration) + 1
        home = ApplicationPlacement("app", c, (application.source,) * count, ((),) * count)
        rules = {v.rule for v in account(instance, home).violations}
        assert rules <= {"accuracy", "latency", "pin"}
        pinned = set(application.pinned) & {block.id for block in model.blocks[:count]}
        assert ("pin" in rules) == any(application.pinned[b] != application.source for b in pinned)
