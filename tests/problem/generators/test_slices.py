"""Random instances with slices: what they add, and that everything else stays as it is drawn without."""

from __future__ import annotations

import finopt
from finopt.io import instance_file
from finopt.problem.status import Status
from tests.command_line import run


def test_slices_are_added_and_nothing_else() -> None:
    for seed in range(10):
        plain, sliced = (finopt.generate(8, 4, applications=2, seed=seed, slices=s) for s in (False, True))
        assert sliced.version == 2
        assert all(bool(node.slices) == node.shared for node in sliced.nodes)
        assert [node.replace(slices=()) for node in sliced.nodes] == list(plain.nodes)
        assert (sliced.links, sliced.models, sliced.applications) == (
            plain.links,
            plain.models,
            plain.applications,
        )
        assert "slices" not in plain.description
        assert "slices=True" in sliced.description
        assert sliced.name == f"{plain.name}-slices"


def test_tightness_means_what_it_means_without() -> None:
    for seed in range(10):
        feasible = finopt.solve(finopt.generate(6, 4, seed=seed, tightness=0.01, slices=True), "labels")
        late = finopt.solve(finopt.generate(6, 4, seed=seed, tightness=-0.01, slices=True), "labels")
        assert (feasible.status, late.status) == (Status.OPTIMAL, Status.INFEASIBLE)


def test_they_stand_beside_measured_tables() -> None:
    instance = finopt.generate(seed=1, profiles=True, slices=True)
    assert instance.profiles
    assert instance.has_slices
    assert instance.name.endswith("-profiles-slices")


def test_the_command_draws_the_same() -> None:
    drawn = instance_file.write(finopt.generate(seed=4, slices=True))
    assert run("generate", "--slices", "--seed", "4").stdout == drawn
