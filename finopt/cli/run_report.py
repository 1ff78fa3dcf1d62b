"""What `finopt run` prints: samples and totals in words, or all of it as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from finopt.problem.formatting import counted, percent, quantity, table

if TYPE_CHECKING:
    from finopt.runtime.manifest import ApplicationPlan, Piece
    from finopt.runtime.run import Measured, Run

NOTE = (
    "A check of the plan on one machine: computing takes what it takes here, links are emulated. No server."
)


def text(run: Run, listed: bool = True) -> str:
    """Every sample, and totals by application."""
    lines = []
    for plan in run.manifest.applications:
        samples = run.of(plan.application)
        lines.append(_head(plan, len(samples)))
        if listed and samples:
            lines.append(_sample_table(plan, samples))
        if samples:
            lines += [_exit_table(plan, samples), *_verdict(plan, samples)]
    if run.reason:
        lines.append(f"ended early: {run.reason}")
    return "\n".join([*lines, NOTE])


def _head(plan: ApplicationPlan, count: int) -> str:
    nodes = " -> ".join(piece.node for piece in plan.pieces)
    return f"{plan.application}: {counted(count, 'sample')} of {plan.model} over {nodes}"


def _sample_table(plan: ApplicationPlan, samples: Sequence[Measured]) -> str:
    rows = [
        (
            str(sample.number),
            sample.exit,
            quantity(plan.exit_by_id[sample.exit].predicted_latency, "s"),
            quantity(sample.seconds, "s"),
            _difference(sample),
        )
        for sample in samples
    ]
    return table(("sample", "exit", "predicted", "measured", "difference"), rows, "rlrrr") + "\n"


def _difference(sample: Measured) -> str:
    if sample.whole_exit is None:
        return "-"
    if sample.whole_exit != sample.exit:
        return f"the whole model leaves at {sample.whole_exit}"
    return "another shape" if sample.difference is None else f"{sample.difference:.3g}"


def _exit_table(plan: ApplicationPlan, samples: Sequence[Measured]) -> str:
    rows = [_exit_row(plan, name, samples) for name in plan.exit_by_id]
    predicted, measured = (quantity(mean, "s") for mean in means(plan, samples))
    rows.append(("mean", str(len(samples)), "", "", predicted, measured, ""))
    header = ("exit", "samples", "share", "planned", "predicted", "median", "p95")
    return table(header, rows, "lrrrrrr")


def _exit_row(plan: ApplicationPlan, name: str, samples: Sequence[Measured]) -> tuple[str, ...]:
    own, exit_ = [sample for sample in samples if sample.exit == name], plan.exit_by_id[name]
    share = percent(len(own) / len(samples))
    predicted = quantity(exit_.predicted_latency, "s")
    return (name, str(len(own)), share, percent(exit_.share), predicted, *_times(own))


def means(plan: ApplicationPlan, samples: Sequence[Measured]) -> tuple[float, float]:
    """Mean of what is predicted of these samples by the exits they took, and of what was measured [s]."""
    predicted = [plan.exit_by_id[sample.exit].predicted_latency for sample in samples]
    return fmean(predicted), fmean(sample.seconds for sample in samples)


def _times(samples: Sequence[Measured]) -> tuple[str, str]:
    found = latencies(samples)
    return quantity(found["median"], "s"), quantity(found["p95"], "s")


def latencies(samples: Sequence[Measured]) -> dict[str, float | None]:
    """Median and 95th percentile of the measured latency [s]."""
    import numpy as np

    seconds = [sample.seconds for sample in samples]
    if not seconds:
        return {"median": None, "p95": None}
    return {"median": float(np.median(seconds)), "p95": float(np.percentile(seconds, 95))}


def _verdict(plan: ApplicationPlan, samples: Sequence[Measured]) -> Iterator[str]:
    compared = [sample for sample in samples if sample.equal is not None]
    equal = sum(bool(sample.equal) for sample in compared)
    if compared:
        largest = max((s.difference for s in compared if s.difference is not None), default=0.0)
        what = f"{equal} of {counted(len(compared), 'sample')}"
        yield f"exit and output as of the whole model: {what}, largest difference {largest:.3g}"
    else:
        yield "not compared with the whole model"
    energy = sum(sample.energy for sample in samples) / len(samples)
    planned = quantity(plan.predicted_energy, "J")
    yield f"energy by measured seconds and stated powers: {quantity(energy, 'J')} a sample, planned {planned}"
    yield from _larger_tensors(plan)


def _larger_tensors(plan: ApplicationPlan) -> Iterator[str]:
    """Tensors that travel in another size than the plan counts them."""
    for piece in plan.pieces:
        bits = _bits(piece)
        if piece.route and bits is not None and abs(bits - piece.planned_bits) > 0.5:
            planned, sent = quantity(piece.planned_bits, "bit"), quantity(bits, "bit")
            yield f"note: the input of {piece.id} is {sent} here, the plan counts {planned}"


def _bits(piece: Piece) -> float | None:
    """Size of the input of a piece as it is sent; None where it is open [bit]."""
    import numpy as np

    shape = piece.input.shape
    sizes = [size for size in shape if size is not None]
    whole = len(sizes) == len(shape)
    return 8.0 * math.prod(sizes) * np.dtype(piece.input.type).itemsize if whole else None


def as_json(run: Run) -> dict[str, Any]:
    """Everything that was measured, as plain data."""
    return {
        "format": "finopt-run",
        "version": 1,
        "instance": run.manifest.instance,
        "interrupted": run.interrupted,
        "reason": run.reason,
        "applications": [_application(plan, run.of(plan.application)) for plan in run.manifest.applications],
    }


def _application(plan: ApplicationPlan, samples: Sequence[Measured]) -> dict[str, Any]:
    compared = [sample for sample in samples if sample.equal is not None]
    differences = [sample.difference for sample in compared if sample.difference is not None]
    return {
        "application": plan.application,
        "nodes": [piece.node for piece in plan.pieces],
        "samples": len(samples),
        "compared": len(compared),
        "equal": sum(bool(sample.equal) for sample in compared),
        "largest_difference": max(differences, default=None),
        "predicted_mean": means(plan, samples)[0] if samples else None,
        "mean": means(plan, samples)[1] if samples else None,
        "latency": latencies(samples),
        "predicted_energy": plan.predicted_energy,
        "energy": sum(sample.energy for sample in samples) / len(samples) if samples else None,
        "exits": [_exit(plan, name, samples) for name in plan.exit_by_id],
        "measured": [_sample(plan, sample) for sample in samples],
    }


def _exit(plan: ApplicationPlan, name: str, samples: Sequence[Measured]) -> dict[str, Any]:
    own, exit_ = [sample for sample in samples if sample.exit == name], plan.exit_by_id[name]
    return {
        "exit": name,
        "threshold": exit_.threshold,
        "samples": len(own),
        "planned_share": exit_.share,
        "predicted_latency": exit_.predicted_latency,
        "latency": latencies(own),
    }


def _sample(plan: ApplicationPlan, sample: Measured) -> dict[str, Any]:
    return {
        "sample": sample.number,
        "exit": sample.exit,
        "predicted": plan.exit_by_id[sample.exit].predicted_latency,
        "seconds": sample.seconds,
        "computing": list(sample.computing),
        "energy": sample.energy,
        "whole_exit": sample.whole_exit,
        "difference": sample.difference,
    }
