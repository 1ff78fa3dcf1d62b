"""Patterns and graphs of an instance that are built once and kept with its network and models.

Solves of one instance, and of copies with other applications, take them as they are: a limit on latency or
accuracy is no part of them. They hold no instance, so none is kept alive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from finopt.graph.extended import ExtendedGraph, configuration_bound, extended_graph
from finopt.graph.layered import LayeredGraph, Layers, is_large, layers_of, may_be_layered
from finopt.graph.pattern import Pattern, network_pattern, typical_bits
from finopt.problem.basis import Kept
from finopt.problem.instance import Application, Instance

Value = TypeVar("Value")

LIMITS = ("id", "max_latency", "min_accuracy")
"""Fields of an application that graphs do not depend on."""

TRAITS = tuple(name for name in Application.model_fields if name not in LIMITS)


def known_pattern(instance: Instance, application: Application) -> Pattern:
    """The pattern of an application, see `network_pattern`."""
    private = None if instance.node(application.source).shared else application.source
    key = private, typical_bits(instance, application)
    return instance.basis.patterns.get(key, lambda: network_pattern(instance, application))


def known_bound(
    instance: Instance, application: Application, configuration: int, pattern: Pattern | None = None
) -> float:
    """A lower bound on the power of a configuration, see `configuration_bound`."""

    def bound() -> float:
        own = pattern or known_pattern(instance, application)
        return configuration_bound(instance, application, configuration, own)

    return _known(instance.basis.bounds, application, configuration, bound)


def known_graph(
    instance: Instance, application: Application, configuration: int, layered: bool
) -> LayeredGraph | ExtendedGraph:
    """The graph of a configuration: layered where it is large, if it may be; large arrays are not kept."""
    pattern = known_pattern(instance, application)

    def layers() -> Layers:
        return layers_of(instance, application, configuration, pattern)

    def arcs() -> ExtendedGraph:
        graph = extended_graph(instance, application, configuration, pattern=pattern)
        _ = graph.start, graph.entering  # sorted once
        return graph

    graphs = instance.basis.graphs
    if not is_large(instance, application, configuration, pattern):
        return _known(graphs, application, ("arcs", configuration), arcs).with_limits_of(application)
    if layered and may_be_layered(application):
        known = _known(graphs, application, ("layers", configuration), layers)
        return LayeredGraph(instance, application, configuration, *known)
    return extended_graph(instance, application, configuration, pattern=pattern)


def _known(kept: Kept, application: Application, what: object, build: Callable[[], Value]) -> Value:
    key = what, *(getattr(application, name) for name in TRAITS)
    try:
        hash(key)
    except TypeError:  # fields that were never checked
        return build()
    return kept.get(key, build)
