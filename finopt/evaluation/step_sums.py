"""Sums over the steps of an application: what they compute and send, and the energy and seconds of it.

Each figure is added up per node and link, and only then divided by what these manage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from finopt.evaluation.exact_sums import ExactSums, Ratio, product, quotient, ratio_sum
from finopt.problem.instance import Instance
from finopt.problem.model import Block, Exit, Model
from finopt.problem.network import Node
from finopt.problem.profile import Profile

DELAY = ""
"""The key of a sum over all links."""


@dataclass(slots=True)
class Step:
    """Sending so many bits over a route, then computing a block and the enabled classifiers behind it."""

    share: Ratio
    bits: float
    route: Sequence[str]
    node: str
    parts: tuple[Block | Exit, ...]
    slice: float | None = None
    route_slices: Sequence[float | None] = ()


@dataclass
class Computing:
    """Operations by node; of what was measured seconds, those that take the node's power, and joules.

    ``longer`` is what slices add to the work in the latency.
    """

    instance: Instance
    model: Model
    work: ExactSums = field(default_factory=ExactSums)
    longer: ExactSums = field(default_factory=ExactSums)
    powered: ExactSums = field(default_factory=ExactSums)
    joules: ExactSums = field(default_factory=ExactSums)

    def add(self, step: Step, weight: Ratio) -> None:
        """Compute a block and its classifiers, so much of a sample."""
        profile = self._profile(step.node)
        if profile is None:
            taken = [part.ops for part in step.parts]
        else:
            entries = [profile.entry(part) for part in step.parts]
            taken = [entry.time for entry in entries]
            self.powered.add(step.node, weight, [entry.time for entry in entries if entry.energy is None])
            self.joules.add(step.node, weight, [e.energy for e in entries if e.energy is not None])
        self.work.add(step.node, weight, taken)
        if step.slice is not None:
            self.longer.add(step.node, _longer(weight, step.slice), taken)

    def energy(self) -> dict[str, Fraction]:
        """Joules by node."""
        powered, joules = self.powered.totals(), self.joules.totals()
        return {
            name: product(powered[name], self._node(name).power) + joules[name]
            if self._profile(name)
            else product(work, self._node(name).power, self._node(name).compute)
            for name, work in self.work.totals().items()
        }

    def equivalent_ops(self) -> dict[str, Fraction]:
        """Row (6): operations by node; of what was measured, busy seconds times compute."""
        return {
            name: product(work, self._node(name).compute) if self._profile(name) else work
            for name, work in self.work.totals().items()
        }

    def seconds(self) -> Fraction:
        """Latency: busy seconds, stretched where samples wait and by slices."""
        took = [self._took(name, work, waiting=True) for name, work in self.work.totals().items()]
        took += [self._took(name, work) for name, work in self.longer.totals().items()]
        return ratio_sum(took)

    def busy_seconds(self) -> Fraction:
        """Seconds in which nodes compute."""
        return ratio_sum([self._took(name, work) for name, work in self.work.totals().items()])

    def _took(self, name: str, work: Fraction, *, waiting: bool = False) -> Ratio:
        node = self._node(name)
        if waiting and node.waiting != "none":
            work /= 1 - Fraction(node.max_utilisation)
        return quotient(work, 1.0 if self._profile(name) else node.compute)

    def _profile(self, name: str) -> Profile | None:
        return self.instance.measured(self.model, self._node(name)) if self.instance.profiles else None

    def _node(self, name: str) -> Node:
        return self.instance.node_by_id[name]


def _longer(weight: Ratio, size: float) -> Ratio:
    """The weight of what a slice adds to the work in the latency: 1 / slice - 1 times it."""
    above, below = size.as_integer_ratio()
    return weight[0] * (below - above), weight[1] * above


@dataclass
class Sending:
    """Bits by link, joules of transfers by link where these cost something, and seconds of delay.

    ``sliced`` are the bits that are sent in slices, ``longer`` what that adds to the bits in the latency.
    """

    instance: Instance
    bits: ExactSums = field(default_factory=ExactSums)
    sliced: ExactSums = field(default_factory=ExactSums)
    longer: ExactSums = field(default_factory=ExactSums)
    delay: ExactSums = field(default_factory=ExactSums)
    transfers: ExactSums = field(default_factory=ExactSums)

    def add(
        self, route: Sequence[str], weight: Ratio, bits: float, slices: Sequence[float | None] = ()
    ) -> None:
        """Send so much of a sample over a route, in a slice of each link that has some."""
        if not route:
            return
        for name, size in zip(route, slices, strict=True) if slices else ():
            if size is not None:
                self.sliced.add(name, weight, [bits])
                self.longer.add(name, _longer(weight, size), [bits])
        links = self.instance.link_by_id
        for name in route:
            link = links[name]
            self.bits.add(name, weight, [bits])
            self.delay.add(DELAY, weight, [link.delay])
            if link.energy_per_transfer:
                self.transfers.add(name, weight, [link.energy_per_transfer])

    def loads(self) -> dict[str, Fraction]:
        """Row (8): bits by link, without those that are sent in slices."""
        bits, sliced = self.bits.totals(), self.sliced.totals()
        if not sliced:
            return bits
        rest = {e: amount - sliced[e] for e, amount in bits.items() if e in sliced}
        return {e: rest.get(e, amount) for e, amount in bits.items() if rest.get(e, amount) or e not in rest}

    def energy(self) -> dict[str, Fraction]:
        """Joules by link."""
        links, transfers = self.instance.link_by_id, self.transfers.totals()
        found = {e: product(bits, links[e].energy) for e, bits in self.bits.totals().items()}
        return found | {e: found[e] + joules for e, joules in transfers.items()}

    def seconds(self) -> Fraction:
        """Transmission and propagation of all of it."""
        links, bits = self.instance.link_by_id, self.bits.totals()
        sent = [quotient(amount, links[e].bandwidth) for e, amount in bits.items()]
        sent += [quotient(amount, links[e].bandwidth) for e, amount in self.longer.totals().items()]
        delays = [seconds.as_integer_ratio() for seconds in self.delay.totals().values()]
        return ratio_sum(sent + delays)
