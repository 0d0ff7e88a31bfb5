"""What a test sees of a connection from inside."""

from __future__ import annotations

from typing import Any

from chanx.core._wire import Wire

PROBE = "chanx.probe"
"""The key of a scope under which a test leaves its probe; servers never set it."""


class Probe:
    """Learns which consumer serves a connection, and what failed in it."""

    def __init__(self) -> None:
        self.consumer: type[Any] | None = None
        self.wire: Wire | None = None
        self.failures: dict[str, BaseException] = {}
        """What was answered with ``internal_error``, by ``error_id``."""
