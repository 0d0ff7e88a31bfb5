from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Literal
from unittest import mock, result

import channels.db
import pytest
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.contrib.auth.models import User
from django.db import close_old_connections, connections
from django.test import TestCase, override_settings

from chanx.channels.routing import path
from chanx.channels.testing import DjangoWebsocketCommunicator, WebsocketCommunicator, WebsocketTestCase
from chanx.channels.websocket import AsyncJsonWebsocketConsumer
from chanx.core.authenticator import BaseAuthenticator
from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import ConfigurationError
from chanx.core.ports import Receive, Scope, Send
from chanx.core.testing import capture_broadcasts
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import AuthenticationMessage, AuthenticationPayload, CompleteMessage
from chanx_django._test_connections import close_unless_needed

FOREVER = 600
"""A timeout that would be noticed."""


class Say(BaseMessage):
    action: Literal["say"] = "say"
    payload: str


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: str


class Renamed(BaseMessage):
    action: Literal["renamed"] = "renamed"
    payload: str


class NameAuthenticator(BaseAuthenticator):
    """Lets in whoever names themselves in a header, and keeps whoever is slow waiting."""

    async def authenticate(self, scope: Scope) -> bool:
        self.user = dict(scope["headers"]).get(b"x-name", b"").decode()
        if self.user == "slow":
            await asyncio.Event().wait()
        return bool(self.user)

    def result(self) -> AuthenticationMessage | None:
        if self.user == "silent":
            return None
        status = 200 if self.user else 401
        payload = AuthenticationPayload(status_code=status, status_text="", data=self.user)
        return AuthenticationMessage(payload=payload)


class RoomConsumer(AsyncJsonWebsocketConsumer[Renamed]):
    authenticator_class = NameAuthenticator
    groups = ["room"]

    @ws_handler(output_type=Said)
    async def say(self, message: Say) -> None:
        await self.broadcast_message(Said(payload=f"{self.user}: {message.payload}"))

    @event_handler
    async def renamed(self, event: Renamed) -> Said:
        return Said(payload=f"it is called {event.payload}")


class SilentRoomConsumer(RoomConsumer):
    send_authentication_message = False


class OpenRoomConsumer(RoomConsumer):
    authenticator_class = None  # type: ignore[assignment] # mypy takes the base's value for its type


class PlainConsumer(AsyncWebsocketConsumer):
    """A consumer of Channels alone."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data == "crash":
            raise LookupError("the reason")
        await self.send(text_data, bytes_data)


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await receive()
    raise LookupError("the reason")


router = URLRouter([path("ws/room/", RoomConsumer), path("ws/plain/", PlainConsumer)])
application = ProtocolTypeRouter({"websocket": router})


def enter(name: str, consumer: Any = RoomConsumer) -> DjangoWebsocketCommunicator:
    return DjangoWebsocketCommunicator(consumer.as_asgi(), "/", headers={"X-Name": name})


# -- the communicator does as that of Channels


async def test_it_has_the_methods_of_the_communicator_of_channels() -> None:
    communicator = WebsocketCommunicator(router, "/ws/plain/", [(b"a", b"b")], ["c"])
    assert await communicator.connect() == (True, None)
    await communicator.send_to(text_data="hello")
    assert await communicator.receive_from() == "hello"
    await communicator.send_to(bytes_data=b"\x00")
    assert await communicator.receive_from() == b"\x00"
    await communicator.send_json_to({"a": 1})
    assert await communicator.receive_json_from() == {"a": 1}
    await communicator.send_input({"type": "websocket.receive", "text": "again"})
    assert await communicator.receive_output() == {"type": "websocket.send", "text": "again"}
    assert await communicator.receive_nothing(timeout=0.001)
    await communicator.disconnect()
    await communicator.wait()


async def test_a_frame_is_text_or_binary() -> None:
    communicator = WebsocketCommunicator(router, "/ws/plain/")
    with pytest.raises(AssertionError, match="Give text_data or bytes_data"):
        await communicator.send_to()
    with pytest.raises(AssertionError, match="not both"):
        await communicator.send_to("a", b"b")


async def test_a_close_is_no_frame() -> None:
    communicator = enter("")
    await communicator.connect()
    assert await communicator.receive_from()
    with pytest.raises(AssertionError, match=r"Expected 'websocket\.send', but got .*4401"):
        await communicator.receive_from()


async def test_an_exception_of_a_plain_consumer_surfaces_at_once() -> None:
    communicator = WebsocketCommunicator(router, "/ws/plain/")
    await communicator.connect()
    await communicator.send_to(text_data="crash")
    with pytest.raises(LookupError, match="the reason"):
        await communicator.receive_from(timeout=FOREVER)
    await communicator.disconnect()


async def test_a_timeout_does_not_end_the_connection() -> None:
    async with WebsocketCommunicator(router, "/ws/plain/") as communicator:
        with pytest.raises(TimeoutError):
            await communicator.receive_from(timeout=0.001)
        await communicator.send_text("hello")
        assert await communicator.receive_from() == "hello"


async def test_many_communicators_share_a_layer() -> None:
    names = [f"user {number}" for number in range(20)]
    clients = [enter(name) for name in names]
    await asyncio.gather(*(client.connect() for client in clients))
    await asyncio.gather(*(client.assert_authenticated_status_ok() for client in clients))
    await asyncio.gather(*(client.send_message(Say(payload="hello")) for client in clients))
    for client in clients:
        heard = [await client.receive_message() for _ in clients]
        assert heard == [Said(payload=f"{name}: hello") for name in names]
    await asyncio.gather(*(client.disconnect() for client in clients))


# -- database connections


class TransactionTests(TestCase):
    """The test's connection is in a transaction, and the consumer shares it."""

    async def test_a_plain_consumer_leaves_the_connection_of_the_test(self) -> None:
        await User.objects.acreate(username="ada")
        async with WebsocketCommunicator(router, "/ws/plain/") as communicator:
            await communicator.send_text("hello")
            assert await communicator.receive_from() == "hello"
        assert await User.objects.acount() == 1


