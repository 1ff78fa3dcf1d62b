"""The report page as text: figures of the account, names as text, nothing from elsewhere, of bounded size."""

from __future__ import annotations

import gzip
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jinja2")
pytest.importorskip("plotly")

import finopt
from finopt.problem.errors import BackendError
from finopt.reporting import places, table
from finopt.reporting.page import page, report
from tests.random_instances import joint_instance
from tests.reporting.pages import MARKUP, Page, fleet, named, page_of, paper, small, stating_one
from tests.version2_instances import version2_instance


def lengths(spec: dict[str, Any]) -> float:
    """The bars of a chart, end to end."""
    return sum(x or 0.0 for trace in spec["data"] if trace["type"] == "bar" for x in trace["x"])


def test_what_was_asked_and_decided() -> None:
    words = page_of(paper()).words
    assert (
        "Application b-alexnet runs model b-alexnet on samples that arise at device , 1 per second" in words
    )
    assert "A sample may take 5 ms (in the worst case), and the accuracy has to be 0.8 at least" in words
    assert "It runs block1 to block3 on device , then block4 to block5 on edge ." in words
    assert "OPTIMAL proven: no placement needs less" in words
    assert "100.1 mJ per inference" in words
    assert "What binds: latency, accuracy." in words
    assert "A latency limit 1 ms longer saves 16.56 mJ (16.5 %) per inference." in words


