"""Finds the connections whose handler takes long, with one timer per event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakKeyDictionary, ref

INTERVAL = 0.02
"""Seconds between looks; what still runs at the second look takes long."""


class Watch:
    """Calls back for what was started and is still not stopped after one to two intervals."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = ref(loop)  # weak, as the loop is the key under which a watch is kept
        self._fresh: set[Callable[[], None]] = set()
        self._seen: set[Callable[[], None]] = set()
        self._ticking = False

    def start(self, callback: Callable[[], None]) -> None:
        """Begin to watch; `callback` is called at most once."""
        self._fresh.add(callback)
        if not self._ticking:
            self._tick()

    def stop(self, callback: Callable[[], None]) -> None:
        """End to watch."""
        self._fresh.discard(callback)
        if self._seen:
            self._seen.discard(callback)

    def _look(self) -> None:
        late, self._seen, self._fresh = self._seen, self._fresh, set()
        self._ticking = False
        if self._seen:
            self._tick()
        for callback in late:
            callback()

    def _tick(self) -> None:
        loop = self._loop()
        assert loop is not None
        self._ticking = True
        loop.call_later(INTERVAL, self._look)


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


def current_watch() -> Watch:
    """Return the watch of the running event loop."""
    loop = asyncio.get_running_loop()
    watch = _watches.get(loop)
    if watch is None:
        watch = _watches[loop] = Watch(loop)
    return watch
