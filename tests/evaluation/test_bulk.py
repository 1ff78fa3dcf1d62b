"""Evaluation in arrays says what exact evaluation says: the same verdicts and words, and the same figures."""

from __future__ import annotations

import math
import pickle
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import finopt
from finopt import ApplicationPlacement, ApplicationTable, Instance, Placement
from finopt.evaluation.account import Evaluation
from finopt.evaluation.bulk import evaluate_table
from finopt.evaluation.evaluate import BULK_FROM, evaluate_exactly
from finopt.evaluation.loads import Load
from finopt.evaluation.sums import exact_sum, sums
from finopt.problem.placement_table import PlacementTable
from finopt.problem.tolerances import LIMIT_TOLERANCE
from tests.random_instances import joint_instance, random_instance


def crowd(seed: int, count: int = 12) -> Instance:
    """A random instance with more applications, of all sizes; every third is so loose that nothing binds."""
    rng = random.Random(seed)
    loose = seed % 3 == 0
    data = (joint_instance(seed) if seed % 2 else random_instance(seed)).model_dump()
    first = data["applications"][0]
    applications = [
        first
        | {
            "id": f"h{i}",
            "rate": first["rate"] * (1e-6 if loose else rng.choice((0.01, 0.3, 1.0, 2.0))),
            "max_latency": 1e9 if loose else first["max_latency"] * rng.choice((0.5, 1.0, 3.0, 1e6)),
            "min_accuracy": rng.choice((0.0, first["min_accuracy"])),
            "latency": rng.choice(("worst", "mean")),
            "pinned": first["pinned"] if rng.random() < 0.3 and not loose else {},
        }
        for i in range(count)
    ]
    if loose:
        data["nodes"] = [node | {"shared": True, "memory": None} for node in data["nodes"]]
    return Instance.model_validate(data | {"applications": applications})


def placements(instance: Instance, seed: int, trouble: float) -> tuple[ApplicationPlacement, ...]:
    """A placement of every application; some of them broken in one way or another."""
    rng = random.Random(seed)
    placed = []
    for application in instance.applications:
        one = _connected(instance, application, rng)
        placed.append(_broken(one, instance, rng) if rng.random() < trouble else one)
    if rng.random() < trouble:
        placed.pop(rng.randrange(len(placed)))
    if rng.random() < trouble:
        placed.insert(rng.randrange(len(placed)), rng.choice(placed))
    if rng.random() < trouble:
        placed += [replace(rng.choice(placed), application=name) for name in ("nobody", "else", "nobody")]
    return tuple(placed)


def _connected(
    instance: Instance, application: finopt.Application, rng: random.Random
) -> ApplicationPlacement:
    """Blocks on random nodes that can be reached, mostly staying where they are."""
    model = instance.model_of(application)
    choices = instance.admissible(application) or range(len(model.configurations))
    c = rng.choice(list(choices))
    here, nodes, routes = application.source, [], []
    for _ in range(model.final_block(model.configurations[c]) + 1):
        reached = _routes(instance, here) if rng.random() < 0.4 else {here: ()}
        here = rng.choice(sorted(reached))
        nodes.append(here)
        routes.append(reached[here])
    return ApplicationPlacement(application.id, c, tuple(nodes), tuple(routes))


def _routes(instance: Instance, source: str) -> dict[str, tuple[str, ...]]:
    routes: dict[str, tuple[str, ...]] = {source: ()}
    waiting = deque([source])
    while waiting:
        here = waiting.popleft()
        for link in instance.directed_links:
            if link.source == here and link.target not in routes:
                routes[link.target] = (*routes[here], link.id)
                waiting.append(link.target)
    return routes


def _broken(one: ApplicationPlacement, instance: Instance, rng: random.Random) -> ApplicationPlacement:
    nodes, routes, at = list(one.nodes), list(one.routes), rng.randrange(len(one.nodes))
    links = [link.id for link in instance.directed_links]
    match rng.randrange(8):
        case 0:
            return replace(one, configuration=rng.choice((-1, 0, 1, 99)))
        case 1:
            nodes[at] = rng.choice((*instance.node_by_id, "nowhere"))
        case 2:
            routes[at] = (*routes[at], rng.choice((*links, "no->way")))
        case 3:
            routes[at] = tuple(rng.choices(links, k=3)) if links else ()
        case 4:
            nodes, routes = nodes[:-1], routes[:-1]
        case 5:
            nodes, routes = [*nodes, nodes[-1]], [*routes, ()]
        case 6:
            nodes = rng.choices(list(instance.node_by_id), k=len(nodes))
        case 7:
            routes[at] = routes[at][::-1]
    return replace(one, nodes=tuple(nodes), routes=tuple(routes))


