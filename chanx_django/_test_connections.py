"""What becomes of old database connections while communicators run."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any
from unittest import mock

import channels.db
from django.db import connections


class SparingClose:
    """
    Replaces Django's ``close_old_connections``, where Channels looks it up, as long as anybody needs it.

    A consumer in a test may share the test's connection, which must stay open in the test's transaction. And a
    test without a database must not fail because another one has left a connection.
    """

    def __init__(self) -> None:
        self._users = 0
        self._patch = mock.patch.object(channels.db, "close_old_connections", close_unless_needed)

    @contextmanager
    def in_use(self) -> Generator[None]:
        """Replace it, until the last of those who entered has left."""
        if not self._users:
            self._patch.start()
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._patch.stop()


def close_unless_needed(**_: Any) -> None:
    """Close old connections but those in a transaction, and those that pytest-django forbids to touch."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            with suppress(RuntimeError):
                connection.close_if_unusable_or_obsolete()


sparing_close = SparingClose()
