"""The papers' users with slices as decisions: the scenario, what is never worse, and what the report says."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from paper_study import slices, slices_table
from paper_study.scenario import BY_NETWORK, BY_USER, FIGURES, SCRIPTS, decided, equal_parts, equally

import finopt


@cache
def rows(limits: str, count: int) -> list[dict[str, Any]]:
    return list(slices.answers(limits, count))


@pytest.mark.parametrize("split", [BY_NETWORK, BY_USER])
def test_equal_parts_are_the_whole_and_are_among_the_slices(split: str) -> None:
    parts = equal_parts(5, split)
    assert sum(parts.values()) * 5 == pytest.approx(1.0, rel=1e-12)
    together, apart = decided(5, FIGURES), equally(5, FIGURES, split)
    for tier in ("edge", "cloud"):
        whole = together.node(tier)
        assert set(parts.values()) <= set(whole.slices)
        own = [node for node in apart.nodes if node.tier == tier]
        assert len(own) == len(apart.applications) == 15
        assert sum(node.compute for node in own) == pytest.approx(whole.compute, rel=1e-12)
        assert [node.energy_per_op for node in own] == pytest.approx([whole.energy_per_op] * 15, rel=1e-12)


def test_the_users_are_the_same() -> None:
    assert decided(3, SCRIPTS).applications == equally(3, SCRIPTS, BY_USER).applications


@pytest.mark.parametrize("limits", [SCRIPTS, FIGURES])
def test_what_is_decided_together_is_never_worse(limits: str) -> None:
    for count in (1, 3):
        own = rows(limits, count)
        (milp,) = slices.power(own, limits, slices.DECIDED, "milp").values()
        assert slices.power(own, limits, slices.DECIDED, "fin")[count] == pytest.approx(milp, rel=1e-9)
        for row in own:
            assert row.get("power_w") is None or row["power_w"] >= milp * (1 - 1e-9)


def test_slices_save_where_the_device_is_too_slow_and_nothing_where_it_is_not() -> None:
    loose = slices.savings(rows(SCRIPTS, 3), SCRIPTS, BY_NETWORK, slices.JOINT)
    assert loose[3] == pytest.approx(0, abs=1e-9)
    tight = slices.savings(rows(FIGURES, 3), FIGURES, BY_NETWORK, slices.JOINT)
    assert tight[3] == pytest.approx(1 - 330.83 / 340.05, abs=1e-4)


def test_decided_slices_serve_users_whom_equal_shares_do_not() -> None:
    assert finopt.solve(equally(20, FIGURES, BY_NETWORK)).status == "INFEASIBLE"
    result = finopt.solve(decided(20, FIGURES))
    assert result.placement is not None
    assert finopt.evaluate(decided(20, FIGURES), result.placement).feasible


def test_the_report_has_every_power_and_the_claim_beside_what_is_measured() -> None:
    own = [row for limits in slices.LIMITS for row in rows(limits, 1)]
    text = slices_table.section(own)
    assert "| decided, `milp` | 110.3 mW |" in text
    assert "| equal shares by network: `mcp` | 192.9 mW (42.8 %) |" in text
    assert "| equal shares by user: all on device | no plan |" in text
    lines = {line[0].partition("slices decided, ")[2]: line[1:] for line in slices_table.claims(own, 0.89)}
    assert len(lines) == 6
    assert lines["limits of the scripts: over MCP"][1] == "yes"
    assert lines["limits of the figures: over MCP"][1] == "no, see below"
    assert lines["limits of the scripts: over fixed equal shares"][0].startswith("0 % (0 % to 0 %)")
