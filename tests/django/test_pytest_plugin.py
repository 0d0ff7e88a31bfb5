from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.apps import apps
from django.conf import LazySettings
from django.contrib.auth.models import User

from chanx.channels.routing import path
from chanx.channels.websocket import AsyncJsonWebsocketConsumer
from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from chanx_django import pytest_plugin
from chanx_django.pytest_plugin import CaptureBroadcasts, CommunicatorFactory

ROOT = Path(__file__).parents[2]


class AskNames(BaseMessage):
    action: Literal["ask_names"] = "ask_names"


class AskNamesSlowly(BaseMessage):
    action: Literal["ask_names_slowly"] = "ask_names_slowly"


class Names(BaseMessage):
    action: Literal["names"] = "names"
    payload: list[str]


class Add(BaseMessage):
    action: Literal["add"] = "add"
    payload: str


left: list[int] = []


class NamesConsumer(AsyncJsonWebsocketConsumer):
    """Reads and writes rows in all the threads that a consumer may use."""

    emits = (Names,)
    groups = ["names"]

    @ws_handler
    def ask_names(self, message: AskNames) -> Names:
        return Names(payload=list(User.objects.order_by("pk").values_list("username", flat=True)))

    @ws_handler
    async def ask_names_slowly(self, message: AskNamesSlowly) -> Names:
        return await database_sync_to_async(self.ask_names)(AskNames())

    @ws_handler
    async def add(self, message: Add) -> None:
        await User.objects.acreate(username=message.payload)
        await self.broadcast_message(Names(payload=[message.payload]))

    async def disconnect(self, code: int) -> None:
        left.append(code)


router = URLRouter([path("ws/names/", NamesConsumer)])


@pytest.fixture
def leaves() -> Iterator[None]:
    """Assert that a client has left when the test has ended."""
    left.clear()
    yield
    assert left == [1000]


@pytest.fixture
def ada(transactional_db: None) -> User:
    return User.objects.create(username="ada")


@pytest.mark.parametrize("message", [AskNames(), AskNamesSlowly()])
async def test_consumers_see_the_rows_of_fixtures_and_of_the_test(
    websocket_communicator: CommunicatorFactory, ada: User, message: BaseMessage
) -> None:
    await User.objects.acreate(username="bob")
    async with websocket_communicator("/ws/names/", router=router) as communicator:
        assert (await communicator.request(message, Names)).payload == ["ada", "bob"]


@pytest.mark.parametrize("attempt", [1, 2])
async def test_no_row_of_a_consumer_stays(websocket_communicator: CommunicatorFactory, attempt: int) -> None:
    async with websocket_communicator(router=NamesConsumer) as communicator:
        assert (await communicator.request(AskNames(), Names)).payload == []
        await communicator.request(Add(payload="carol"))
    assert await User.objects.filter(username="carol").aexists()


async def test_a_client_leaves_at_the_end_of_the_test(
    leaves: None, websocket_communicator: CommunicatorFactory
) -> None:
    communicator = websocket_communicator(router=NamesConsumer)
    assert await communicator.connect() == (True, None)


async def test_clients_hear_each_other(websocket_communicator: CommunicatorFactory) -> None:
    ada, bob = (websocket_communicator(router=NamesConsumer, headers={"X-Name": name}) for name in "ab")
    async with ada, bob:
        await ada.send_message(Add(payload="dan"))
        assert await bob.receive_message() == Names(payload=["dan"])


async def test_broadcasts_are_captured(
    websocket_communicator: CommunicatorFactory, capture_broadcasts: CaptureBroadcasts
) -> None:
    broadcasts = capture_broadcasts(NamesConsumer)
    async with websocket_communicator(router=NamesConsumer) as communicator:
        await communicator.request(Add(payload="eve"))
        assert broadcasts.of(Names) == [Names(payload=["eve"])]
        assert await communicator.receive_all_messages() == []


def test_a_test_that_is_not_asynchronous_may_make_communicators(
    websocket_communicator: CommunicatorFactory,
) -> None:
    assert websocket_communicator("/ws/?a=1", router=router).scope["query_string"] == b"a=1"


# -- in runs of their own

MODULE = """
import pytest
from chanx.channels.testing import WebsocketCommunicator
from chanx.channels.websocket import AsyncJsonWebsocketConsumer

class Consumer(AsyncJsonWebsocketConsumer):
    pass

async def failing(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await receive()
    raise LookupError("the reason")
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    return pytester


PLUGIN = ("-p", "chanx_django.pytest_plugin")
ASYNCIO = ("-p", "asyncio", "-o", "asyncio_default_fixture_loop_scope=function")
AUTO = (*ASYNCIO, "-o", "asyncio_mode=auto")


def run_here(run: pytest.Pytester, body: str, *options: str) -> pytest.RunResult:
    """Run tests in this process, where Django is set up, with no plugin for its databases."""
    run.makepyfile(MODULE + body)
    return run.runpytest_inprocess(*PLUGIN, *options)


STRICT = """
@pytest.mark.asyncio
async def test_it(websocket_communicator):
    async with websocket_communicator(router=Consumer) as communicator:
        assert isinstance(communicator, WebsocketCommunicator)