def assert_same(bulk: Evaluation, exact: Evaluation) -> None:
    """Equal verdicts in equal words and order; figures equal to 1e-12."""
    assert bulk.violations == exact.violations
    assert bulk.objective == pytest.approx(exact.objective, rel=1e-12, abs=0, nan_ok=True)
    assert tuple(bulk.applications) == exact.applications
    latency = [item.latency for item in exact.applications]
    power = [item.power for item in exact.applications]
    columns: Any = bulk.applications
    np.testing.assert_allclose(columns.latency, latency, rtol=1e-12, atol=0)
    np.testing.assert_allclose(columns.power, power, rtol=1e-12, atol=0)
    for name in ("carbon", "cost"):
        figures = [getattr(item, name) for item in exact.applications]
        np.testing.assert_allclose(getattr(columns, name), figures, rtol=1e-12, atol=0)
        total = getattr(exact, name)
        assert getattr(bulk, name) == pytest.approx(total, rel=1e-12, abs=0, nan_ok=True)
    for name in ("compute", "memory", "bandwidth"):
        mine: Mapping[str, Load] = getattr(bulk, name)
        theirs: Mapping[str, Load] = getattr(exact, name)
        assert list(mine) == list(theirs)
        for key, load in theirs.items():
            assert mine[key].capacity == load.capacity
            assert mine[key].used == pytest.approx(load.used, rel=1e-12, abs=0)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("trouble", [0.0, 0.3, 1.0])
def test_bulk_and_exact_evaluation_agree(seed: int, trouble: float) -> None:
    instance = crowd(seed)
    placed = placements(instance, seed, trouble)
    exact = evaluate_exactly(instance, placed)
    assert_same(evaluate_table(instance, PlacementTable.of(placed)), exact)
    columnar = instance.model_copy(update={"applications": ApplicationTable.of(instance.applications)})
    assert_same(evaluate_table(columnar, PlacementTable.of(placed)), exact)


def test_the_random_placements_break_every_rule_and_keep_them_all() -> None:
    broken, clean = set(), 0
    for seed in range(30):
        instance = crowd(seed)
        for trouble in (0.0, 0.3, 1.0):
            found = evaluate_exactly(instance, placements(instance, seed, trouble)).violations
            broken |= {violation.rule for violation in found}
            clean += not found
    assert broken == {
        *("placed", "configuration", "blocks", "node", "link", "accuracy", "route", "private", "pin"),
        *("latency", "compute", "memory", "bandwidth"),
    }
    assert clean


@pytest.mark.parametrize("seed", range(30))
def test_figures_from_one_end_of_the_range_to_the_other(seed: int) -> None:
    rng = random.Random(seed)
    data = crowd(seed).model_dump()
    for key in ("nodes", "links", "applications"):
        for item in data[key]:
            for name in ("compute", "power", "memory", "bandwidth", "energy", "delay", "rate", "max_latency"):
                if item.get(name):
                    item[name] = 10 ** rng.uniform(-21, 21)
    for block in data["models"][0]["blocks"]:
        block |= {"ops": 10 ** rng.uniform(-21, 21), "output_bits": 10 ** rng.uniform(-21, 21)}
    for configuration in data["models"][0]["configurations"]:
        most = rng.choice((2**-53, 2**-30))  # hardly any sample stays
        early = [1 - most, most * (1 - most), *[0.0] * len(configuration["exits"])]
        configuration["shares"] = [*early[: len(configuration["exits"]) - 1], 0.0]
    assert_same_for(data, placements(Instance.model_validate(data), seed, trouble=0.1))


# ---------------------------------------------------------------- on the very limit


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("steps", [-2, -1, 0, 1, 2])
def test_limits_within_a_rounding_of_the_tolerance_are_decided_exactly(seed: int, steps: int) -> None:
    instance = crowd(seed)
    placed = placements(instance, seed, trouble=0.0)
    loose = evaluate_exactly(instance, placed)
    data = instance.model_dump()
    for application, figures in zip(data["applications"], loose.applications, strict=True):
        application["max_latency"] = on_the_edge(figures.latency, steps) or 1.0
    assert_same_for(data, placed)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("steps", [-2, -1, 0, 1, 2])
