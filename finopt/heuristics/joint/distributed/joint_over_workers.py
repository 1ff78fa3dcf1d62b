"""One joint solve over the workers of an executor.

1. Workers build their partitions and tell what these are.
2. Prices and a lower bound by column generation: the caller has the master, workers answer prices.
3. Workers prove what their applications cost at least at the best prices: the sum is the bound.
4. Partitions choose one assignment per application within their allotments, and exchange what is left.

Everything depends on the partitions, and not on who works on them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from finopt.graph.drivers.diagnosis import NAMED
from finopt.heuristics.joint.distributed.agreement import refuse_disagreement
from finopt.heuristics.joint.distributed.assigning import Assigning
from finopt.heuristics.joint.distributed.commands import Describe
from finopt.heuristics.joint.distributed.conversation import Conversation
from finopt.heuristics.joint.distributed.crew import Crew
from finopt.heuristics.joint.distributed.partition import Description, Setting
from finopt.heuristics.joint.distributed.rounds import DistributedRounds
from finopt.heuristics.joint.distributed.sources import Source
from finopt.heuristics.joint.explanation import price_rows
from finopt.heuristics.joint.steps import FINISHING, RESPITE, Steps, gap_of_prices, proven_infeasible
from finopt.heuristics.joint.tuning import (
    FOR_PRICES,
    MOST_LEVELS,
    RETURNS_MAY_COST,
)
from finopt.problem.status import Termination
from finopt.solvers.call import Call
from finopt.solvers.clock import Clock, OutOfTimeError
from finopt.solvers.progress import report


@dataclass
class JointOverWorkers(Steps):
    """One joint solve: what is known so far."""

    sources: Sequence[Source]
    executor: Executor
    call: Call
    gap: float
    gamma: int | None
    stats: dict[str, Any] = field(default_factory=dict)
    bound: float = 0.0
    termination: Termination = Termination.COMPLETED
    rounds: DistributedRounds | None = None
    assigning: Assigning | None = None
    build: float = 0.0

    def __post_init__(self) -> None:
        """Begin the conversation."""
        levels = self.gamma or MOST_LEVELS
        setting = Setting(levels, self.gap, self.call.seed, self.call.threads)
        self.clock = self.whole = self.call.clock
        self.conversation = Conversation(Crew(self.executor), self.sources, setting, self.clock)

    def run(self) -> None:
        """Prices, bound, assignments; whatever is known when time is up or Ctrl-C is pressed stays."""
        self._unless_cut_short(self._describe)
        if self.rounds is not None:
            self._unless_cut_short(self._generate_columns)
            self._unless_cut_short(self._certify, RESPITE["bound"])
            if self.bound < math.inf and self.rounds.mix is not None:
                self._unless_cut_short(self._find_assignments, RESPITE["assignments"])
            self.stats |= self._figures(self.rounds)

    @property
    def complete(self) -> bool:
        """Whether every application has a place."""
        return self.assigning is not None and bool(self.assigning.placed) and not self.assigning.missing

    def _set_clock(self, clock: Clock) -> None:
        self.clock = clock
        self.conversation.set_clock(clock)
        if self.rounds is not None:
            self.rounds.clock = clock

    def _describe(self) -> None:
        report("building")
        described: list[Description] = self.conversation.all(Describe())
        refuse_disagreement(self.sources, described)
        self.described = described
        self.size = np.array([one.size for one in described], float)
        self.whole = self.whole.earlier(FINISHING * self.size.sum())
        self._set_clock(self.whole)
        self.bound = math.fsum(one.least for one in described)
        aim = gap_of_prices(self.gap, int(self.size.sum()))
        self.rounds = DistributedRounds(self.conversation, described, self.clock, aim, self.call.seed)
        self.build = self.clock.elapsed

    def _generate_columns(self) -> None:
        assert self.rounds is not None
        self.rounds.run(FOR_PRICES * self.clock.limit)
        self.termination = self.rounds.termination

    def _certify(self) -> None:
        """The valid bound; when time is up, the quick one stays."""
        assert self.rounds is not None
        begin, rounds = time.perf_counter(), self.rounds
        report("bound")
        try:
            self.bound = max(self.bound, rounds.certified(rounds.price, RETURNS_MAY_COST * rounds.gap))
            if rounds.mix is not None and not rounds.complete:
                most = math.fsum(one.most for one in self.described)
                if proven_infeasible(rounds.certified, rounds.mix.price, most):
                    self.bound = math.inf
        except OutOfTimeError:
            self.termination = self.clock.ended
        report("bound", bound=self.bound)
        self.stats["certifying_s"] = time.perf_counter() - begin

    def _find_assignments(self) -> None:
        assert self.rounds is not None
        self.assigning = Assigning(self.rounds, self.size, self.clock, self.bound, self.gap)
        self._assign(self.assigning.run)

    def _figures(self, rounds: DistributedRounds) -> dict[str, Any]:
        lost = self.conversation.lost
        return rounds.stats | {"partitions": len(self.sources), "made_again": lost, "prices": self.prices()}

    def prices(self) -> list[dict[str, Any]]:
        """Rows of what is scarce among the shared, dearest first: what one more unit would save [W]."""
        if self.rounds is None or self.rounds.mix is None:
            return []
        shared = self.rounds.shared
        price = self.rounds.mix.price[: shared.limit.size]
        return price_rows(price, shared.limit, shared.names.__getitem__)

    def explain(self) -> str:
        """Why there is no placement: who fits nowhere, or that not all fit together."""
        if self.rounds is not None and self.rounds.without:
            return "; ".join(self.rounds.without[:NAMED])
        scarce = ", ".join(f"{row['kind']} of {row['id']}" for row in self.prices()[:NAMED])
        return f"the applications fit one by one, but not together; scarce: {scarce}"

    def explain_unplaced(self) -> str:
        """Why a search that came to its end has no answer."""
        missing = self.assigning.missing if self.assigning is not None else int(self.size.sum())
        scarce = ", ".join(f"{row['kind']} of {row['id']}" for row in self.prices()[:NAMED])
        return f"no room was found for {missing} of {int(self.size.sum())} applications; scarce: {scarce}"