"""
ANYIO = (
    STRICT.replace("asyncio", "anyio")
    + """
@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
)


@pytest.mark.parametrize(
    ("body", "options"),
    [
        (STRICT, ASYNCIO),
        (STRICT, AUTO),
        (ANYIO, ("-p", "anyio")),
        (ANYIO, (*ASYNCIO, "-p", "anyio")),
    ],
)
def test_any_plugin_runs_the_tests(run: pytest.Pytester, body: str, options: tuple[str, ...]) -> None:
    run_here(run, body, *options).assert_outcomes(passed=1)


def test_the_exception_of_a_consumer_fails_the_test_that_left_it(run: pytest.Pytester) -> None:
    body = "async def test_it(websocket_communicator):\n    await websocket_communicator(router=failing).connect()"
    result = run_here(run, body, *AUTO)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*LookupError: the reason"])


def test_a_missing_plugin_for_asynchronous_tests_is_named(run: pytest.Pytester) -> None:
    result = run_here(run, STRICT)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*Install pytest-asyncio or anyio."])


def test_missing_settings_are_named(run: pytest.Pytester) -> None:
    run.makepyfile(
        "async def test_it(websocket_communicator): ...\n"
        "def test_captures(capture_broadcasts):\n"
        "    from chanx.core.websocket import WebsocketConsumer\n"
        "    assert capture_broadcasts(WebsocketConsumer) == []"
    )
    result = run.runpytest_subprocess(*PLUGIN, *AUTO)
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["*needs the settings of Django*"])


SETTINGS = """
import os
import dj_database_url
DATABASES = {"default": dj_database_url.parse(%r)}
DATABASES["default"]["TEST"] = {"NAME": f"test_chanx_plugin_{os.getpid()}"}
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "channels", "chanx_django"]
SECRET_KEY = "secret"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
"""
ROWS = """
from typing import Literal
import pytest
from django.contrib.auth.models import Group
from chanx.channels.websocket import AsyncJsonWebsocketConsumer
from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage

class Count(BaseMessage):
    action: Literal["count"] = "count"

class Counted(BaseMessage):
    action: Literal["counted"] = "counted"
    payload: int

class Consumer(AsyncJsonWebsocketConsumer):
    @ws_handler
    async def count(self, message: Count) -> Counted:
        return Counted(payload=await Group.objects.acount())

@pytest.mark.django_db
@pytest.mark.parametrize("attempt", [1, 2])
async def test_rows(websocket_communicator, attempt):
    await Group.objects.acreate(name="one")
    async with websocket_communicator(router=Consumer) as communicator:
        assert (await communicator.request(Count(), Counted)).payload == 1
    assert await Group.objects.acount() == 1
"""


@pytest.mark.integration
def test_the_connections_of_a_server_are_closed(run: pytest.Pytester, database_url: str) -> None:
    """PostgreSQL refuses to drop a database to which somebody is connected."""
    run.makepyfile(settings=SETTINGS % database_url, test_rows=ROWS)
    options = ("-p", "django", "--ds=settings", "-W", "error")
    run.runpytest_subprocess(*PLUGIN, *AUTO, *options).assert_outcomes(passed=2, warnings=0)


def test_apps_that_are_not_ready_are_refused(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apps, "ready", False)
    with pytest.raises(pytest.fail.Exception, match="needs the settings of Django"):
        pytest_plugin._refuse_unready(pytestconfig)


@pytest.mark.parametrize(
    ("databases", "expected"),
    [
        ({}, False),
        ({"default": {"ENGINE": "django.db.backends.dummy"}}, False),
        ({"default": {"ENGINE": "django.db.backends.sqlite3"}}, True),
    ],
)
def test_a_project_may_have_no_database(
    monkeypatch: pytest.MonkeyPatch, databases: dict[str, object], expected: bool
) -> None:
    chosen = LazySettings()
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")
    monkeypatch.setattr("django.conf.settings", chosen)
    assert not pytest_plugin._has_databases()
    chosen.configure(DATABASES=databases)
    assert pytest_plugin._has_databases() is expected


def test_importing_the_plugin_imports_neither_django_nor_chanx() -> None:
    program = (
        "import sys, chanx_django.pytest_plugin; print({'django', 'channels', 'chanx'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
