"""What is simulated: how samples arrive, how they queue, for how long and how often."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from finopt.problem.errors import shown
from finopt.problem.options import NUMBER, RULES, WHOLE, AnyRule, Choice, OptionError, Rule

Arrivals = Literal["poisson", "deterministic"]
"""Exponential times between samples, or always the same."""

Discipline = Literal["processor-sharing", "fifo", "none"]
"""All at once at equal shares, one after the other, or nobody waits for others."""

Exits = Literal["drawn", "even"]
"""Each sample leaves by chance, or they take turns and count as much as planned."""

MOST_SAMPLES = 2_000_000
"""Of one replication: what they go through is kept until it is over, about 100 bytes per visit."""

MOST_REPLICATIONS = 10_000

FEWEST, EACH, ENOUGH = 10_000, 100, 1_000_000
"""Samples of a replication by default: at least, per application, and at most."""

WARM_UP = 0.1
"""By default, as a share of the horizon."""

STUDY_RULES: dict[str, AnyRule] = {
    "arrivals": Choice(get_args(Arrivals)),
    "nodes": Choice(get_args(Discipline)),
    "links": Choice(get_args(Discipline)),
    "exits": Choice(get_args(Exits)),
    "samples": Rule(WHOLE, 1, MOST_SAMPLES, optional=True),
    "horizon": Rule(NUMBER, optional=True, inner=True),
    "warm_up": Rule(NUMBER, optional=True),
    "replications": Rule(WHOLE, 1, MOST_REPLICATIONS),
    "seed": RULES["seed"],
}
"""The values that each field may have."""


@dataclass(frozen=True)
class Study:
    """What is simulated.

    Attributes
    ----------
    arrivals : {"poisson", "deterministic"}
        Times between samples: exponential, or all the same from a random beginning on.
    nodes, links : {"processor-sharing", "fifo", "none"}
        How samples share them. "none": each has them for itself, as in a plan without ``waiting``.
    exits : {"drawn", "even"} or None
        "drawn": each sample leaves at an exit by chance, with the planned shares. "even": exits take turns,
        and means count every exit with its planned share. None: "even" if arrivals are deterministic.
    samples : int or None
        Of all applications together that are measured per replication, in the mean; None: 10 000, or 100 per
        application, 1 000 000 at most.
    horizon : float or None
        Seconds that are measured, instead of ``samples``.
    warm_up : float or None
        Seconds before; None: a tenth of the horizon.
    replications : int
        Independent repetitions; intervals of confidence need 2.
    seed : int
        The same seed gives the same answer.
    """

    arrivals: Arrivals = "poisson"
    nodes: Discipline = "processor-sharing"
    links: Discipline = "fifo"
    exits: Exits | None = None
    samples: int | None = None
    horizon: float | None = None
    warm_up: float | None = None
    replications: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what a field cannot be, see `finopt.problem.options`."""
        for name, value in asdict(self).items():
            if not (name == "exits" and value is None):
                vars(self)[name] = STUDY_RULES[name].checked(name, value)
        if self.samples is not None and self.horizon is not None:
            raise OptionError("samples and horizon say the same thing twice: give one of them")

    @property
    def even(self) -> bool:
        """Whether exits take turns."""
        return (self.exits or ("even" if self.arrivals == "deterministic" else "drawn")) == "even"

    def window(self, rates: Any) -> tuple[float, float]:
        """When measuring begins and ends [s], for applications of these rates.

        Raises
        ------
        OptionError
            More samples would arise than fit in memory.
        """
        rate, count = float(sum(rates)), len(rates)
        samples = self.samples or min(max(FEWEST, EACH * count), ENOUGH)
        horizon = self.horizon or samples / rate
        warm_up = WARM_UP * horizon if self.warm_up is None else self.warm_up
        if rate * (warm_up + horizon) > 1.2 * MOST_SAMPLES:
            what = f"{shown(round(rate * (warm_up + horizon)))} samples per replication"
            raise OptionError(f"horizon and warm_up give {what}, {MOST_SAMPLES} are possible: shorten them")
        return warm_up, warm_up + horizon
