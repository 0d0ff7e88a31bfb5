"""
Pytest plugin: database connections of worker threads end with the test that opened them.

Asynchronous code reaches the database from threads that outlive a test. Django never closes a connection to SQLite in
memory, so a later test without a database would find one open there, and closing it is refused to such a test.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from weakref import WeakSet

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

_opened: WeakSet[BaseDatabaseWrapper] = WeakSet()


def _remember(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    if threading.current_thread() is not threading.main_thread():
        _opened.add(connection)


connection_created.connect(_remember, dispatch_uid=__name__)


@pytest.fixture(autouse=True)
def _close_connections_of_threads() -> Iterator[None]:
    yield
    while _opened:
        connection = _opened.pop()
        connection.inc_thread_sharing()
        # That of the base class: SQLite's leaves a database in memory open.
        BaseDatabaseWrapper.close(connection)
        connection.dec_thread_sharing()
