"""finopt.solve_partitions: what files it takes, and what it says of those that do not belong together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import finopt
from finopt.evaluation.bulk_partial import PartialLoads
from finopt.heuristics.joint.distributed import assigning
from finopt.problem.arrays import Network
from finopt.problem.errors import BackendError, InstanceError
from finopt.problem.instance import Instance
from finopt.problem.placement_table import PlacementTable
from tests.api.test_objective import alike
from tests.heuristics.joint.distributed.executors import AtOnce

SIZES = (60, 12, 3, 1)


def parts(seed: int = 0) -> list[Instance]:
    return list(finopt.generate_fleet_partitions(*SIZES, partitions=3, seed=seed))


def saved(folder: Path, instances: list[Instance]) -> list[Path]:
    paths = [folder / f"part{i}.json" for i in range(len(instances))]
    for path, instance in zip(paths, instances, strict=True):
        finopt.save(instance, path)
    return paths


def test_partitions_of_files_are_solved_like_the_whole(tmp_path: Path) -> None:
    saved(tmp_path, parts())
    whole = finopt.solve(finopt.generate_fleet(*SIZES), "fin")
    result = finopt.solve_partitions(tmp_path, executor=AtOnce(), results=tmp_path / "answers")
    assert result.placement is None
    assert max(result.bound, whole.bound) <= min(result.objective, whole.objective)
    assert result.objective == pytest.approx(whole.objective, rel=0.05)
    used: dict[str, float] = {}
    for path in sorted((tmp_path / "answers").iterdir()):
        instance, own = finopt.load(tmp_path / path.name), finopt.load(path)
        evaluation = finopt.evaluate(instance, own.placement)  # type: ignore[union-attr,arg-type]
        for loads in (evaluation.compute, evaluation.memory, evaluation.bandwidth):
            for name, load in loads.items():
                key = f"{loads!r:.12} {name}"
                used[key] = used.get(key, 0.0) + load.used
                assert load.capacity is None or used[key] <= load.capacity * (1 + 1e-9)


def test_another_objective_is_that_of_every_partition(tmp_path: Path) -> None:
    """Prices that make cost the energy; answers and their files say what they minimise."""
    saved(tmp_path, [alike(part) for part in parts()])
    energy = finopt.solve_partitions(tmp_path, executor=AtOnce())
    cost = finopt.solve_partitions(
        tmp_path, executor=AtOnce(), objective="cost", results=tmp_path / "answers"
    )
    assert cost.bound <= energy.objective * (1 + 1e-9)
    assert cost.objective >= energy.bound * (1 - 1e-9)
    assert (energy.minimised, cost.minimised) == ("energy", "cost")
    answers = [finopt.load(path) for path in (tmp_path / "answers").iterdir()]
    assert {answer.minimised for answer in answers} == {"cost"}  # type: ignore[union-attr]


def test_a_list_of_files_is_taken_too_and_relative_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = saved(tmp_path, parts())
    monkeypatch.chdir(tmp_path)
    by_folder = finopt.solve_partitions(tmp_path, executor=AtOnce())
    by_name = finopt.solve_partitions([path.name for path in paths], executor=AtOnce())
    assert (by_name.objective, by_name.bound) == (by_folder.objective, by_folder.bound)


def refused(tmp_path: Path, instances: list[Instance]) -> str:
    paths = saved(tmp_path, instances)
    with pytest.raises(InstanceError) as info:
        finopt.solve_partitions(paths, executor=AtOnce())
    return str(info.value)


def test_a_device_in_two_partitions_is_refused(tmp_path: Path) -> None:
    first, second, third = parts()
    told = refused(tmp_path, [first, second, third, second])
    assert "part3.json" in told and "part1.json has, too; each belongs in one" in told


def test_shared_nodes_must_agree(tmp_path: Path) -> None:
    first, second, third = parts()
    other = second.with_node("edge2", power=1.0)
    assert "with the same figures" in refused(tmp_path, [first, other, third])
    nodes = tuple(node for node in third.nodes if node.id != "cloud1")
    links = tuple(link for link in third.links if "cloud1" not in (link.source, link.target))
    told = refused(tmp_path, [first, second, third.replace(nodes=nodes, links=links)])
    assert "part2.json: must have the shared nodes of" in told


def test_a_broken_file_is_told_with_its_problems(tmp_path: Path) -> None:
    paths = saved(tmp_path, parts())
    paths[1].write_text("{}", encoding="utf-8")
    with ThreadPoolExecutor(2) as executor, pytest.raises(InstanceError, match=r"part1\.json: \d+ problem"):
        finopt.solve_partitions(paths, executor=executor)


@pytest.mark.parametrize(
    ("arguments", "kind", "told"),
    [
        ({"executor": None}, TypeError, "executor must be"),
        ({"executor": AtOnce(), "gap": -1}, ValueError, "gap must be between 0 and 1"),
        ({"executor": AtOnce(), "time_limit": "soon"}, TypeError, "time_limit must be a number or None"),
    ],
)
def test_options_that_cannot_be(
    tmp_path: Path, arguments: dict[str, Any], kind: type[Exception], told: str
) -> None:
    saved(tmp_path, parts())
    with pytest.raises(kind, match=told):
        finopt.solve_partitions(tmp_path, **arguments)


def test_no_files_and_files_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no \.json"):
        finopt.solve_partitions(tmp_path, executor=AtOnce())
    with pytest.raises(ValueError, match=r"these come twice: a\.json"):
        finopt.solve_partitions(["x/a.json", "y/a.json"], executor=AtOnce())


def test_partitions_that_together_overload_a_node_fail_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each alone keeps every limit; only the sum does not."""

    def everything(limit: Any, used: Any, size: Any) -> Any:
        return np.broadcast_to(limit, used.shape)

    monkeypatch.setattr(assigning, "allotted", everything)
    saved(tmp_path, parts(1))
    with pytest.raises(BackendError, match=r"fails the check: .*(edge|cloud)\d.*exceeds"):
        finopt.solve_partitions(tmp_path, executor=AtOnce(), results=tmp_path / "answers")


def test_partial_loads_are_those_of_the_evaluation_and_exact_where_asked() -> None:
    instance = finopt.generate_fleet(*SIZES)
    result = finopt.solve(instance, "fin")
    assert result.placement is not None and result.evaluation is not None
    table = PlacementTable.of(result.placement.applications)
    loads, network = PartialLoads(instance, table), Network.of(instance)
    used, error = loads.sums()
    evaluation = finopt.evaluate(instance, result.placement)
    kinds = (evaluation.compute, evaluation.memory, evaluation.bandwidth)
    expected = np.concatenate([[load.used for load in kind.values()] for kind in kinds])
    assert used.size == network.capacity.size
    assert (np.abs(used - expected) <= error + 1e-15 * expected).all()
    every = np.arange(used.size)
    exact = loads.exact(every)
    assert all(
        abs(Fraction(float(u)) - e) <= Fraction(float(d)) for u, e, d in zip(used, exact, error, strict=True)
    )
