"""When and where database connections are closed between messages."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from time import monotonic
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.backends.sqlite3.base import DatabaseWrapper
from pytest_django import DjangoDbBlocker

from chanx_django._database import DatabaseHousekeeping, database_housekeeping, run_and_close
from chanx_django.websocket import AsyncJsonWebsocketConsumer

FILE = "housekeeping"


@pytest.fixture(autouse=True)
def database(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """A database in a file, so that closing it has an effect, with the options that a test sets in the dict."""
    default = connections.settings["default"]
    options = {
        **default,
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "db"),
        "CONN_MAX_AGE": None,
    }
    connections.settings[FILE] = options
    try:
        with django_db_blocker.unblock():
            yield options
            in_both_threads(forget)
    finally:
        del connections.settings[FILE]


def in_both_threads(function: Callable[[], None]) -> None:
    """Call in this thread and in that of synchronous code."""
    function()
    SyncToAsync.single_thread_executor.submit(function).result()


def forget() -> None:
    connections[FILE].close()
    del connections[FILE]


@pytest.fixture
def house() -> Iterator[DatabaseHousekeeping]:
    """Housekeeping that has seen nothing yet."""
    fresh = DatabaseHousekeeping()
    connection_created.connect(fresh.opened)
    yield fresh
    connection_created.disconnect(fresh.opened)


def use() -> BaseDatabaseWrapper:
    """Run a query as a synchronous handler would, and return the connection."""
    with connections[FILE].cursor() as cursor:
        cursor.execute("SELECT 1")
    return connections[FILE]


class Hops:
    """Counts the hops."""

    def __init__(self, house: DatabaseHousekeeping, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: list[int] = []
        close = house._close

        def count() -> int:
            self.threads.append(threading.get_ident())
            return close()

        monkeypatch.setattr(house, "_close", count)


@pytest.fixture
def hops(house: DatabaseHousekeeping, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    return Hops(house, monkeypatch).threads


# --- the conditions


def states() -> Iterator[dict[str, Any]]:
    """Every state in which Django may find a connection."""
    for errors, autocommit, age, checks, checked in itertools.product(
        [False, True], [True, False], [None, -1, 1000], [False, True], [False, True]
    ):
        yield {
            "errors_occurred": errors,
            "autocommit": autocommit,
            "close_at": age,
            "health_check_enabled": checks,
            "health_check_done": checked,
        }


@pytest.mark.parametrize("usable", [True, False])
@pytest.mark.parametrize("state", list(states()), ids=lambda state: ",".join(map(str, state.values())))
def test_it_is_due_exactly_when_django_would_do_something(
    house: DatabaseHousekeeping, state: dict[str, Any], usable: bool
) -> None:
    wrapper = use()
    assert not house.due()
    age = state["close_at"]
    vars(wrapper).update(state, close_at=None if age is None else monotonic() + age)
    due = house.due()
    before = {name: vars(wrapper)[name] for name in ("connection", "errors_occurred")}
    with mock.patch.object(DatabaseWrapper, "is_usable", return_value=usable):
        wrapper.close_if_unusable_or_obsolete()
    acted = any(vars(wrapper)[name] is not value for name, value in before.items())
    # Resetting the flag matters only where connections are checked.
    reset = state["health_check_enabled"] and state["health_check_done"]
    assert due is (acted or reset)


def test_nothing_is_due_before_a_connection_is_opened(house: DatabaseHousekeeping) -> None:
    assert not house.due()


def test_a_closed_connection_is_not_due(house: DatabaseHousekeeping, database: dict[str, Any]) -> None:
    database["CONN_MAX_AGE"] = 0
    wrapper = use()
    assert house.due()
    wrapper.close()
    assert not house.due()


def test_a_connection_inside_a_transaction_is_left_alone(
    house: DatabaseHousekeeping, database: dict[str, Any]
) -> None:
    database["CONN_MAX_AGE"] = 0
    with transaction.atomic(FILE):
        use()
        assert not house.due()
    assert house.due()


def test_a_backend_with_conditions_of_its_own_is_always_asked(
    house: DatabaseHousekeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    use()
    assert not house.due()
    monkeypatch.setattr(DatabaseWrapper, "close_if_unusable_or_obsolete", lambda self: None, raising=False)
    assert house.due()


def test_a_connection_is_held_weakly(house: DatabaseHousekeeping) -> None:
    def use_and_close() -> None:
        use().close()

    thread = threading.Thread(target=use_and_close)
    thread.start()
    thread.join()
    assert len(house._open) == 1
    gc.collect()
    use()
    assert list(house._open) == [threading.get_ident()]


# --- the hop


async def test_a_due_connection_is_closed_in_the_thread_that_opened_it(
    house: DatabaseHousekeeping, database: dict[str, Any], hops: list[int]
) -> None:
    database["CONN_MAX_AGE"] = 0
    wrapper = await sync_to_async(use)()
    assert house.due()
    await house.run()
    assert wrapper.connection is None
    assert hops == [wrapper._thread_ident]
    assert not house.due()
    assert house._open == {}


async def test_a_lasting_connection_is_kept_and_costs_no_hop(house: DatabaseHousekeeping) -> None:
    wrapper = await sync_to_async(use)()
    assert not house.due()
    await house.run()
    assert wrapper.connection is not None
    assert not house.due()
    wrapper.errors_occurred = True
    assert house.due()


async def test_a_connection_after_an_error_is_tried_and_kept(house: DatabaseHousekeeping) -> None:
    wrapper = await sync_to_async(use)()
    wrapper.errors_occurred = True
    await house.run()
    assert wrapper.connection is not None
    assert not wrapper.errors_occurred
    assert not house.due()


async def test_a_connection_is_checked_again_at_its_next_use_after_a_hop(
    house: DatabaseHousekeeping, database: dict[str, Any]
) -> None:
    database["CONN_HEALTH_CHECKS"] = True
    wrapper = await sync_to_async(use)()
    assert house.due()
    await house.run()
    assert not house.due()
    with mock.patch.object(DatabaseWrapper, "is_usable", return_value=True) as asked:
        await sync_to_async(use)()
    asked.assert_called_once()
    assert wrapper.connection is not None
    assert house.due()


async def test_what_a_hop_cannot_close_is_hopped_for_once(
    house: DatabaseHousekeeping, database: dict[str, Any]
) -> None:
    """An SQLite database in memory doesn't close."""
    database |= {"CONN_MAX_AGE": 0, "NAME": ":memory:"}
    wrapper = await sync_to_async(use)()
    assert house.due()
    await house.run()
    assert wrapper.connection is not None
    assert not house.due()
    database["NAME"] = "closed below"
    await sync_to_async(BaseDatabaseWrapper.close)(wrapper)


