"""What handlers under test did, and a gate that holds them."""

from __future__ import annotations

import asyncio


class Probe:
    """Notes of what happened, to be awaited; and gates that handlers wait at."""

    def __init__(self) -> None:
        self.notes: list[object] = []
        self.gate = asyncio.Event()
        self._changed = asyncio.Event()

    def note(self, what: object) -> None:
        self.notes.append(what)
        self._changed.set()

    async def noted(self, what: object, times: int = 1) -> None:
        """Await that something was noted."""
        async with asyncio.timeout(5):
            while self.notes.count(what) < times:
                self._changed.clear()
                await self._changed.wait()

    async def hold(self, what: object) -> None:
        """Note that somebody is here, and wait until the gate is open."""
        self.note(what)
        await self.gate.wait()
