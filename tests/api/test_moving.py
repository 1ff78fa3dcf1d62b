"""Moving by hand: what is charged, what is not, what is refused, and what a previous answer is good for."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

import finopt
from finopt import ApplicationPlacement, Instance, InstanceError, Moving, Placement, Result
from finopt.heuristics.joint.column_generation import ColumnGeneration
from finopt.problem.moving import Before, moved_blocks
from finopt.problem.options import OptionError
from finopt.problem.status import Status, Termination
from tests.command_line import SMALL
from tests.conformance import methods
from tests.heuristics.joint.distributed.executors import AtOnce

HOME = Placement((ApplicationPlacement("app", 1, ("device", "device"), ((), ())),))
MIXED = Placement((ApplicationPlacement("app", 1, ("device", "edge"), ((), ("device->edge",))),))


def small(**changed: Any) -> Instance:
    """The instance of tests/command_line.py with 1 MB of weights in block b2 and 1 kB in its exit."""
    data = Instance.model_validate(SMALL).model_dump()
    (model,), (application,) = data["models"], data["applications"]
    model["blocks"][1]["memory"], model["exits"][1]["memory"] = 1e6, 1e3
    application.update({"max_latency": 1.0, **changed})
    return Instance.model_validate(data)


def both_heavy() -> Instance:
    """The same with weights in block b1 too."""
    instance = small()
    first, *others = instance.models[0].blocks
    model = instance.models[0].replace(blocks=[first.replace(memory=1.0), *others])
    return instance.replace(models=[model])


CHARGE = 8 * (1e6 + 1e3) * 1e-8
"""Joules of sending b2 and the exit behind it over the link."""


@methods()
def test_what_is_charged_decides(method: str) -> None:
    """b2 costs 102 mJ at home and 52.5 mJ on the edge server; bringing it there costs 80 mJ once."""
    patient = finopt.solve(small(), method, previous=HOME, moving=Moving(3600))
    hurried = finopt.solve(small(), method, previous=HOME, moving=Moving(1.0))
    for result, nodes, horizon in ((patient, ("device", "edge"), 3600), (hurried, ("device", "device"), 1)):
        if result.status is Status.OPTIMAL:
            assert result.placement is not None and result.evaluation is not None
            assert result.placement.applications[0].nodes == nodes
            moved = nodes[1] == "edge"
            power = 0.0525 if moved else 0.102
            assert result.evaluation.moving == pytest.approx(CHARGE / horizon if moved else 0.0)
            assert result.evaluation.power == pytest.approx(power)
            assert result.objective == pytest.approx(power + result.evaluation.moving)
            assert result.stats["moved"] == int(moved)
    assert CHARGE / 1.0 > 0.102 - 0.0525 > CHARGE / 3600


def test_staying_costs_nothing_and_without_a_horizon_nothing_does() -> None:
    stays = finopt.solve(small(), previous=MIXED, moving=Moving(1.0))
    assert (stays.objective, stays.stats["moved"]) == (pytest.approx(0.0525), 0)
    moves = finopt.solve(small(), previous=HOME)
    assert (moves.objective, moves.stats["moved"]) == (pytest.approx(0.0525), 1)
    assert "moved" not in finopt.solve(small()).stats


def test_what_lay_nowhere_comes_with_the_application() -> None:
    """Configuration 0 before: its exit is the same; a model that nobody ran costs nothing."""
    other = small().with_application("app", id="other")
    result = finopt.solve(other, previous=HOME, moving=Moving(1.0))
    assert (result.objective, result.stats["moved"]) == (pytest.approx(0.0525), 0)


def test_where_no_route_leads_it_cannot_run() -> None:
    """The link is one way: what lay on the edge server alone cannot come home."""
    edge = Placement((ApplicationPlacement("app", 1, ("edge", "edge"), (("device->edge",), ())),))
    instance = both_heavy()
    result = finopt.solve(instance, previous=edge, moving=Moving(1e9))
    assert result.placement is not None
    assert result.placement.applications[0].nodes == ("edge", "edge")
    asked = instance.after(Before.of(instance, edge, Moving(1e9)))
    (found, other) = finopt.evaluate(asked, HOME).violations
    assert found.rule == other.rule == "moving"
    assert str(found) == (
        "application 'app': block 'b1' cannot be brought to 'device': no route from any node that held it"
    )
    pinned = instance.with_application("app", pinned={"b1": "device"})
    result = finopt.solve(pinned, "labels", previous=edge, moving=Moving(1e9))
    assert result.status is Status.INFEASIBLE


def test_the_nearest_place_gives(tmp_path: Path) -> None:
    """Two applications of one model: the second finds the weights where the first has them."""
    one = small()
    both = one.replace(applications=[*one.applications, one.applications[0].replace(id="second")])
    previous = Placement(
        (MIXED.applications[0], ApplicationPlacement("second", 1, ("device", "device"), ((), ())))
    )
    result = finopt.solve(both, previous=previous, moving=Moving(1.0))
    assert result.objective == pytest.approx(2 * 0.0525)
    assert result.stats["moved"] == 0


def test_the_previous_answer_is_taken_where_nothing_better_was_found() -> None:
    result = finopt.solve(small(), "mcp", previous=MIXED)
    assert result.objective == pytest.approx(0.0525)
    assert result.placement == MIXED
    assert finopt.solve(small(), "milp", time_limit=0.0, previous=MIXED).status is Status.FEASIBLE
    late = finopt.solve(small(max_latency=0.005), "mcp", previous=MIXED)
    assert late.placement is None


def test_a_previous_result_gives_the_first_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = finopt.generate_fleet(60, 6, 2, 1, seed=4)
    before = finopt.solve(fleet, gap=0.01)
    assert before.stats["prices"]
    asked: list[Any] = []
    ask = ColumnGeneration._ask

    def noted(self: ColumnGeneration, price: Any) -> Any:
        asked.append(price)
        return ask(self, price)

    monkeypatch.setattr(ColumnGeneration, "_ask", noted)
    again = finopt.solve(fleet, gap=0.01, previous=before)
    assert not asked[0].any()
    assert sorted(asked[1][asked[1] > 0]) == sorted(row["price"] for row in before.stats["prices"])
    assert again.objective is not None and before.objective is not None
    assert again.objective <= before.objective * (1 + 1e-12)
    gone = [{"kind": "compute", "id": "gone", "price": 1.0, "unit": "op/s"}]
    other = finopt.solve(
        fleet,
        gap=0.01,
        previous=Result(
            Status.FEASIBLE, Termination.COMPLETED, "fin", placement=before.placement, stats={"prices": gone}
        ),
    )
    assert other.objective is not None


def test_an_application_that_is_gone_or_new_is_no_fault() -> None:
    previous = Placement((ApplicationPlacement("gone", 7, ("nowhere",), ((),)), HOME.applications[0]))
    asked = small().after(Before.of(small(), previous, Moving(1.0)))
    assert moved_blocks(asked, MIXED) == 1
    odd = Placement((ApplicationPlacement("app", 99, ("device", "nowhere"), ((), ())),))
    assert Before.of(small(), odd, None).places == {("net", "block", "b1"): {"device"}}


def test_what_cannot_be_is_refused() -> None:
    instance = small()
    with pytest.raises(OptionError, match="moving needs previous"):
        finopt.solve(instance, moving=Moving(1.0))
    with pytest.raises(OptionError, match="previous holds no placement"):
        finopt.solve(instance, previous=Result(Status.NO_SOLUTION, Termination.TIME_LIMIT, "fin"))
    with pytest.raises(TypeError, match="previous must be a Result or Placement, got str; read a file"):
        finopt.solve(instance, previous="plan.json")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"moving must be a finopt\.Moving or None, got int"):
        finopt.solve(instance, previous=HOME, moving=3600)  # type: ignore[arg-type]
    graph: Any = finopt.load(Path(__file__).parents[2] / "instances/orlib/rcsp1.txt")
    with pytest.raises(OptionError, match="previous is for an instance"):
        finopt.solve(graph, previous=HOME)
    for horizon, error in ((0.0, OptionError), (float("inf"), OptionError), ("1 h", TypeError)):
        with pytest.raises(error, match="horizon must be"):
            Moving(horizon)  # type: ignore[arg-type]
    fleet = finopt.generate_fleet(40, 6, 2, 1, seed=1)
    previous = finopt.solve(fleet, gap=0.1).placement
    with pytest.raises(InstanceError, match="moving blocks needs one solve"):
        finopt.solve(fleet, executor=AtOnce(), previous=previous, moving=Moving(1.0))


def test_the_question_travels_with_the_instance() -> None:
    asked = small().after(Before.of(small(), HOME, Moving(1.0)))
    again = pickle.loads(pickle.dumps(asked))
    assert again.moves and asked.with_application("app", rate=2.0).moves
    assert finopt.evaluate(again, MIXED).moving == pytest.approx(CHARGE)
    assert not small().moves


def test_what_limits_save_is_not_said_of_plans_that_are_charged_for_moving() -> None:
    instance = small()
    charged = finopt.solve(instance, previous=HOME, moving=Moving(3600))
    assert charged.stats["moving_horizon"] == 3600
    with pytest.raises(ValueError, match="was charged for moving blocks"):
        finopt.sensitivity(instance, charged)
    with pytest.raises(AttributeError, match="was charged for moving blocks"):
        _ = charged.sensitivity
    free = finopt.solve(instance, previous=HOME)
    assert "moving_horizon" not in free.stats
    assert finopt.sensitivity(instance, free) == free.sensitivity