async def test_connections_of_other_threads_are_hopped_for_once(
    house: DatabaseHousekeeping, database: dict[str, Any], hops: list[int]
) -> None:
    """Channels' hop wouldn't reach them either."""
    database["CONN_MAX_AGE"] = 0
    with ThreadPoolExecutor(1) as other:
        wrapper = await asyncio.get_running_loop().run_in_executor(other, use)
        assert house.due()
        await house.run()
        assert wrapper.connection is not None
        assert not house.due()
        await sync_to_async(use)()
        assert house.due()
        await house.run()
        assert not house.due()
        assert len(set(hops)) == 1
        await asyncio.get_running_loop().run_in_executor(other, wrapper.close)


async def test_each_thread_sensitive_context_hops_to_its_own_thread(
    house: DatabaseHousekeeping, database: dict[str, Any], hops: list[int]
) -> None:
    database["CONN_MAX_AGE"] = 0

    async def session() -> tuple[BaseDatabaseWrapper, int]:
        async with ThreadSensitiveContext():
            await house.run()
            wrapper = await sync_to_async(use)()
            assert house.due()
            await house.run()
            assert wrapper.connection is None
            return wrapper, wrapper._thread_ident

    loop = asyncio.get_running_loop()
    (_, first), (_, second) = [await loop.create_task(session(), context=copy_context()) for _ in range(2)]
    assert hops == [first, first, second, second]


