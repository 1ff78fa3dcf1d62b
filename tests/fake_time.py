"""A clock that only a test moves, in the place of a module's `time`."""

from __future__ import annotations

from types import ModuleType

import pytest


class FakeTime:
    """Stands still until it is told how many seconds have passed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> None:
        self.now = 0.0  # so that nothing is rounded when a whole limit passes
        for module in modules:
            monkeypatch.setattr(module, "time", self)

    def perf_counter(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
