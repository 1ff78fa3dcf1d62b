"""Rules for what was measured, checked on plain data like those of :mod:`finopt.problem.validation`."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from finopt.problem.errors import Problem, shown
from finopt.problem.references import Data, ids_of, items_of, reference_problems


def profile_problems(data: Data) -> Iterator[Problem]:
    """Every rule that the profiles of an instance break."""
    models = {m["id"]: m for _, m in items_of(data, "models") if isinstance(m.get("id"), str)}
    devices = {n["device"] for _, n in items_of(data, "nodes") if isinstance(n.get("device"), str)}
    seen: dict[tuple[object, object], str] = {}
    for path, profile in items_of(data, "profiles"):
        model, device = profile.get("model"), profile.get("device")
        subject = f"profile of {shown(model)} on {shown(device)}"
        yield from reference_problems(f"{path}.model", subject, model, models, "model")
        yield from _device(f"{path}.device", subject, device, devices)
        if isinstance(model, str) and isinstance(device, str):
            first = seen.setdefault((model, device), path)
            if first != path:
                yield Problem(
                    path, f"a second profile of the same model and device, first at {first}", "", subject
                )
        if isinstance(model, str) and model in models:
            yield from _entries(path, subject, profile, models[model])


def _device(path: str, subject: str, device: object, known: Collection[str]) -> Iterator[Problem]:
    if known:
        yield from reference_problems(path, subject, device, known, "device of a node")
    elif isinstance(device, str):
        yield Problem(
            path, "no node is of this device", shown(device), subject, 'name it as "device" of nodes'
        )


def _entries(path: str, subject: str, profile: Data, model: Data) -> Iterator[Problem]:
    """Entries that name no block or exit, twice the same one, or lack an exit."""
    for key, kind in (("blocks", "block"), ("exits", "exit")):
        named: dict[str, str] = {}
        for place, entry in items_of(profile, key, f"{path}."):
            name = entry.get(kind)
            yield from reference_problems(f"{place}.{kind}", subject, name, ids_of(model, key), kind)
            if isinstance(name, str) and named.setdefault(name, place) != place:
                yield Problem(
                    f"{place}.{kind}", f"measured twice, first at {named[name]}", shown(name), subject
                )
    blocks = [entry.get("block") for _, entry in items_of(profile, "blocks")]
    measured = [entry.get("exit") for _, entry in items_of(profile, "exits")]
    behind = {name for name in blocks if isinstance(name, str)}
    known = {name for name in measured if isinstance(name, str)}
    for _, exit_ in items_of(model, "exits"):
        after, name = exit_.get("after"), exit_.get("id")
        if isinstance(after, str) and isinstance(name, str) and after in behind and name not in known:
            rule = f"needs an entry for exit {shown(name)}, whose block is measured"
            hint = "measure its classifier; where it has none of its own, a time of 1e-9 will do"
            yield Problem(f"{path}.exits", rule, "", subject, hint)