def test_loads_within_a_rounding_of_the_tolerance_are_decided_exactly(seed: int, steps: int) -> None:
    instance = crowd(seed)
    placed = placements(instance, seed, trouble=0.0)
    loads = evaluate_exactly(instance, placed)
    data = instance.model_dump()
    for application in data["applications"]:
        application["max_latency"] = 1e9
    for node in data["nodes"]:
        node["memory"] = on_the_edge(loads.memory[node["id"]].used, steps)
        node["compute"] = on_the_edge(loads.compute[node["id"]].used, steps) or 1.0
    for link in data["links"]:
        if not link["bidirectional"]:  # the two directions carry different loads
            used = loads.bandwidth.get(f"{link['source']}->{link['target']}", Load(1.0, None)).used
            link["bandwidth"] = on_the_edge(used, steps) or 1.0
    assert_same_for(data, placed)


def assert_same_for(data: dict[str, Any], placed: tuple[ApplicationPlacement, ...]) -> None:
    instance = Instance.model_validate(data)
    bulk = evaluate_table(instance, PlacementTable.of(placed))
    assert_same(bulk, evaluate_exactly(instance, placed))


def on_the_edge(figure: float, steps: int) -> float:
    """The limit that the figure exceeds by the tolerance, give or take some roundings."""
    limit = float(Fraction(figure) / (1 + LIMIT_TOLERANCE))
    for _ in range(abs(steps)):
        limit = math.nextafter(limit, math.copysign(math.inf, steps))
    return limit if limit > 1e-21 else 0.0


def test_both_sides_of_the_edge_are_met() -> None:
    """The test before this one is about something: one step decides."""
    verdicts = set()
    for steps in (-2, 2):
        instance = crowd(3)
        placed = placements(instance, 3, trouble=0.0)
        data = instance.model_dump()
        figures = evaluate_exactly(instance, placed).applications
        for application, item in zip(data["applications"], figures, strict=True):
            application["max_latency"] = on_the_edge(item.latency, steps)
        found = evaluate_table(Instance.model_validate(data), PlacementTable.of(placed)).violations
        verdicts.add("latency" in {violation.rule for violation in found})
    assert verdicts == {True, False}


# ---------------------------------------------------------------- many applications


def many(count: int) -> tuple[Instance, tuple[ApplicationPlacement, ...]]:
    """One random instance with many applications, and where they run."""
    instance = crowd(5, count)
    return instance, placements(instance, 5, trouble=0.01)


def test_evaluate_takes_arrays_for_many_applications_and_says_the_same() -> None:
    instance, placed = many(BULK_FROM + 50)
    found = finopt.evaluate(instance, Placement(placed))
    assert not isinstance(found.applications, tuple)
    assert_same(found, evaluate_exactly(instance, placed))
    assert finopt.evaluate(instance, Placement(PlacementTable.of(placed))) == found
    assert isinstance(finopt.evaluate(*few()).applications, tuple)


def few() -> tuple[Instance, Placement]:
    instance, placed = many(5)
    return instance, Placement(PlacementTable.of(placed))


def test_what_fits_no_table_is_evaluated_all_the_same() -> None:
    instance, placed = many(BULK_FROM)
    odd = (replace(placed[0], routes=(*placed[0].routes, ())), *placed[1:])
    assert finopt.evaluate(instance, Placement(odd)) == evaluate_exactly(instance, odd)


def test_an_evaluation_of_many_comes_back_from_pickling() -> None:
    instance, placed = many(BULK_FROM)
    found = finopt.evaluate(instance, Placement(placed))
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert again.applications[-1] == found.applications[-1]
    assert found.applications[1:3] == (found.applications[1], found.applications[2])


# ---------------------------------------------------------------- sums


def test_sums_keep_their_error_bound() -> None:
    rng = np.random.default_rng(0)
    group = rng.integers(0, 40, 100_000)
    values = 10 ** rng.uniform(-12, 9, len(group)) * (group % 7 > 0)
    total, error = sums(group, values, 41)
    for g in range(41):
        exact = sum(map(Fraction, values[group == g].tolist()), Fraction(0))
        assert exact == exact_sum(values[group == g])
        assert abs(Fraction(float(total[g])) - exact) <= Fraction(float(error[g]))
        assert error[g] <= 1e-14 * total[g]


def test_sums_of_nothing() -> None:
    total, error = sums(np.empty(0, dtype=int), np.empty(0), 2)
    assert total.tolist() == error.tolist() == [0.0, 0.0]
    assert exact_sum(np.empty(0)) == 0
