"""Several applications for FIN: which of its ways to coordinate them an instance takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from finopt.evaluation.result import Result
from finopt.graph.drivers.sharing import shares_weights, solve_sharing
from finopt.heuristics.joint.application_weights import checked_weights
from finopt.heuristics.joint.ending import with_ending
from finopt.problem.application_table import ApplicationTable
from finopt.problem.formatting import percent
from finopt.problem.instance import Instance
from finopt.problem.objective import LIMITS
from finopt.problem.options import Admit, OptionError
from finopt.problem.results import may_return_late
from finopt.problem.status import Termination
from finopt.solvers.call import Call


@dataclass(frozen=True)
class Several:
    """Options of FIN that are for several applications; see `finopt.heuristics.fin.solve`."""

    gap: float
    gamma: int | None
    admit: Admit
    weights: Mapping[str, float] | None
    executor: Executor | None

    def solve(
        self,
        instance: Instance,
        call: Call,
        place: Callable[[Instance], Result],
        place_in_turn: Callable[[], Result],
    ) -> Result:
        """Place them by prices, over workers, with shared weights, or in turn.

        They take turns where there are slices, or where some have budgets of their own: these have no prices.

        Parameters
        ----------
        instance : Instance
        call : Call
        place : callable
            Places all of an instance without shared weights, by the same options.
        place_in_turn : callable
            Places the applications one after the other.
        """
        from finopt.heuristics.joint.closed_result import close  # these load scipy and HiGHS
        from finopt.heuristics.joint.joint_fin import solve_jointly

        weights = checked_weights(self.weights, instance)
        if self.executor is not None:
            from finopt.heuristics.joint.distributed.solving import solve_over_workers

            return solve_over_workers(
                instance, self.executor, call, self.admit, gap=self.gap, gamma=self.gamma
            )
        if self.admit == "all" and shares_weights(instance):
            return with_ending(solve_sharing(instance, place, call.clock), self.gap, searched=True)
        if instance.has_slices:
            if self.admit == "best":
                raise OptionError("admit='best' needs an instance without slices")
            return in_turn_with_slices(place_in_turn(), self.gap)
        if some_have_budgets(instance):
            if self.admit == "best":
                raise OptionError(f"admit='best' {_needs(instance)}")
            return close(instance, place_in_turn(), self.gap, call.seed, call.clock)
        return solve_jointly(
            instance, call, gap=self.gap, gamma=self.gamma, admit=self.admit, weights=weights
        )


def in_turn_with_slices(result: Result, gap: float) -> Result:
    """What placing in turn found, with what would help where the gap asked for is not reached."""
    if result.termination is not Termination.COMPLETED or result.objective is None:
        return result
    if result.gap is not None and result.gap <= gap:
        return result
    found = f"the gap of {percent(result.gap)} is above the {percent(gap)} asked for"
    why = "with slices applications are placed one after the other; method 'milp' searches on"
    return replace(result, termination=Termination.LIMIT, reason=f"{found}; {why}")


def some_have_budgets(instance: Instance) -> bool:
    """Whether early exits, or limits on energy, carbon or cost, are budgets that value tables do not have."""
    applications = instance.applications
    if isinstance(applications, ApplicationTable):
        if applications.limits:
            return True
        if not applications.has_results:
            return False
    return any(one.limits or may_return_late(instance, one) for one in applications)


def _needs(instance: Instance) -> str:
    """What would have to be otherwise to place the applications by prices."""
    if any(application.limits for application in instance.applications):
        return f"needs applications without {', '.join(LIMITS)}"
    return "needs results of early exits that are no larger than what is sent on"