async def test_a_connection_that_another_test_has_left_does_no_harm() -> None:
    def refuse() -> None:
        raise RuntimeError("Database access not allowed")  # the words of pytest-django

    wrapper = connections["default"]
    with mock.patch.object(wrapper, "close_if_unusable_or_obsolete", refuse):
        close_unless_needed()
    async with WebsocketCommunicator(router, "/ws/plain/") as communicator:
        assert not communicator.failed


async def test_closing_connections_is_as_before_after_the_last_communicator() -> None:
    first, second = (WebsocketCommunicator(router, "/ws/plain/") for _ in "ab")
    await first.connect()
    await second.connect()
    await first.disconnect()
    assert vars(channels.db)["close_old_connections"] is close_unless_needed
    await second.disconnect()
    assert vars(channels.db)["close_old_connections"] is close_old_connections


# -- authentication


async def test_a_successful_authentication_is_returned() -> None:
    async with enter("ada") as ada:
        message = await ada.wait_for_auth()
        assert message is not None
        assert (message.payload.status_code, message.payload.data) == (200, "ada")


async def test_a_failed_authentication_is_returned_before_the_close() -> None:
    nobody = enter("")
    assert await nobody.connect() == (True, None)
    message = await nobody.wait_for_auth(max_auth_time=FOREVER)
    assert message is not None
    assert message.payload.status_code == 401
    await nobody.assert_closed(4401)
    await nobody.disconnect()


@pytest.mark.parametrize(
    ("name", "consumer"), [("ada", SilentRoomConsumer), ("ada", OpenRoomConsumer), ("silent", RoomConsumer)]
)
async def test_where_no_authentication_is_sent_none_is_returned(name: str, consumer: Any) -> None:
    async with enter(name, consumer) as client:
        assert await client.wait_for_auth(max_auth_time=FOREVER) is None
        assert await client.wait_for_auth(send_authentication_message=True, max_auth_time=FOREVER) is None
        with pytest.raises(AssertionError, match=r"No authentication message came\."):
            await client.assert_authenticated_status_ok(max_auth_time=FOREVER)


async def test_a_refused_authentication_is_not_ok() -> None:
    nobody = enter("")
    await nobody.connect()
    with pytest.raises(AssertionError, match=r"The authentication failed: .*401"):
        await nobody.assert_authenticated_status_ok()
    await nobody.disconnect()


async def test_a_slow_authentication_fails_in_time() -> None:
    slow = enter("slow")
    await slow.connect()
    with pytest.raises(TimeoutError, match=r"No authentication came within 0\.001 s"):
        await slow.wait_for_auth(max_auth_time=0.001, after_auth_time=FOREVER)
    await slow.disconnect()


