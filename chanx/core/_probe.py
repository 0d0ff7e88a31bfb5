"""What a test sees of a connection from inside."""

from __future__ import annotations

import asyncio

from chanx.core._wire import Wire

PROBE = "chanx.probe"
"""The key of a scope under which a test leaves its probe; servers never set it."""


class Probe:
    """Learns who serves a connection, when that begins, and what fails in it."""

    def __init__(self, changed: asyncio.Event) -> None:
        self.wire: Wire | None = None
        self.opened = False
        self.failures: dict[str, BaseException] = {}
        """What was answered with ``internal_error``, by ``error_id``."""
        self._changed = changed

    def open(self) -> None:
        """Note that the first frame may be handled now."""
        self.opened = True
        self._changed.set()
