from __future__ import annotations

from typing import Literal

from channels.routing import URLRouter

from chanx.channels.routing import path
from chanx.channels.testing import WebsocketTestCase
from chanx.channels.websocket import AsyncJsonWebsocketConsumer
from chanx.core.authenticator import BaseAuthenticator
from chanx.core.decorators import ws_handler
from chanx.core.ports import Scope
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import AuthenticationMessage, AuthenticationPayload


class Say(BaseMessage):
    action: Literal["say"] = "say"
    payload: str


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: str


class NameAuthenticator(BaseAuthenticator):
    """Lets in whoever names themselves in a header."""

    async def authenticate(self, scope: Scope) -> bool:
        self.user = dict(scope["headers"]).get(b"x-name", b"").decode()
        return bool(self.user)

    def result(self) -> AuthenticationMessage | None:
        status = 200 if self.user else 401
        return AuthenticationMessage(
            payload=AuthenticationPayload(status_code=status, status_text="", data=self.user)
        )


class RoomConsumer(AsyncJsonWebsocketConsumer):
    authenticator_class = NameAuthenticator
    groups = ["room"]

    @ws_handler(output_type=Said)
    async def say(self, message: Say) -> None:
        await self.broadcast_message(Said(payload=f"{self.user}: {message.payload}"))


router = URLRouter([path("ws/room/", RoomConsumer)])


class RoomTests(WebsocketTestCase):
    ws_path = "/ws/room/"
    router = router

    def get_ws_headers(self) -> list[tuple[bytes, bytes]]:
        return [(b"x-name", b"ada")]

    async def test_two_users_hear_each_other(self) -> None:
        bob = self.create_communicator(headers=[(b"x-name", b"bob")])
        async with self.auth_communicator as ada, bob:
            await ada.assert_authenticated_status_ok()
            await bob.assert_authenticated_status_ok()
            await bob.send_message(Say(payload="hello"))
            assert await ada.receive_message() == Said(payload="bob: hello")
