"""Executors that a caller gives, and what tells them apart."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from typing import Any


def answering(executor: Any) -> Any:
    """The client of Dask in the place of its plain executor.

    That one never answers a call whose finished result was lost with its worker, when the calls made to
    compute it again are then blamed for the deaths of others; the client's own futures do.
    """
    plain = getattr(executor, "_kwargs", None) == {}
    return getattr(executor, "_client", executor) if plain else executor


def workers_of(executor: Any) -> list[str] | None:
    """The addresses of the workers of a Dask client; None: the executor does not say who works."""
    ask = getattr(executor, "nthreads", None)
    return sorted(ask()) if callable(ask) else None


def submit_to(executor: Any, worker: str | None, function: Any, *arguments: Any) -> Future[Any]:
    """Hand on a call, to a worker if one is named; another may take it when that one is gone."""
    if worker is None:
        future: Future[Any] = executor.submit(function, *arguments)
        return future
    calls: Future[Any] = executor.submit(
        function, *arguments, workers=[worker], allow_other_workers=True, pure=False
    )
    return calls


def outcome_of(future: Future[Any]) -> Any:
    """What a future holds, or the exception that kept it from holding something."""
    if future.cancelled():
        return CancelledError("the executor gave it up")
    try:
        return future.result()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return error
