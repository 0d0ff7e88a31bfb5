"""Connecting to a consumer that has a DjangoAuthenticator, through routers and middleware."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from channels.auth import AuthMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import Client, override_settings
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from chanx.core.authenticator import Credential
from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from chanx_django.authenticator import DjangoAuthenticator
from chanx_django.routing import include, path
from chanx_django.websocket import AsyncJsonWebsocketConsumer
from tests.app.models import Room

pytestmark = pytest.mark.django_db(transaction=True)


class Who(BaseMessage):
    action: Literal["who"] = "who"


class Me(BaseMessage):
    action: Literal["me"] = "me"
    payload: list[str]


class IsOwner(BasePermission):
    def has_object_permission(self, request: Request, view: APIView, obj: Room) -> bool:
        return obj.owner == request.user


class Owners(DjangoAuthenticator):
    authentication_classes = [SessionAuthentication, TokenAuthentication]
    permission_classes = [IsAuthenticated, IsOwner]
    queryset = Room.objects.all()
    lookup_url_kwarg = "room"
    credentials = [
        Credential("token", "query", scheme="Token"),
        Credential("bearer", "subprotocol", scheme="Token"),
    ]


class RoomConsumer(AsyncJsonWebsocketConsumer):
    authenticator_class = Owners

    @ws_handler
    async def who(self, message: Who) -> Me:
        return Me(payload=[self.user.username, self.scope["user"].username, self.authenticator.obj.name])


class Broken(DjangoAuthenticator):
    authentication_classes = []

    def get_object(self) -> Room:
        raise RuntimeError("the database's password is hunter2")


class BrokenConsumer(AsyncJsonWebsocketConsumer):
    authenticator_class = Broken


class EarlyOwners(Owners):
    reject_before_accept = True


class EarlyConsumer(AsyncJsonWebsocketConsumer):
    authenticator_class = EarlyOwners


bare = include(
    [
        path("rooms/<int:room>/", RoomConsumer),
        path("early/<int:room>/", EarlyConsumer),
        path("broken/<int:room>/", BrokenConsumer),
    ]
)
stacked = AuthMiddlewareStack(bare)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def room(ada: User) -> Room:
    return Room.objects.create(name="attic", owner=ada)


def cookies_of(user: User) -> list[tuple[bytes, bytes]]:
    client = Client()
    client.force_login(user)
    return [(b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode())]


@pytest.fixture
def cookies(ada: User) -> list[tuple[bytes, bytes]]:
    return cookies_of(ada)


@pytest.fixture
def eves_cookies() -> list[tuple[bytes, bytes]]:
    return cookies_of(User.objects.create_user("eve"))


def connect(url: str, application: Any = stacked, **more: Any) -> WebsocketCommunicator:
    return WebsocketCommunicator(application, url, **more)


async def refusal(communicator: WebsocketCommunicator) -> tuple[dict[str, Any], int]:
    """Return the payload of the authentication frame and the close code of a connection that is refused."""
    assert (await communicator.connect())[0]
    frame = await communicator.receive_json_from()
    assert frame["action"] == "authentication"
    closing = await communicator.receive_output()
    return frame["payload"], closing["code"]


@pytest.mark.parametrize("application", [bare, stacked], ids=["bare", "stacked"])
async def test_a_permitted_client_is_known_to_its_handlers(
    application: Any, room: Room, cookies: list[tuple[bytes, bytes]]
) -> None:
    communicator = connect(f"/rooms/{room.pk}/", application, headers=cookies)
    assert (await communicator.connect())[0]
    assert await communicator.receive_json_from() == {
        "action": "authentication",
        "payload": {"status_code": 200, "status_text": "OK", "data": {"detail": "OK"}},
    }
    await communicator.send_json_to({"action": "who"})
    assert (await communicator.receive_json_from())["payload"] == ["ada", "ada", "attic"]
    await communicator.disconnect()


async def test_a_token_in_the_subprotocol_is_enough_and_taken_up(ada: User, room: Room) -> None:
    token = await Token.objects.acreate(user=ada)
    communicator = connect(f"/rooms/{room.pk}/", subprotocols=["bearer", token.key])
    assert await communicator.connect() == (True, "bearer")
    assert (await communicator.receive_json_from())["payload"]["status_code"] == 200
    await communicator.disconnect()


async def test_a_token_in_the_query_is_enough(ada: User, room: Room) -> None:
    token = await Token.objects.acreate(user=ada)
    communicator = connect(f"/rooms/{room.pk}/?token={token.key}")
    await communicator.connect()
    assert (await communicator.receive_json_from())["payload"]["status_code"] == 200
    await communicator.disconnect()


async def test_an_unknown_client_is_closed_with_4401(room: Room) -> None:
    payload, code = await refusal(connect(f"/rooms/{room.pk}/"))
    assert (payload["status_code"], code) == (403, 4401)


async def test_a_client_without_permission_is_closed_with_4403(
    room: Room, eves_cookies: list[tuple[bytes, bytes]]
) -> None:
    payload, code = await refusal(connect(f"/rooms/{room.pk}/", headers=eves_cookies))
    assert (payload["status_code"], code) == (403, 4403)
    assert payload["data"] == {"detail": "You do not have permission to perform this action."}


async def test_a_missing_object_is_closed_with_4404(cookies: list[tuple[bytes, bytes]]) -> None:
    payload, code = await refusal(connect("/rooms/0/", headers=cookies))
    assert (payload["status_code"], code) == (404, 4404)


async def test_a_failure_is_closed_with_4500_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    communicator = connect("/broken/1/")
    assert (await communicator.connect())[0]
    error, closing = [await communicator.receive_output() for _ in range(2)]
    assert '"internal_error"' in error["text"]
    assert closing["code"] == 4500
    assert "hunter2" not in f"{error}{closing}"
    assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True]


async def test_the_authentication_message_can_be_left_out(
    room: Room, cookies: list[tuple[bytes, bytes]]
) -> None:
    with override_settings(CHANX={"SEND_AUTHENTICATION_MESSAGE": False}):
        communicator = connect(f"/rooms/{room.pk}/", headers=cookies)
        await communicator.connect()
        await communicator.send_json_to({"action": "who"})
        assert (await communicator.receive_json_from())["action"] == "me"
        await communicator.disconnect()


async def test_a_refusal_before_the_accept_closes_the_handshake(
    room: Room, cookies: list[tuple[bytes, bytes]]
) -> None:
    communicator = connect(f"/early/{room.pk}/")
    assert await communicator.connect() == (False, 4401)
    communicator = connect(f"/early/{room.pk}/", headers=cookies)
    assert (await communicator.connect())[0]
    await communicator.disconnect()


async def test_a_frame_sent_before_a_refusal_reaches_no_handler(
    room: Room, eves_cookies: list[tuple[bytes, bytes]]
) -> None:
    communicator = connect(f"/rooms/{room.pk}/", headers=eves_cookies)
    await communicator.send_input({"type": "websocket.connect"})
    await communicator.send_json_to({"action": "who"})
    sent = [await communicator.receive_output() for _ in range(3)]
    assert [event["type"] for event in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert await communicator.receive_nothing()