async def test_one_hop_serves_all_who_wait_for_the_same_thread(
    house: DatabaseHousekeeping, database: dict[str, Any], hops: list[int]
) -> None:
    """A slow query in that thread holds up one connection rather than all."""
    database["CONN_MAX_AGE"] = 0
    await house.run()
    await sync_to_async(use)()
    go_on = threading.Event()
    slow = asyncio.ensure_future(sync_to_async(go_on.wait)())
    await asyncio.sleep(0)
    assert house.due()
    first = asyncio.ensure_future(house.run())
    await asyncio.sleep(0)
    assert not house.due()
    go_on.set()
    await asyncio.gather(slow, first)
    assert len(hops) == 2


async def test_a_cancelled_hop_leaves_the_connection_due(
    house: DatabaseHousekeeping, database: dict[str, Any]
) -> None:
    database["CONN_MAX_AGE"] = 0
    await house.run()
    await sync_to_async(use)()
    go_on = threading.Event()
    slow = asyncio.ensure_future(sync_to_async(go_on.wait)())
    await asyncio.sleep(0)
    hop = asyncio.ensure_future(house.run())
    await asyncio.sleep(0)
    hop.cancel()
    await asyncio.wait([hop])
    assert hop.cancelled()
    go_on.set()
    await slow
    assert house.due()
    await house.run()
    assert not house.due()


async def test_the_test_communicator_of_channels_keeps_connections_open(
    house: DatabaseHousekeeping, database: dict[str, Any]
) -> None:
    database["CONN_MAX_AGE"] = 0
    wrapper = await sync_to_async(use)()
    with mock.patch("channels.db.close_old_connections"):
        await house.run()
    assert wrapper.connection is not None
    assert not house.due()


# --- threads of the framework's own


async def test_the_pools_connections_are_closed_where_they_were_opened(
    house: DatabaseHousekeeping, database: dict[str, Any]
) -> None:
    database["CONN_MAX_AGE"] = 0
    with ThreadPoolExecutor(1) as pool:
        loop = asyncio.get_running_loop()
        wrapper = await loop.run_in_executor(pool, run_and_close, use)
        assert wrapper.connection is None
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(pool, run_and_close, lambda: (use(), 1 / 0))
        assert wrapper.connection is None
    assert not house.due()


async def test_the_pools_connections_are_not_watched(
    house: DatabaseHousekeeping, database: dict[str, Any]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        loop = asyncio.get_running_loop()
        wrapper = await loop.run_in_executor(pool, run_and_close, use)
        assert wrapper.connection is not None
        wrapper.errors_occurred = True
        assert not house.due()
        await loop.run_in_executor(pool, run_and_close, wrapper.close)


async def test_a_lasting_connection_of_the_pool_is_judged_before_its_next_use(
    database: dict[str, Any],
) -> None:
    with ThreadPoolExecutor(1) as pool:
        loop = asyncio.get_running_loop()
        wrapper = await loop.run_in_executor(pool, run_and_close, use)
        wrapper.close_at = monotonic() - 1
        found = await loop.run_in_executor(pool, run_and_close, lambda: wrapper.connection)
        assert found is None


def test_a_function_gets_its_arguments_and_returns_its_result() -> None:
    assert run_and_close(max, 1, 3, key=lambda value: -value) == 1


def test_consumers_use_it() -> None:
    assert AsyncJsonWebsocketConsumer.housekeeping is database_housekeeping
    assert database_housekeeping.opened in [receiver() for _, receiver, *_ in connection_created.receivers]
