"""The fixtures of chanx for pytest; importing it imports neither Django nor chanx."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from chanx.core.testing import Broadcasts, ConsumerClass, Headers
    from chanx_django.testing import DjangoWebsocketCommunicator

Test = Callable[..., Awaitable[None]]
ASYNC_PLUGINS = ("asyncio", "pytest_asyncio", "pytest_asyncio.plugin", "anyio")
"""The names under which pytest may know a plugin that runs asynchronous tests."""


class CommunicatorFactory(Protocol):
    """Makes communicators that are disconnected when the test ends."""

    def __call__(
        self,
        ws_path: str = "/",
        *,
        router: Any = None,
        headers: Headers | None = None,
        subprotocols: Iterable[str] | None = None,
        consumer: ConsumerClass | None = None,
    ) -> DjangoWebsocketCommunicator:
        """
        Make a communicator, which isn't connected yet.

        Args:
            ws_path: The address, with the query.
            router: An ASGI application or a consumer class; the project's by default.
            headers: Of the handshake.
            subprotocols: What the client offers.
            consumer: Whose contract messages are read by; whoever serves the connection by default.
        """
        ...


class CaptureBroadcasts(Protocol):
    """Records what a consumer class and its subclasses broadcast until the test ends."""

    def __call__(self, consumer: type[Any], *, suppress: bool = True) -> Broadcasts:
        """Begin to record, and keep back what is recorded unless `suppress` is false."""
        ...


class WithDatabase:
    """Rows are committed, so that consumers see them from their threads, and removed after the test."""

    @pytest.fixture(name="_chanx_database")
    def database(self, transactional_db: None) -> bool:  # noqa: ARG002 - a fixture
        """Whether there is a database."""
        return True


class WithoutDatabase:
    """The project has no database, or pytest-django doesn't run."""

    @pytest.fixture(name="_chanx_database")
    def database(self) -> bool:
        """Whether there is a database."""
        return False


def pytest_configure(config: pytest.Config) -> None:
    """Give each communicator the database that the project has."""
    with_database = config.pluginmanager.hasplugin("django") and _has_databases()
    config.pluginmanager.register(WithDatabase() if with_database else WithoutDatabase(), "chanx database")


@pytest.fixture
def websocket_communicator(
    request: pytest.FixtureRequest, _chanx_database: bool
) -> Iterator[CommunicatorFactory]:
    """
    Make communicators for the project's WebSockets; they are disconnected when the test ends.

    It implies pytest-django's `transactional_db`: rows that the test writes are seen by consumers, and none stays.
    """
    _refuse_unready(request.config)
    from chanx_django.testing import DjangoWebsocketCommunicator
    from chanx_django.utils.asgi import get_websocket_application

    made: list[DjangoWebsocketCommunicator] = []

    def make(ws_path: str = "/", *, router: Any = None, **options: Any) -> DjangoWebsocketCommunicator:
        application = get_websocket_application() if router is None else router
        made.append(DjangoWebsocketCommunicator(application, ws_path, **options))
        return made[-1]

    test = request.node.obj
    if iscoroutinefunction(test):
        request.node.obj = _then_disconnect(test, made, _chanx_database)
    yield make
    request.node.obj = test


@pytest.fixture
def capture_broadcasts() -> Iterator[CaptureBroadcasts]:
    """Record what consumers broadcast, until the test ends."""
    from chanx.core import testing

    with ExitStack() as captures:

        def capture(consumer: type[Any], *, suppress: bool = True) -> Broadcasts:
            return captures.enter_context(testing.capture_broadcasts(consumer, suppress=suppress))

        yield capture


def _then_disconnect(test: Test, made: list[DjangoWebsocketCommunicator], database: bool) -> Test:
    """Let a test disconnect at its end, in its own event loop, whatever plugin runs it."""
    from asgiref.sync import sync_to_async
    from django.db import connections

    from chanx.core.testing import disconnect_all

    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> None:
        try:
            async with disconnect_all(made):
                await test(*args, **kwargs)
        finally:
            if database:  # those of the thread of synchronous code, which no fixture closes
                await sync_to_async(connections.close_all)()

    return run


def _refuse_unready(config: pytest.Config) -> None:
    if not any(map(config.pluginmanager.hasplugin, ASYNC_PLUGINS)):
        pytest.fail(
            "websocket_communicator needs a plugin that runs asynchronous tests. Install pytest-asyncio or anyio.",
            pytrace=False,
        )
    apps = sys.modules.get("django.apps")
    if apps is None or not apps.apps.ready:
        pytest.fail(
            "websocket_communicator needs the settings of Django. Install pytest-django and set "
            "DJANGO_SETTINGS_MODULE, for example with --ds.",
            pytrace=False,
        )


def _has_databases() -> bool:
    from django.conf import settings

    if not settings.configured and not os.environ.get("DJANGO_SETTINGS_MODULE"):
        return False
    engines = [database.get("ENGINE", "") for database in settings.DATABASES.values()]
    return any(engine not in ("", "django.db.backends.dummy") for engine in engines)
