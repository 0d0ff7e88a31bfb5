from __future__ import annotations

import asyncio
import gc
import weakref

from chanx.core import _watch
from chanx.core._watch import Watch, current_watch


class Loop:
    """Takes timers; the test lets them go off."""

    def __init__(self) -> None:
        self.timers: list[object] = []

    def call_later(self, delay: float, callback: object) -> object:
        assert delay == _watch.INTERVAL
        self.timers.append(callback)
        return callback

    def tick(self) -> None:
        (callback,) = self.timers
        self.timers = []
        callback()


class Watched:
    """Counts how often it is called back."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.watch = Watch(self.loop)  # type: ignore[arg-type]
        self.late: list[str] = []

    def first(self) -> None:
        self.late.append("first")

    def second(self) -> None:
        self.late.append("second")


def test_what_runs_at_the_second_look_is_called_back_once() -> None:
    watched = Watched()
    watched.watch.start(watched.first)
    watched.loop.tick()
    assert watched.late == []
    watched.loop.tick()
    assert watched.late == ["first"]
    assert watched.loop.timers == []


def test_what_has_stopped_is_not_called_back() -> None:
    watched = Watched()
    watched.watch.start(watched.first)
    watched.watch.stop(watched.first)
    watched.watch.start(watched.second)
    watched.loop.tick()
    watched.watch.stop(watched.second)
    watched.loop.tick()
    assert watched.late == []


def test_one_timer_serves_all() -> None:
    watched = Watched()
    watched.watch.start(watched.first)
    watched.watch.start(watched.second)
    assert len(watched.loop.timers) == 1
    watched.loop.tick()
    watched.loop.tick()
    assert sorted(watched.late) == ["first", "second"]


def test_what_starts_later_waits_for_looks_of_its_own() -> None:
    watched = Watched()
    watched.watch.start(watched.first)
    watched.loop.tick()
    watched.watch.start(watched.second)
    watched.loop.tick()
    assert watched.late == ["first"]
    watched.loop.tick()
    assert watched.late == ["first", "second"]


def test_a_timer_runs_only_while_something_is_watched() -> None:
    watched = Watched()
    watched.watch.start(watched.first)
    watched.watch.stop(watched.first)
    watched.loop.tick()
    assert watched.loop.timers == []
    watched.watch.start(watched.first)
    assert len(watched.loop.timers) == 1


async def test_each_loop_has_one_watch() -> None:
    assert current_watch() is current_watch()


def test_the_watch_of_a_loop_goes_with_it() -> None:
    async def look() -> weakref.ref[asyncio.AbstractEventLoop]:
        current_watch().start(callback)
        return weakref.ref(asyncio.get_running_loop())

    def callback() -> None: ...

    loop = asyncio.run(look())
    gc.collect()
    assert loop() is None
