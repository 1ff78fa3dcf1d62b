"""A partition as a worker holds it: it answers prices, and keeps its answers for the mix."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from finopt.graph.drivers.diagnosis import NAMED, explain
from finopt.graph.drivers.sharing import shares_weights
from finopt.heuristics.joint.assignments import Assignments
from finopt.heuristics.joint.clusters import clusters
from finopt.heuristics.joint.distributed.shared_capacities import SharedCapacities, shared_capacities
from finopt.heuristics.joint.distributed.sources import Source
from finopt.heuristics.joint.preparation import prepare, with_own_group
from finopt.heuristics.joint.pricing import Pricer
from finopt.heuristics.joint.tuning import COARSE_FROM
from finopt.problem.application_table import ApplicationTable
from finopt.problem.array_types import Bools, Floats, Ints
from finopt.problem.arrays import Demand, Network
from finopt.problem.errors import InstanceError, Problem
from finopt.problem.instance import Instance
from finopt.problem.objective import LIMITS
from finopt.problem.results import may_return_late
from finopt.solvers.clock import Clock


@dataclass(frozen=True)
class Setting:
    """What all partitions of a call have in common: latency levels, gap to aim at, seed, threads of each."""

    levels: int
    gap: float
    seed: int
    threads: int


class SparsePrices(NamedTuple):
    """Prices above zero [W per unit]: of shared capacities, and of private ones of the partition."""

    shared: Ints
    shared_price: Floats
    private: Ints
    private_price: Floats


class Answered(NamedTuple):
    """What a partition says to prices.

    Attributes
    ----------
    value : float
        Sum of the least priced powers, from below [W]; inf: some application has no path.
    power : ndarray, shape (clusters,)
        Of the assignments of each cluster [W].
    whole : ndarray of bool, shape (clusters,)
        Which clusters have an assignment for every member.
    loads : csr_array, shape (clusters, shared capacities)
    private : ndarray of int32
        Private capacities that were exceeded for the first time: they become rows of the master.
    private_limit : ndarray
        How much there is of these.
    private_loads : csr_array, shape (clusters, private capacities that are rows)
    earlier : list of csr_array, shape (clusters, new rows)
        What the answers of earlier rounds use of the new ones; empty if there are none.
    without : list of str
        Why applications have no path, of the first of them.
    """

    value: float
    power: Floats
    whole: Bools
    loads: Any
    private: Ints
    private_limit: Floats
    private_loads: Any
    earlier: list[Any]
    without: list[str]


class Partition:
    """The applications of one partition, and their answers so far.

    Parameters
    ----------
    number : int
    source : Source
        Where its instance is from.
    setting : Setting
    clock : Clock
        Of the command that is carried out.
    """

    pricer: Pricer

    def __init__(self, number: int, source: Source, setting: Setting, clock: Clock) -> None:
        self.number, self.source, self.setting = number, source, setting
        instance = source.load()
        refuse_indivisible(instance)
        self.network, self.demand = Network.of(instance), Demand.of(instance)
        self.shared, self.place = shared_capacities(instance, self.network)
        self.private = np.ones(self.network.capacity.size, bool)
        self.private[self.place] = False
        self.private_names = numbers_of(node.id for node in instance.nodes if not node.shared)
        self.rows = np.zeros(0, np.int32)
        self.answers: list[Assignments] = []
        self.selected: Assignments | None = None
        self.mix: Any = None
        self._kept = instance if self.demand.size <= COARSE_FROM else None
        self._prepare(instance, with_own_group(instance, self.network, self.demand), clock)

    @property
    def small_instance(self) -> Instance | None:
        """The instance where it is small enough to be kept."""
        return self._kept

    @property
    def instance(self) -> Instance:
        """Read again where it is large: its objects need more memory than all else."""
        return self._kept or self.source.load()

    def set_clock(self, clock: Clock) -> None:
        """The clock of the next command."""
        self.pricer = replace(self.pricer, clock=clock)

    def divide(self, each: int, most: int) -> int:
        """Form clusters, see `finopt.heuristics.joint.clusters`; returns how many there are."""
        self.cluster, self.clusters = clusters(self.network, self.demand, each, most)
        return self.clusters

    def price(self, prices: SparsePrices) -> Floats:
        """The prices of all capacities of its network."""
        price = np.zeros(self.network.capacity.size)
        price[self.place[prices.shared]] = prices.shared_price
        price[prices.private] = prices.private_price
        return price

    def answer(self, prices: SparsePrices) -> Answered:
        """The cheapest assignments at these prices; they are kept."""
        price = self.price(prices)
        answer = self.pricer.answer(price)
        without = np.flatnonzero(np.isinf(answer.value))
        if without.size and not self.answers and not self.own_group.all():
            own_group = self.own_group.copy()
            own_group[without] = True  # perhaps there is a path that returns to the device
            self._prepare(self.instance, own_group, self.pricer.clock)
            answer = self.pricer.answer(price)
            without = np.flatnonzero(np.isinf(answer.value))
        if without.size:  # some others have no groups: nothing is known of what these would use
            return self._nothing(without)
        return self._answered(float(answer.value.sum()), answer.assignments)

    def _answered(self, value: float, assignments: Assignments) -> Answered:
        """Assignments of all are kept, and told cluster by cluster."""
        which = self.cluster[assignments.application]
        loads = self.figures.loads(assignments, which, self.clusters)
        new = self._newly_exceeded(loads)
        earlier = [self._loads_on(new, old) for old in self.answers] if new.size else []
        self.rows = np.concatenate([self.rows, new])
        self.answers.append(assignments)
        return Answered(
            value=value,
            power=np.bincount(which, self.figures.power(assignments), self.clusters).astype(float),
            whole=np.bincount(which, minlength=self.clusters) == self._members,
            loads=csr_array(loads[:, self.place]),
            private=new,
            private_limit=self.network.capacity[new],
            private_loads=csr_array(loads[:, self.rows]),
            earlier=earlier,
            without=[],
        )

    def _nothing(self, without: NDArray[np.intp]) -> Answered:
        """The answer where some applications have no path."""
        clusters, none = self.clusters, np.zeros(0, np.int32)
        return Answered(
            value=np.inf,
            power=np.zeros(clusters),
            whole=np.zeros(clusters, bool),
            loads=csr_array((clusters, self.place.size)),
            private=none,
            private_limit=np.zeros(0),
            private_loads=csr_array((clusters, 0)),
            earlier=[],
            without=self._explained(without),
        )

    def certified(self, prices: SparsePrices, enough: float) -> float:
        """What the applications cost at least at these prices, the prices not yet paid back [W]."""
        price = self.price(prices)
        scarce = np.flatnonzero(price)
        paid = float(price[scarce] @ self.network.capacity[scarce])
        return float(self.pricer.certified(price, enough)) + paid

    def _prepare(self, instance: Instance, own_group: Bools, clock: Clock) -> None:
        self.own_group = own_group
        how = clock, self.setting.levels, self.setting.threads
        prepared = prepare(instance, self.network, self.demand, own_group, *how)
        self.groups, self.figures, self.pricer = prepared

    @cached_property
    def _members(self) -> Ints:
        return np.bincount(self.cluster, minlength=self.clusters).astype(np.int32)

    def _newly_exceeded(self, loads: Any) -> Ints:
        """Private capacities that all clusters together exceed, and that are no rows yet."""
        used = np.asarray(loads.sum(axis=0)).ravel()
        over = np.flatnonzero(self.private & (used > self.network.capacity))
        return np.setdiff1d(over, self.rows).astype(np.int32)

    def _loads_on(self, private: Ints, assignments: Assignments) -> Any:
        """What assignments use of some private capacities: only applications from their nodes do."""
        nodes, network = self.network.nodes, self.network
        ends = np.where(network.shared[network.tail], network.head, network.tail)
        node = np.where(private < 2 * nodes, private % nodes, ends[np.maximum(private - 2 * nodes, 0)])
        concerned = np.isin(self.demand.source[assignments.application], node)
        some = assignments.take(np.flatnonzero(concerned))
        return csr_array(self.figures.loads(some, self.cluster[some.application], self.clusters)[:, private])

    def _explained(self, without: Any) -> list[str]:
        if not without.size:
            return []
        instance = self.instance
        told = [explain(instance, instance.applications[int(h)]) for h in without[:NAMED]]
        more = without.size - NAMED
        return [*told, f"{more} more applications"] if more > 0 else told


def numbers_of(names: Iterable[str]) -> NDArray[np.uint64]:
    """A number for each name: as good as the name, and a tenth of its size."""
    digests = b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, np.uint64)


def refuse_indivisible(instance: Instance) -> None:
    """Refuse what a sum over partitions does not say.

    Raises
    ------
    InstanceError
        Nodes have slices, applications share the weights of a model, early exits have budgets of their own,
        applications have limits on energy, carbon or cost, or moving blocks costs something.
    """
    problems = []
    advice = "solve it without an executor"
    if shares_weights(instance):
        rule = f"memory of shared weights is no sum over partitions; {advice}"
        problems.append(Problem("models", rule))
    if instance.moves:
        problems.append(Problem("applications", f"moving blocks needs one solve; {advice}"))
    if instance.has_slices:
        rule = f"slices have no price that partitions could share; {advice}"
        problems.append(Problem("nodes", rule))
    applications = instance.applications
    limited = ApplicationTable.of(applications).limits
    if limited:
        rule = f"{', '.join(LIMITS)} need one solve; {advice}"
        problems.append(Problem("applications", rule, applications[min(limited)].id))
    if not isinstance(applications, ApplicationTable) or applications.has_results:
        late = next((a for a in applications if may_return_late(instance, a)), None)
        if late is not None:
            rule = f"results of early exits that are larger than what is sent on need one solve; {advice}"
            problems.append(Problem("applications", rule, late.id))
    if problems:
        raise InstanceError(problems, instance.name or "instance")


class Description(NamedTuple):
    """What the caller knows of a partition.

    ``least`` and ``most``: bounds on what any placement costs [W]; ``private``: a number for the name of
    each private node, no two partitions may have the same.
    """

    size: int
    models: int
    shared: SharedCapacities
    private: NDArray[np.uint64]
    least: float
    most: float


def describe(partition: Partition) -> Description:
    """Tell the caller about a partition."""
    return Description(
        size=partition.demand.size,
        models=int(partition.demand.model.max()) + 1,
        shared=partition.shared,
        private=partition.private_names,
        least=partition.pricer.least(),
        most=partition.pricer.most(),
    )