async def test_the_authentication_is_found_among_what_is_unread() -> None:
    async with enter("ada") as ada, enter("bob") as bob:
        await bob.request(Say(payload="hello"), CompleteMessage)
        await RoomConsumer.broadcast_event(Renamed(payload="Kitchen"), "room")
        assert not await ada.receive_nothing(timeout=FOREVER)
        await ada.assert_authenticated_status_ok()
        assert await ada.receive_message() == Said(payload="bob: hello")
        assert await ada.receive_message() == Said(payload="it is called Kitchen")


# -- the test case


class RoomTests(WebsocketTestCase):
    ws_path = "/ws/room/"
    router = router
    consumer = RoomConsumer

    def get_ws_headers(self) -> list[tuple[bytes, bytes]]:
        return [(b"x-name", b"ada")]

    def get_subprotocols(self) -> list[str]:
        return ["chat"]

    async def test_two_users_hear_each_other(self) -> None:
        bob = self.create_communicator(headers=[(b"x-name", b"bob")])
        async with self.auth_communicator as ada, bob:
            await ada.assert_authenticated_status_ok()
            await bob.assert_authenticated_status_ok()
            await bob.send_message(Say(payload="hello"))
            assert await ada.receive_message() == Said(payload="bob: hello")

    async def test_what_is_broadcast_is_captured(self) -> None:
        with capture_broadcasts(RoomConsumer) as broadcasts:
            async with self.auth_communicator as ada:
                await ada.request(Say(payload="hello"), CompleteMessage)
        assert broadcasts.messages == [Said(payload="ada: hello")]

    async def test_rows_are_written(self) -> None:
        assert not await User.objects.aexists()
        await User.objects.acreate(username="ada")

    async def test_rows_are_removed(self) -> None:
        assert not await User.objects.aexists()
        await User.objects.acreate(username="ada")

    def test_what_the_case_says_is_the_default(self) -> None:
        scope = self.auth_communicator.scope
        assert (scope["path"], scope["headers"]) == ("/ws/room/", [(b"x-name", b"ada")])
        assert scope["subprotocols"] == ["chat"]
        assert self.auth_communicator is self.auth_communicator
        assert self.auth_communicator.application is router

    def test_everything_can_be_chosen(self) -> None:
        made = self.create_communicator(
            router=failing, ws_path="/?a=1", headers=[], subprotocols=[], consumer=SilentRoomConsumer
        )
        assert (made.application, made.scope["query_string"]) == (failing, b"a=1")
        assert (made.scope["headers"], made.scope["subprotocols"]) == ([], [])


def run(test: Callable[[Any], Any], **attributes: Any) -> result.TestResult:
    """Run one method as a test case of its own."""
    case: type[WebsocketTestCase] = type(
        "Case", (RoomTests,), {"test": test, **attributes}
    )  # a class per test
    outcome = result.TestResult()
    case("test")(outcome)
    return outcome


def test_a_test_case_disconnects_what_a_test_leaves(transactional_db: None) -> None:
    codes: list[int] = []

    class LeavingConsumer(RoomConsumer):
        async def disconnect(self, code: int) -> None:
            codes.append(code)

    async def test(self: WebsocketTestCase) -> None:
        await self.auth_communicator.connect()
        await self.create_communicator().connect()

    assert run(test, router=LeavingConsumer.as_asgi()).wasSuccessful()
    assert codes == [1000, 1000]


def test_a_test_case_fails_with_the_exception_of_a_consumer(transactional_db: None) -> None:
    async def test(self: WebsocketTestCase) -> None:
        await self.auth_communicator.connect()

    ((_, text),) = run(test, router=failing).errors
    assert "LookupError: the reason" in text


def test_a_test_case_cleans_up_after_its_subclass(transactional_db: None) -> None:
    class Base(WebsocketTestCase):
        cleaned: ClassVar[list[str]] = []

    def test(self: Any) -> None:
        assert self.auth_communicator

    def tear_down(self: Any) -> None:
        WebsocketTestCase.tearDown(self)
        Base.cleaned.append("auth_communicator" if "auth_communicator" in vars(self) else "")

    assert run(test, tearDown=tear_down).wasSuccessful()
    assert Base.cleaned == [""]


def test_a_test_case_without_a_path_says_so() -> None:
    with pytest.raises(ConfigurationError, match="has no ws_path"):
        WebsocketTestCase("run").create_communicator()


@override_settings(ASGI_APPLICATION=f"{__name__}.application")
def test_the_router_of_the_project_is_the_default() -> None:
    class Case(WebsocketTestCase):
        ws_path = "/ws/room/"

    assert Case("run").auth_communicator.application is router
