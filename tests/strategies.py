"""Hypothesis strategies that draw small instances part by part, so that failures shrink well."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from finopt.problem.instance import Instance

Record = dict[str, Any]

names = st.text("ab1 ._-#>[]{}'\"\\/\n\t\x00éß漢→😀\u2028", min_size=1, max_size=8)
"""Identifiers with everything that a writer or a path could stumble over."""


def figures(low: float, high: float) -> st.SearchStrategy[float]:
    """Figures of few digits, on a scale that is even in their exponent."""
    exponents = range(_exponent(low), _exponent(high) + 1)
    return st.builds(lambda digits, k: float(f"{digits}e{k}"), st.integers(1, 99), st.sampled_from(exponents))


def _exponent(value: float) -> int:
    return int(f"{value:e}".split("e")[1])


def _or_zero(low: float, high: float) -> st.SearchStrategy[float]:
    return st.just(0.0) | figures(low, high)


@st.composite
def _nodes(draw: st.DrawFn) -> list[Record]:
    nodes = []
    for i in range(draw(st.integers(1, 4))):
        node: Record = {
            "id": f"n{i}",
            "tier": draw(st.sampled_from(("mobile", "edge", "cloud"))),
            "compute": draw(figures(1e9, 1e12)),
            "power": draw(_or_zero(1.0, 100.0)),
        }
        if draw(st.booleans()):
            node["shared"] = draw(st.booleans())
        nodes.append(node)
    return nodes


@st.composite
def _links(draw: st.DrawFn, nodes: list[Record]) -> list[Record]:
    pairs = [(a["id"], b["id"]) for a in nodes for b in nodes if a is not b]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=8)) if pairs else []
    return [
        {
            "source": a,
            "target": b,
            "bandwidth": draw(figures(1e7, 1e9)),
            "energy": draw(_or_zero(1e-10, 1e-7)),
            "delay": draw(_or_zero(1e-5, 1e-3)),
            "bidirectional": draw(st.booleans()),
        }
        for a, b in chosen
    ]


@st.composite
def _model(draw: st.DrawFn) -> Record:
    count = draw(st.integers(1, 4))
    after = sorted(draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=count)))
    return {
        "id": "dnn",
        "input_bits": draw(_or_zero(1e3, 1e6)),
        "blocks": [
            {"id": f"b{i}", "ops": draw(_or_zero(1e5, 1e8)), "output_bits": draw(_or_zero(1e2, 1e6))}
            for i in range(count)
        ],
        "exits": [{"id": f"x{i}", "after": f"b{i}", "ops": draw(_or_zero(1e3, 1e6))} for i in after],
        "configurations": draw(st.lists(_configuration(after), min_size=1, max_size=3)),
    }


@st.composite
def _configuration(draw: st.DrawFn, exits: list[int]) -> Record:
    enabled = sorted(draw(st.sets(st.sampled_from(exits), min_size=1)))
    left, percent = 100, []
    for _ in enabled:
        percent.append(draw(st.integers(0, left)))
        left -= percent[-1]
    return {
        "exits": [f"x{i}" for i in enabled],
        "shares": [share / 100 for share in percent],
        "accuracy": draw(st.integers(50, 100)) / 100,
    }


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """One application, 1-4 nodes, 1-4 blocks, 1-3 configurations; rates so low that no capacity can bind."""
    nodes, model = draw(_nodes()), draw(_model())
    source = draw(st.sampled_from(nodes))["id"]
    usable = [n["id"] for n in nodes if n.get("shared", n["tier"] != "mobile") or n["id"] == source]
    blocks = [block["id"] for block in model["blocks"]]
    application = {
        "id": "app",
        "model": "dnn",
        "source": source,
        "rate": draw(st.sampled_from((1e-3, 0.01, 0.1))),
        "max_latency": draw(figures(1e-4, 1e-1)),
        "min_accuracy": draw(st.integers(0, 100)) / 100,
        "latency": draw(st.sampled_from(("worst", "mean"))),
        "pinned": draw(st.dictionaries(st.sampled_from(blocks), st.sampled_from(usable), max_size=2)),
    }
    return Instance.model_validate(
        {"nodes": nodes, "links": draw(_links(nodes)), "models": [model], "applications": [application]}
    )


@st.composite
def renamed(draw: st.DrawFn) -> Instance:
    """An instance whose ids, name and description are any text at all."""
    data = draw(instances()).model_dump()
    new = {old: draw(names) + f" {old}" for old in _ids(data)}
    data["name"], data["description"] = draw(st.tuples(names, names))
    return Instance.model_validate(_replace(data, new))


def _ids(data: Record) -> list[str]:
    model = data["models"][0]
    return [item["id"] for item in (*data["nodes"], *model["blocks"], *model["exits"], model)]


def _replace(data: Any, new: dict[str, str]) -> Any:
    if isinstance(data, dict):
        return {new.get(key, key): _replace(value, new) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_replace(item, new) for item in data]
    return new.get(data, data) if isinstance(data, str) else data