def test_bars_are_those_of_the_account() -> None:
    instance = paper()
    result = finopt.solve(instance)
    specs = page_of(instance, result).json("specs")
    (own,) = result.evaluation.applications
    assert lengths(specs["energy-node"]) == pytest.approx(1e3 * own.compute_energy, rel=1e-5)
    assert lengths(specs["energy-block"]) == pytest.approx(1e3 * own.compute_energy, rel=1e-5)
    assert lengths(specs["energy-link"]) == pytest.approx(1e3 * own.communication_energy, rel=1e-5)
    assert lengths(specs["latency"]) == pytest.approx(1e3 * own.latency, rel=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_energies_and_latencies_add_up_whatever_the_model_uses(seed: int) -> None:
    instance = version2_instance(seed)
    result = finopt.solve(instance)
    if result.placement is None:
        pytest.skip("has no placement")
    found = page_of(instance, result).json("specs")
    evaluation = finopt.evaluate(instance, result.placement)
    energy = sum(one.compute_energy + one.communication_energy for one in evaluation.applications)
    power = sum(one.power for one in evaluation.applications)
    total = energy if len(instance.applications) == 1 else power
    shown = {
        name: lengths(spec) * factor(spec["axes"]["xaxis"]["title"]["text"])
        for name, spec in found.items()
        if name.startswith("energy")
    }
    assert shown.get("energy-node", 0.0) + shown.get("energy-link", 0.0) == pytest.approx(total, rel=1e-4)
    assert shown.get("energy-block", 0.0) == pytest.approx(shown.get("energy-node", 0.0), rel=1e-4)


def factor(title: str) -> float:
    """From the unit of an axis to J or W."""
    (prefix,) = re.findall(r"\[(.?)[JW]\]", title)
    return {"": 1.0, "p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "k": 1e3}[prefix]


def test_the_page_asks_for_nothing() -> None:
    found = page_of(paper(), fronts=finopt.pareto(paper()))
    for tag, attributes in found.elements:
        assert "src" not in attributes and "srcset" not in attributes
        assert tag not in ("iframe", "object", "embed", "base", "form", "img")
        assert attributes.get("href", "data:,") == "data:,"
        assert not any(name.startswith("on") for name in attributes)
    (policy,) = [a["content"] for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert str(policy).startswith("default-src 'none'")


def test_names_with_markup_stay_text() -> None:
    harmless, harmful = page_of(named("x", 3)), page_of(named(MARKUP, 3))
    assert [tag for tag, _ in harmful.elements] == [tag for tag, _ in harmless.elements]
    assert "</script><script>alert('1')</script><b onclick=\"x\">&amp;" in harmful.words
    rows = harmful.json("rows")
    assert rows["values"][0][0].startswith("</script><script>")
    shown = harmful.json("specs")["latency"]["data"][0]["hovertext"][0]
    assert shown.startswith("\u2068&lt;/script&gt;&lt;script&gt;")


@pytest.mark.parametrize("name", [MARKUP, "", "{{ 1 }}{% raw %}", "שלום", "$x^2$", "n" * 10_000])
def test_the_same_is_true_without_a_placement(name: str) -> None:
    instance = small(name=name)
    none = finopt.Result(finopt.Status.NO_SOLUTION, finopt.Termination.TIME_LIMIT, "fin", reason=name)
    found = page_of(instance, none)
    assert len(found.scripts) == 2
    assert "NO_SOLUTION" in found.words
    assert "A longer time limit or another method may find one." in found.words


def test_half_a_surrogate_pair_is_spelled_out(tmp_path: Path) -> None:
    none = finopt.Result(finopt.Status.NO_SOLUTION, finopt.Termination.LIMIT, "fin\udc80", reason="x\ud800")
    report(small(), none, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert r"x\ud800" in text and r"fin\udc80" in text
    wrong = finopt.Placement((finopt.ApplicationPlacement("\ud800", 0, ("\udfff",), ((),)),))
    report(small(), stating_one(wrong), tmp_path / "report.html")
    assert r"\ud800" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_why_there_is_no_placement() -> None:
    instance = small(applications=[{**small().model_dump()["applications"][0], "max_latency": 1e-3}])
    words = page_of(instance).words
    assert "INFEASIBLE proven: no placement keeps every limit" in words
    assert (
        "the latency limit 0.001 s cannot be met; the least latency of any admissible configuration" in words
    )
    assert "12 ms at least, 1 ms asked for no placement is fast enough" in words


@pytest.mark.parametrize("path", sorted(Path("instances/infeasible").glob("*.json")), ids=lambda p: p.stem)
def test_every_kind_of_infeasibility_has_a_page(path: Path) -> None:
    instance = finopt.load(path)
    result = finopt.solve(instance)
    words = page_of(instance, result).words
    assert "Why there is no placement" in words
    assert " ".join(result.reason.split()) in words


def test_a_placement_that_breaks_rules_says_so() -> None:
    home = finopt.ApplicationPlacement("app", 0, ("device", "device"), ((), ()))
    words = page_of(small(), stating_one(finopt.Placement((home,)))).words
    assert "This placement is not what it should be" in words
    assert "application 'app': latency 0.101 s exceeds the limit 0.05 s" in words
    assert "the result states an objective of 1, its placement has 0.202" in words
    assert "Not computed: the placement breaks rules, see above." in words


@pytest.mark.parametrize(
    "placed",
    [
        finopt.ApplicationPlacement("stranger", 0, ("device",), ((),)),
        finopt.ApplicationPlacement("app", 0, ("nowhere", "edge"), ((), ())),
        finopt.ApplicationPlacement("app", 7, ("device", "edge"), ((), ())),
        finopt.ApplicationPlacement("app", 0, ("device", "edge"), ((), (), ())),
        finopt.ApplicationPlacement("app", 0, (), ()),
    ],
)
def test_a_placement_of_something_else_has_a_page_too(placed: finopt.ApplicationPlacement) -> None:
    words = page_of(small(), stating_one(finopt.Placement((placed,)))).words
    assert "This placement is not what it should be" in words


@pytest.mark.parametrize("seed", range(12))
def test_any_placement_has_a_page(seed: int) -> None:
    """Blocks and hops anywhere, also where there is nothing, applications left out or placed twice."""
    rng, instance = random.Random(seed), [version2_instance, joint_instance][seed % 2](seed)
    nodes = [*instance.node_by_id, "nowhere"]
    links = [*instance.link_by_id, "nowhere->nowhere"]
    placed = []
    for application in rng.choices(instance.applications, k=len(instance.applications)):
        model = instance.model_of(application)
        configuration = rng.randrange(len(model.configurations))
        count = model.final_block(model.configurations[configuration]) + 1 + (rng.random() < 0.1)
        where = rng.choices(nodes, [5.0] * (len(nodes) - 1) + [0.1], k=count)
        routes = [tuple(rng.choices(links, k=rng.choice([0, 0, 0, 1, 2]))) for _ in where]
        placed.append(finopt.ApplicationPlacement(application.id, configuration, tuple(where), tuple(routes)))
    found = page_of(instance, stating_one(finopt.Placement(tuple(placed))), time_limit=1.0)
    assert "FEASIBLE" in found.words
    assert isinstance(found.json("specs"), dict)


def test_the_front_stands_beside_the_plan() -> None:
    instance = paper()
    spec = page_of(instance, fronts=finopt.pareto(instance)).json("specs")["front"]
    names = [trace["name"] for trace in spec["data"]]
    assert names == ["accuracy ≥ 0.5637", "accuracy ≥ 0.7805", "accuracy ≥ 0.8595", "this plan"]
    assert spec["data"][-1]["x"] == [pytest.approx(4.6907, abs=1e-4)]


def test_a_map_shows_nodes_where_they_are_and_others_beside_them() -> None:
    spec = page_of(paper(), positions={"edge": (10.0, 50.0), "nowhere": (0.0, 0.0)}).json("specs")["map"]
    edge = next(trace for trace in spec["data"] if trace.get("text") and "edge" in trace["text"][0])
    assert (edge["x"], edge["y"]) == ([10.0], [50.0])
    device = next(trace for trace in spec["data"] if trace.get("text") and "device" in trace["text"][0])
    assert np.hypot(device["x"][0] - 10, device["y"][0] - 50) < 0.1
    assert "map" not in page_of(paper(), positions={"nowhere": (0.0, 0.0)}).json("specs")


def test_a_map_of_very_many_nodes_is_of_the_busiest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST", 20)
    instance, result = fleet(300)
    positions = {name: (float(k % 30), float(k // 30)) for k, name in enumerate(instance.node_by_id)}
    positions["nowhere"] = positions["edge1"] = (float("nan"), 0.0)
    found = page_of(instance, result, positions=positions)
    assert "Map of the 20 busiest nodes" in found.words
    spec = found.json("specs")["map"]
    assert sum(len(trace["x"]) for trace in spec["data"] if "markers" in trace["mode"]) == 20
    assert all(len(trace["x"]) <= 60 for trace in spec["data"])


def test_ten_thousand_applications_are_rows_and_totals() -> None:
    instance, result = fleet(10_000)
    text = page(instance, result)
    assert len(text) < 8_000_000
    found = Page(text)
    rows, specs = found.json("rows"), found.json("specs")
    assert {len(values) for values in rows["values"]} == {10_000}
    assert rows["titles"][0] == "application" and rows["values"][0][9_999] == "app9999"
    power = finopt.evaluate(instance, result.placement).objective
    shown = lengths(specs["energy-block"]) * factor(specs["energy-block"]["axes"]["xaxis"]["title"]["text"])
    assert shown == pytest.approx(power, rel=1e-4)
    assert all(len(trace["y"]) <= 26 for spec in specs.values() for trace in spec["data"])
    assert len(found.elements) < 6_000


def test_more_applications_than_fit_are_those_with_the_most_power(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST", 100)
    instance, result = fleet(400)
    found = page_of(instance, result)
    assert "The 100 with the most power of 400." in found.words
    power = finopt.evaluate(instance, result.placement).applications.power  # type: ignore[union-attr]
    largest = {f"app{k}" for k in np.argsort(-power, kind="stable")[:100].tolist()}
    assert set(found.json("rows")["values"][0]) == largest


def test_prices_of_what_is_scarce() -> None:
    instance = finopt.generate_fleet(30, 10, 4, 2, seed=3)
    words = page_of(instance, finopt.solve(instance, time_limit=2)).words
    assert "The latency limit binds for" in words
    assert "All 30 applications are placed." in words


@pytest.mark.parametrize(
    "prices",
    [
        "much",
        [1, None, {}],
        [{"kind": "compute", "id": "nowhere", "price": 1.0, "unit": "op/s"}],
        [{"kind": "compute", "id": "edge", "price": float("nan"), "unit": "op/s"}],
        [{"kind": ["compute"], "id": "edge", "price": 1.0, "unit": "op/s"}],
    ],
)
def test_prices_that_cannot_be_are_left_out(prices: Any) -> None:
    """A result file may state anything."""
    data = small().model_dump()["applications"][0]
    instance = small(applications=[data, {**data, "id": "other"}])
    result = finopt.solve(instance)
    changed = replace(result, stats={**result.stats, "prices": prices})
    assert "No capacity has a price." in page_of(instance, changed).words


def test_long_texts_of_a_file_are_cut() -> None:
    long = "n" * 100_000
    none = finopt.Result(finopt.Status.NO_SOLUTION, finopt.Termination.LIMIT, long, solver=long, reason=long)
    instance = named(long)
    assert len(page(instance, none)) < 250_000
    assert len(page(instance, replace(finopt.solve(instance), solver=long))) < 5_200_000


def test_no_time_for_what_binds_is_told() -> None:
    words = page_of(paper(), time_limit=0.0).words
    assert "not known: no time to prove it" in words


def test_the_same_input_gives_the_same_file(tmp_path: Path) -> None:
    instance = paper()
    result = finopt.solve(instance)
    for name in ("a.html", "b.html", "c.html.gz"):
        finopt.report(instance, result, tmp_path / name)
    first = (tmp_path / "a.html").read_bytes()
    assert first == (tmp_path / "b.html").read_bytes()
    assert first == gzip.decompress((tmp_path / "c.html.gz").read_bytes())


def test_versions_and_commands() -> None:
    words = page_of(paper()).words
    assert "finopt solve INSTANCE.json --method fin --output RESULT.json" in words
    assert f"finopt {finopt.__version__}" in words
    assert sys.executable not in words


@pytest.mark.parametrize("module", ["jinja2", "plotly"])
def test_what_is_missing_is_named(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BackendError, match=rf"the report page needs {module}.*finopt\[report\]"):
        page(small(), finopt.solve(small()))


def test_importing_finopt_loads_stating_one_it() -> None:
    names = "('jinja2', 'plotly', 'numpy')"
    code = f"import sys, finopt, finopt.cli.main; print([m for m in {names} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
