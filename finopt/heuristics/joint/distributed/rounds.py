"""The rounds of prices with partitions: the master stays here, columns and loads come from the workers.

Rows of the master are the shared capacities, and those private capacities that all answers of one round
together exceeded: hardly any, for most devices can run all of their applications.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from finopt.heuristics.joint.distributed.commands import Ask, Certify, Divide
from finopt.heuristics.joint.distributed.conversation import Conversation
from finopt.heuristics.joint.distributed.partition import Answered, Description, SparsePrices
from finopt.heuristics.joint.distributed.placing import MixOfPartition
from finopt.heuristics.joint.price_rounds import PriceRounds
from finopt.heuristics.joint.restricted_master import Master
from finopt.heuristics.joint.tuning import CLUSTERS, COARSE_FROM, MASTER_PENALTY, ROWS_EACH
from finopt.problem.array_types import Floats, Ints
from finopt.problem.status import Termination
from finopt.problem.tolerances import ROUNDING
from finopt.solvers.clock import Clock
from finopt.solvers.progress import report


class DistributedRounds(PriceRounds):
    """What the rounds found; capacities are the shared ones, then private ones that are rows.

    Parameters
    ----------
    conversation : Conversation
    described : sequence of Description
        Of the partitions.
    clock : Clock
    gap : float
    seed : int

    Attributes
    ----------
    without : list of str
        Why some applications have no path when all is free.
    """

    def __init__(
        self,
        conversation: Conversation,
        described: Sequence[Description],
        clock: Clock,
        gap: float,
        seed: int,
    ) -> None:
        self.conversation, self.clock, self.gap, self.seed = conversation, clock, gap, seed
        self.shared = described[0].shared
        self.bound, self.mix, self.master = 0.0, None, None
        self.termination = Termination.COMPLETED
        self.seconds = {"pricing_s": 0.0, "master_s": 0.0}
        self.without: list[str] = []
        self._size = sum(one.size for one in described)
        self._rounds = 0
        self._limit = self.shared.limit
        self._private = [np.zeros(0, np.int32) for _ in described]  # in the numbers of the partition
        self._row = [np.zeros(0, np.int64) for _ in described]  # and here
        self.price = np.zeros(self._limit.size)
        each = ROWS_EACH if self._size <= ROWS_EACH else 0
        most = max(CLUSTERS // len(described), described[0].models)
        counts = conversation.all(Divide(each, most))
        self.start = np.concatenate([[0], np.cumsum(counts)])

    @property
    def capacity(self) -> Floats:
        """Those that prices are for, shape (capacities,)."""
        return self._limit

    @property
    def size(self) -> int:
        """Number of applications."""
        return self._size

    @property
    def rounds(self) -> int:
        """How many were answered."""
        return self._rounds

    @property
    def stuck(self) -> bool:
        """Whether some application found no path when all was free."""
        return bool(self.without)

    def certified(self, price: Floats, enough: float = 0.0) -> float:
        """Valid lower bound on the total power at these prices [W]; inf: some application has no path."""
        commands = {p: Certify(self._prices_of(p, price), enough) for p in range(self.conversation.size)}
        return self._bound(math.fsum(self.conversation.each(commands)), price)

    def mix_of(self, number: int) -> MixOfPartition:
        """What the mix means for a partition."""
        assert self.mix is not None
        mine = slice(self.start[number], self.start[number + 1])
        prices = self._prices_of(number, self.mix.price), self._prices_of(number, self.price)
        return MixOfPartition(self.shares()[:, mine], *prices, self.size > COARSE_FROM)

    def used(self) -> Floats:
        """What the mix uses of every shared capacity, shape (partitions, shared capacities)."""
        assert self.mix is not None and self.master is not None
        known = self.mix.share.size
        loads = self.master.loads[:known, : self.shared.limit.size]
        owner = np.searchsorted(self.start, self.master.cluster[:known], side="right") - 1
        shape = self.conversation.size, known
        weighted = csr_array((self.mix.share, (owner, np.arange(known))), shape)
        return np.asarray((weighted @ loads).toarray())

    def _ask(self, price: Floats) -> Floats:
        """Answers to prices become columns of the master; returns what they use of every capacity."""
        begin = time.perf_counter()
        report("prices", self._rounds)
        commands = {p: Ask(self._prices_of(p, price)) for p in range(self.conversation.size)}
        answers: list[Answered] = self.conversation.each(commands)
        self.seconds["pricing_s"] += time.perf_counter() - begin
        bound = self._bound(math.fsum(answer.value for answer in answers), price)
        self._add_rows(answers)
        if bound > self.bound or not self._rounds:
            self.bound, self.price = max(0.0, bound), self._padded(price)
        self._rounds += 1
        if self._rounds == 1:
            self.without = [reason for answer in answers for reason in answer.without]
        return np.zeros(self._limit.size) if self.without else self._add(answers)

    def _add(self, answers: Sequence[Answered]) -> Floats:
        """A column of the master per cluster; returns what all assignments use of every capacity."""
        begin = time.perf_counter()
        power = np.concatenate([answer.power for answer in answers])
        if self.master is None:
            unit = float(power.mean()) or 1.0
            penalty = MASTER_PENALTY * np.where(power > 0, power, unit)
            self.master = Master(self._limit, penalty, unit, self.seed)
        loads = csr_array(vstack([self._all_loads(p, answer) for p, answer in enumerate(answers)], "csr"))
        columns: Ints = np.flatnonzero(np.concatenate([answer.whole for answer in answers])).astype(np.int32)
        self.master.add(columns, power[columns], loads[columns], self._rounds - 1)
        self.seconds["master_s"] += time.perf_counter() - begin
        return np.asarray(loads.sum(axis=0)).ravel()

    def _all_loads(self, number: int, answer: Answered) -> csr_array:
        """Loads of clusters on all capacities here, shape (clusters, capacities)."""
        own, private = answer.loads, answer.private_loads.tocoo()
        column = self._row[number][private.col]
        shape = own.shape[0], self._limit.size - own.shape[1]
        elsewhere = csr_array((private.data, (private.row, column - own.shape[1])), shape)
        return csr_array(hstack([own, elsewhere], "csr"))

    def _add_rows(self, answers: Sequence[Answered]) -> None:
        """Private capacities become rows, with what the answers of earlier rounds use of them."""
        new = [np.arange(answer.private.size) for answer in answers]
        first = np.cumsum([self._limit.size, *(one.size for one in new)])
        for p, answer in enumerate(answers):
            self._private[p] = np.concatenate([self._private[p], answer.private])
            self._row[p] = np.concatenate([self._row[p], first[p] + new[p]])
        if self.master is not None and first[-1] > self._limit.size:
            blocks = [self._earlier(p, answer) for p, answer in enumerate(answers)]
            self.master.widen(
                np.concatenate([answer.private_limit for answer in answers]), hstack(blocks, "csr")
            )
        self._limit = np.concatenate([self._limit, *(answer.private_limit for answer in answers)])
        self.price = self._padded(self.price)

    def _earlier(self, number: int, answer: Answered) -> csr_array:
        """What the columns that there are use of the new rows of a partition, shape (columns, new)."""
        assert self.master is not None
        cluster, rounds = self.master.cluster, self.master.round
        mine = np.flatnonzero((cluster >= self.start[number]) & (cluster < self.start[number + 1]))
        shape = cluster.size, answer.private.size
        if not answer.earlier or not mine.size:
            return csr_array(shape)
        clusters = self.start[number + 1] - self.start[number]
        whole = csr_array(vstack(answer.earlier, "csr"))
        own = whole[rounds[mine] * clusters + cluster[mine] - self.start[number]].tocoo()
        return csr_array((own.data, (mine[own.row], own.col)), shape)

    def _prices_of(self, number: int, price: Floats) -> SparsePrices:
        """The prices that concern a partition."""
        shared = np.flatnonzero(price[: self.shared.limit.size]).astype(np.int32)
        known = self._row[number] < price.size
        private, paid = self._private[number][known], price[self._row[number][known]]
        some = paid > 0
        return SparsePrices(shared, price[shared], private[some], paid[some])

    def _padded(self, price: Floats) -> Floats:
        return np.concatenate([price, np.zeros(self._limit.size - price.size)])

    def _bound(self, value: float, price: Floats) -> float:
        if not math.isfinite(value):
            return math.inf
        scarce = np.flatnonzero(price)
        paid = float(price[scarce] @ self._limit[scarce])
        return value - paid - ROUNDING * (value + paid)
