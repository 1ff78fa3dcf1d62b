"""The channel of progress: who hears what, how often, and what listeners may do. Time stands still here."""

from __future__ import annotations

import io
import logging
import math
import threading

import pytest

from finopt.solvers import background, progress, progress_line
from finopt.solvers.clock import Clock
from finopt.solvers.progress import END, Progress, listened_to, part, report, told_to
from finopt.solvers.progress_line import Line
from tests.fake_time import FakeTime


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    return FakeTime(monkeypatch, progress)


def test_events_come_at_most_now_and_then(time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.125)  # which adds up without rounding
    heard: list[Progress] = []
    with told_to(heard.append):
        for number in range(41):
            report("prices", number)
            time.advance(progress.EVERY / 4)
    assert [event.round for event in heard] == list(range(0, 41, 4))
    assert heard[1].seconds == progress.EVERY


def test_the_last_event_always_comes_and_has_the_figures_of_the_answer(time: FakeTime) -> None:
    heard: list[Progress] = []
    with told_to(heard.append) as channel:
        report("prices", 1, bound=1.0, best=9.0)
        channel.end(None, 3.0)
    assert [(event.phase, event.bound, event.best) for event in heard] == [
        ("prices", 1.0, 9.0),
        (END, None, 3.0),
    ]


def test_figures_stay_until_others_come_also_when_the_event_is_left_out(time: FakeTime) -> None:
    heard: list[Progress] = []
    with told_to(heard.append):
        report("prices", bound=1.0, best=math.inf)
        report("prices", bound=2.0)
        report("assignments", best=4.0, bound=-math.inf)
        time.advance(1.0)
        report("annealing")
    assert heard[0] == Progress("prices", None, 1.0, None, 0.0)
    assert heard[-1] == Progress("annealing", None, 2.0, 4.0, 1.0)
    assert (heard[0].gap, heard[-1].gap) == (None, 0.5)


def test_nobody_listens_outside_and_without_a_listener() -> None:
    assert not listened_to()
    with told_to(False):
        assert not listened_to()
        report("prices")
    with told_to(print):
        assert listened_to()
        with told_to(False):  # a call of its own, for example within a listener
            assert not listened_to()
    assert not listened_to()


def test_figures_of_a_part_are_not_those_of_the_whole(time: FakeTime) -> None:
    heard: list[Progress] = []
    with told_to(heard.append):
        with part("application 'a'"):
            report("levels", 8, bound=1.0, best=2.0)
            with part("configuration 0", 5.0):
                time.advance(1.0)
                report("levels", 8, bound=1.0, best=2.0)
        with part("configuration 1", 0.75):
            time.advance(1.0)
            report("levels", 16, bound=1.0, best=2.0)
    assert [event.phase for event in heard] == [
        "application 'a', levels",
        "application 'a', configuration 0, levels",
        "configuration 1, levels",
    ]
    assert [(event.bound, event.best) for event in heard] == [(None, None), (None, None), (0.75, None)]


def test_a_listener_that_raises_is_not_called_again(time: FakeTime) -> None:
    calls: list[Progress] = []

    def listener(event: Progress) -> None:
        calls.append(event)
        raise ValueError("no room")

    words = "progress raised ValueError: no room; it was not called again"
    with pytest.warns(RuntimeWarning, match=words), told_to(listener):
        for _ in range(3):
            report("prices")
            time.advance(1.0)
    assert len(calls) == 1


def test_events_are_logged_where_the_level_is_info(caplog: pytest.LogCaptureFixture, time: FakeTime) -> None:
    with caplog.at_level(logging.INFO, "finopt"), told_to(False):
        report("prices", 3, bound=0.5)
    assert [record.getMessage() for record in caplog.records] == ["prices (3), bound 0.5, 0.0 s"]
    with caplog.at_level(logging.WARNING, "finopt"), told_to(False):
        assert not listened_to()


def test_what_is_watched_is_told_in_the_thread_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "POLL", 0.001)
    seen: list[int] = []
    enough = threading.Event()

    def watch() -> None:
        seen.append(threading.get_ident())
        if len(seen) == 3:
            enough.set()

    assert background.run(lambda: enough.wait(30), lambda: None, Clock(), watch)
    assert set(seen) == {threading.get_ident()}
    assert len(seen) >= 3


def shown(*seconds: float) -> str:
    stream = io.StringIO()
    line = Line(stream)
    for second in seconds:
        line(Progress("prices", 1, 0.5, None, second))
    line.close()
    return stream.getvalue()


def test_the_line_is_rewritten_in_place_and_taken_off() -> None:
    text = shown(0.6, 0.7)
    assert "\n" not in text
    assert text.split("\r")[1:3] == ["prices (1), bound 0.5, 0.6 s", "prices (1), bound 0.5, 0.7 s"]
    assert text.split("\r")[3:] == [" " * len("prices (1), bound 0.5, 0.7 s"), ""]


def test_a_quick_call_shows_no_line() -> None:
    assert shown(0.0, 0.1, progress_line.LATER / 2) == ""


def test_the_line_fits_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    assert shown(1.0).split("\r")[1] == "prices (1),"
