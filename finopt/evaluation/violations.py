"""What a placement may break, in words: each rule of the model as a function of exact figures.

The rows of ``docs/model.md`` are cited as (n).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.formatting import plain_amount
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Block, Exit
from finopt.problem.moving import charge
from finopt.problem.objective import LIMIT_OF, Figure
from finopt.problem.return_routes import return_routes
from finopt.problem.tolerances import LIMIT_TOLERANCE


@dataclass(frozen=True)
class Violation:
    """One broken rule, in words, with the figure and the limit where there are any.

    Attributes
    ----------
    rule : str
        "placed", "configuration", "blocks", "node", "link", "accuracy", "route", "private", "pin",
        "allowed", "device", "result", "moving", "slice", "visit", "hop", "latency", "energy", "carbon",
        "cost", "compute", "memory" or "bandwidth".
    kind, object_id : str
        The object that breaks it: "application", "node" or "link", and its id.
    text : str
        What is wrong with it.
    figure, limit : float or None
        In the unit of the rule.
    """

    rule: str
    kind: str
    object_id: str
    text: str
    figure: float | None = None
    limit: float | None = None

    def __str__(self) -> str:
        """The violation in words."""
        return f"{self.kind} {self.object_id!r}: {self.text}"


def miscounted(application: str, count: int) -> Violation:
    """An application that is placed another number of times than once."""
    text = f"is placed {count} times" if count else "is not placed"
    return Violation("placed", "application", application, text)


def not_asked_for(application: str) -> Violation:
    """A placement of an application that does not exist."""
    return Violation("placed", "application", application, "is not in the instance")


def unknown_names(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    """What a placement names that does not exist; without such things it can be evaluated."""
    subject = ("application", application.id)
    model = instance.model_of(application)
    if not 0 <= placed.configuration < len(model.configurations):
        text = f"configuration {placed.configuration} does not exist, model {model.id!r} has"
        yield Violation("configuration", *subject, f"{text} {len(model.configurations)}")
        return
    blocks = model.final_block(model.configurations[placed.configuration]) + 1
    for what, given in (("nodes", placed.nodes), ("routes", placed.routes)):
        if len(given) != blocks:
            text = f"has {len(given)} {what} for {blocks} blocks up to the final exit"
            yield Violation("blocks", *subject, text, len(given), blocks)
    for node in placed.nodes:
        if node not in instance.node_by_id:
            yield Violation("node", *subject, f"uses node {node!r}, which does not exist")
    for route in placed.routes:
        for link in route:
            if link not in instance.link_by_id:
                yield Violation("link", *subject, f"uses link {link!r}, which does not exist")


def broken_rules(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    """Rows (4), (9) and (10): accuracy, routes, private nodes and pins."""
    subject = ("application", application.id)
    model = instance.model_of(application)
    accuracy = model.configurations[placed.configuration].accuracy
    if accuracy < application.min_accuracy:
        text = f"accuracy {accuracy:.12g} is below the target {application.min_accuracy:.12g}"
        yield Violation("accuracy", *subject, text, accuracy, application.min_accuracy)
    yield from _broken_routes(instance, application, placed)
    relays = [instance.link_by_id[link].target for route in placed.routes for link in route]
    for name in dict.fromkeys((*placed.nodes, *relays)):
        if not instance.may_use(application, instance.node(name)):
            text = f"uses private node {name!r}, which is not its source"
            yield Violation("private", *subject, text)
    for block, node in application.pinned.items():
        i = model.block_index[block]
        if i < len(placed.nodes) and placed.nodes[i] != node:
            text = f"block {block!r} runs on {placed.nodes[i]!r} but is pinned to {node!r}"
            yield Violation("pin", *subject, text)
    for block, allowed in application.allowed.items():
        i = model.block_index[block]
        if i < len(placed.nodes) and placed.nodes[i] not in allowed:
            text = f"block {block!r} runs on {placed.nodes[i]!r}, which is not among the nodes allowed for it"
            yield Violation("allowed", *subject, text)


def cannot_run(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    """Row (12): blocks on nodes that only forward, and on devices that were measured without them."""
    model = instance.model_of(application)
    for block, name in zip(model.blocks, placed.nodes, strict=False):
        node, why = instance.node_by_id[name], ""
        profile = instance.measured(model, node)
        if not node.computes:
            why = ", which only forwards (its compute is 0)"
        elif profile is not None and block.id not in profile.block:
            why = f": the profile of device {profile.device!r} has no entry for it"
        if why:
            text = f"block {block.id!r} cannot run on {name!r}{why}"
            yield Violation("device", "application", application.id, text)


def cannot_return(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    """Row (11): results without a way to where they are to go."""
    if application.destination is None:
        return
    model = instance.model_of(application)
    for name in model.configurations[placed.configuration].exits:
        node = placed.nodes[model.exit_block(name)]
        if node not in return_routes(instance, application, model.exit_by_id[name].output_bits):
            text = f"the result of exit {name!r} has no way from {node!r} to {application.destination!r}"
            yield Violation("result", "application", application.id, text)


def cannot_be_brought(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    """Row (15): blocks on nodes that no route leads to from any node that held them."""
    model = instance.model_of(application)
    configuration = model.configurations[placed.configuration]
    exits = [model.exit_by_id[name] for name in configuration.exits]
    for block, node in zip(model.blocks, placed.nodes, strict=False) if instance.moves else ():
        parts: list[Block | Exit] = [block, *(one for one in exits if one.after == block.id)]
        if charge(instance, application, parts, node) is None:
            text = f"block {block.id!r} cannot be brought to {node!r}: no route from any node that held it"
            yield Violation("moving", "application", application.id, text)


def _broken_routes(
    instance: Instance, application: Application, placed: ApplicationPlacement
) -> Iterator[Violation]:
    here = application.source
    for stage, (node, route) in enumerate(zip(placed.nodes, placed.routes, strict=True)):
        for link in (instance.link_by_id[name] for name in route):
            if link.source != here:
                text = f"at stage {stage} the data are on {here!r} but cross link {link.id!r}"
                yield Violation("route", "application", application.id, text)
            here = link.target
        if here != node:
            text = f"the route at stage {stage} ends on {here!r}, block {stage} runs on {node!r}"
            yield Violation("route", "application", application.id, text)
        here = node


def late(application: Application, latency: Fraction) -> Iterator[Violation]:
    """Row (5): the latency limit."""
    limit = application.max_latency
    if exceeds(latency, limit):
        text = f"latency {float(latency):.9g} s exceeds the limit {limit:.9g} s by {excess(latency, limit)}"
        yield Violation("latency", "application", application.id, text, float(latency), limit)


def above_limit(application: Application, found: Mapping[Figure, Fraction]) -> Iterator[Violation]:
    """Row (14): the limits on what an inference takes, given what it does take of the limited figures."""
    for figure, limit in application.limits.items():
        if exceeds(found[figure], limit):
            amount, name = float(found[figure]), LIMIT_OF[figure]
            text = f"{figure} {plain_amount(amount, figure)} per inference exceeds the limit"
            text += f" {plain_amount(limit, figure)} ({name}) by {excess(found[figure], limit)}"
            yield Violation(figure, "application", application.id, text, amount, limit)


def overload(
    rule: str, kind: str, unit: str, name: str, amount: Fraction, limit: float | None
) -> Iterator[Violation]:
    """The violation of a capacity, if it is exceeded."""
    if limit is not None and exceeds(amount, limit):
        text = f"{rule} load {float(amount):.9g} {unit} exceeds the capacity {limit:.9g} {unit}"
        text += f" by {excess(amount, limit)}"
        yield Violation(rule, kind, name, text, float(amount), limit)


def exceeds(amount: Fraction, limit: float) -> bool:
    """Whether a limit is broken, up to its tolerance."""
    above, below = limit.as_integer_ratio()
    if amount.numerator * below <= above * amount.denominator:
        return False
    return amount > Fraction(limit) * (1 + LIMIT_TOLERANCE)


def excess(amount: Fraction, limit: float) -> str:
    """By how much of it."""
    return f"{float(amount / Fraction(limit) - 1):.3g} of it" if limit else f"{float(amount):.3g}"
