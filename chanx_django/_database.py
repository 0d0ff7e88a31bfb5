"""Closing Django's database connections between messages, and hopping to their thread only when one is due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from itertools import chain
from time import monotonic
from typing import Any, ParamSpec, TypeVar
from weakref import ReferenceType, ref

import channels.db
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

P = ParamSpec("P")
R = TypeVar("R")
Reference = ReferenceType[BaseDatabaseWrapper]
Known = tuple[Reference, ...]
CLOSE = BaseDatabaseWrapper.close_if_unusable_or_obsolete


class DatabaseHousekeeping:
    """
    Does what Channels does before each event, when it would have an effect.

    Channels hops to the thread of synchronous code for Django's ``close_old_connections()``. Here the event loop
    looks at the connections which that thread has opened, and hops only if Django would close or reset one.
    Different from Channels is one case: a connection inside a transaction is left alone, since that is either at
    work or a test's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, Known] = {}
        """The connections by the thread that opened them; replaced, never changed, so that it is read without the lock."""
        self._thread: ContextVar[int | None] = ContextVar("chanx_database_thread", default=None)
        """The thread to which this context hops, once it is known: that of another one would not be closed there."""
        self._queued: set[int] = set()
        """The threads to which somebody hops already, and has not arrived."""

    def due(self) -> bool:
        """Whether Django would close a connection now; False at once where none has been opened."""
        if not self._open:
            return False
        thread = self._thread.get()
        if thread is None:
            watched: Iterable[Reference] = chain.from_iterable(self._open.values())
        elif thread in self._queued:
            return False
        else:
            watched = self._open.get(thread, ())
        for known in watched:
            wrapper = known()
            if wrapper is not None and wrapper.connection is not None and _is_due(wrapper):
                return True
        return False

    async def run(self) -> None:
        """Close what is due, in the thread where it was opened."""
        thread = self._thread.get()
        if thread is not None:
            self._queued.add(thread)
        try:
            self._thread.set(await sync_to_async(self._close)())
        finally:
            if thread is not None:
                self._queued.discard(thread)

    def opened(self, *, connection: BaseDatabaseWrapper, **_: Any) -> None:
        """Get to know a connection: the receiver of Django's ``connection_created``."""
        if getattr(_own_thread, "active", False):
            return
        thread = threading.get_ident()
        with self._lock:
            alive = {ident: _alive(known) for ident, known in self._open.items()}
            mine = alive.get(thread, ())
            if all(known() is not connection for known in mine):
                alive[thread] = (*mine, ref(connection))
            self._open = {ident: known for ident, known in alive.items() if known}

    def _close(self) -> int:
        thread = threading.get_ident()
        self._queued.discard(thread)
        # Looked up where Channels' test communicator replaces it, to keep a test's connection open.
        vars(channels.db)["close_old_connections"]()
        with self._lock:
            kept = tuple(known for known in self._open.get(thread, ()) if _is_kept(known()))
            others = {ident: known for ident, known in self._open.items() if ident != thread}
            self._open = {**others, thread: kept} if kept else others
        return thread


def run_and_close(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function in a thread of the framework's own, whose connections are closed here and by nobody else."""
    _own_thread.active = True
    try:
        close_old_connections()
        return function(*args, **kwargs)
    finally:
        close_old_connections()
        _own_thread.active = False


def _is_due(wrapper: Any) -> bool:  # Any: the stubs of BaseDatabaseWrapper know no health checks
    """Whether Django's ``close_if_unusable_or_obsolete`` would do anything to an open connection."""
    return not wrapper.in_atomic_block and (
        _is_condemned(wrapper)
        # So that the next use checks the connection again.
        or (wrapper.health_check_enabled and wrapper.health_check_done)
        # A database backend with conditions of its own: only a hop tells.
        or type(wrapper).close_if_unusable_or_obsolete is not CLOSE
    )


def _is_condemned(wrapper: BaseDatabaseWrapper) -> bool:
    return (
        wrapper.errors_occurred
        or ((close_at := wrapper.close_at) is not None and monotonic() >= close_at)
        or wrapper.autocommit != wrapper.settings_dict["AUTOCOMMIT"]
    )


def _is_kept(wrapper: BaseDatabaseWrapper | None) -> bool:
    """
    Whether to go on watching after a hop.

    What is condemned still could not be closed there: an SQLite database in memory, or a connection of a thread
    that has ended. It would be hopped for again and again.
    """
    return wrapper is not None and wrapper.connection is not None and not _is_condemned(wrapper)


def _alive(known: Known) -> Known:
    return tuple(reference for reference in known if reference() is not None)


_own_thread = threading.local()
database_housekeeping = DatabaseHousekeeping()
connection_created.connect(database_housekeeping.opened, dispatch_uid="chanx")
