"""The application that the integration tests run in uvicorn and daphne; it tells them what happened inside."""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any, Literal

import django
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels_redis.core import RedisChannelLayer
from django.conf import settings
from django.urls import path
from pydantic import BaseModel

REDIS = os.environ.get("CHANX_TEST_SERVER_REDIS", "")
HERE = "tests.integration.server"


class IdleLayer(RedisChannelLayer):  # type: ignore[misc]  # channels_redis has no types
    """Redis behind a socket timeout that an idle connection outlasts many times in a test."""

    async def receive(self, channel: str) -> dict[str, Any]:
        try:
            message: dict[str, Any] = await super().receive(channel)
        except Exception as error:
            PROBES["layer"].note(type(error).__name__)
            raise
        return message


LAYERS: dict[str, dict[str, Any]] = {
    "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
    "core": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [{"address": REDIS, "socket_timeout": None}]}},
    "pubsub": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS]}},
    "idle": {"BACKEND": f"{HERE}.IdleLayer", "CONFIG": {"hosts": [{"address": REDIS, "socket_timeout": 0.4}]}},
}  # fmt: skip

if not settings.configured:  # a test may import this module, too
    settings.configure(
        SECRET_KEY="the tests sign nothing that matters",
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["channels", "rest_framework", "chanx_django"],
        CHANNEL_LAYERS={"default": LAYERS[os.environ.get("CHANX_TEST_SERVER_LAYER", "memory")]},
        REST_FRAMEWORK={"UNAUTHENTICATED_USER": None, "DEFAULT_AUTHENTICATION_CLASSES": []},
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"plain": {"format": "%(name)s %(levelname)s %(message)s"}},
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "plain"}},
            "loggers": {"chanx": {"handlers": ["out"], "level": "INFO", "propagate": False}},
        },
    )
    django.setup()

from rest_framework.permissions import BasePermission  # noqa: E402 - after the settings

from chanx.core.authenticator import BaseAuthenticator  # noqa: E402 - as above
from chanx.core.decorators import event_handler, ws_handler  # noqa: E402 - as above
from chanx.messages.base import BaseMessage  # noqa: E402 - as above
from chanx.messages.outgoing import AuthenticationMessage, AuthenticationPayload  # noqa: E402 - as above
from chanx_django.authenticator import DjangoAuthenticator  # noqa: E402 - as above
from chanx_django.websocket import AsyncJsonWebsocketConsumer  # noqa: E402 - as above
from tests.conformance.probe import Probe  # noqa: E402 - as above

PROBES: defaultdict[str, Probe] = defaultdict(Probe)
"""What happened, by the name that a test gives to its connections."""


class Where(BaseModel):
    name: str = ""
    token: str = ""


class Needed(BaseModel):
    number: int


class Text(BaseModel):
    text: str


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: Text


class Free(BaseMessage):
    action: Literal["free"] = "free"
    payload: Any = None


def said(text: object) -> Said:
    return Said(payload=Text(text=str(text)))


class Plain(AsyncJsonWebsocketConsumer):
    """Echoes, waits, crashes and closes as it is told."""

    params: Where
    groups = ["plain"]
    error_budget = 1000
    disconnect_grace = 0.1

    @property
    def probe(self) -> Probe:
        return PROBES[self.params.name]

    @ws_handler
    async def say(self, text: str) -> Said:
        self.probe.note(text)
        return said(text)

    @ws_handler
    async def many(self, items: list[int]) -> None: ...

    @ws_handler
    async def grow(self, children: list[dict[str, list[dict[str, Any]]]]) -> None: ...

    @ws_handler
    async def free(self, message: Free) -> Free:
        return message

    @ws_handler
    async def hold(self) -> Said:
        try:
            await self.probe.hold("held")
        except asyncio.CancelledError:
            self.probe.note("cancelled")
            raise
        return said("released")

    @ws_handler
    async def stream(self) -> AsyncIterator[Said]:
        try:
            for number in range(1_000_000):
                yield said(number)
                await asyncio.sleep(0.001)
        finally:
            self.probe.note("stream stopped")

    @ws_handler
    async def crash(self) -> None:
        raise ValueError("a secret of the server")

    @ws_handler
    async def end(self, code: int, reason: str = "") -> None:
        await self.close(code, reason)

    async def disconnect(self, code: int) -> None:
        PROBES["codes"].note(f"{self.params.name} {code}")
        self.probe.note("disconnect")
        print(f"disconnect of {self.params.name!r}")  # noqa: T201 - the log outlives the process


class Patient(Plain):
    """Waits for its handlers longer than any server."""

    disconnect_grace = 3600


class Limited(Plain):
    error_budget = 5


class Speaking(Plain):
    subprotocols = ["chat.v2", "chat.v1"]


class Typed(Plain):
    params: Needed  # type: ignore[assignment]  # other parameters than those of its base

    async def disconnect(self, code: int) -> None: ...


class Doorman(BaseAuthenticator):
    async def authenticate(self, scope: Any) -> bool:
        query = scope["query_string"].decode()
        self.token = query.partition("token=")[2].partition("&")[0]
        probe = PROBES[query.partition("name=")[2].partition("&")[0]]
        await probe.hold("authenticating")
        if self.token == "crash":
            raise ValueError("a secret of the server")
        self.close_code = {"forbidden": 4403, "missing": 4404}.get(self.token, 4401)
        return self.token == "yes"

    def result(self) -> AuthenticationMessage:
        return AuthenticationMessage(
            payload=AuthenticationPayload(
                status_code=200 if self.token == "yes" else 401, status_text=self.token
            )
        )


class Club(Plain):
    authenticator_class = Doorman


class HastyClub(Club):
    authentication_timeout = 0.1


class EarlyDoorman(Doorman):
    reject_before_accept = True


class EarlyClub(Club):
    authenticator_class = EarlyDoorman


class Noting(BasePermission):  # type: ignore[misc]  # rest_framework has no types here
    def has_permission(self, request: Any, view: Any) -> bool:
        PROBES["addresses"].notes.append(request.META.get("REMOTE_ADDR"))
        return True


class Noted(DjangoAuthenticator):
    permission_classes = [Noting]


class Framed(Plain):
    """Asks Django REST framework."""

    authenticator_class = Noted


class Renamed(BaseMessage):
    action: Literal["renamed"] = "renamed"
    payload: Text


class Room(AsyncJsonWebsocketConsumer):
    """A room that spans processes."""

    params: Where
    groups = ["every room", "all"]
    disconnect_grace = 0.1
    emits = [Said]

    async def get_groups(self) -> list[str]:
        return [self.params.name, f"{self.params.name}+"]

    @ws_handler
    async def say(self, text: str, to: list[str] | None = None, exclude: bool = False) -> None:
        await self.broadcast_message(said(text), to or [self.params.name], exclude_current=exclude)

    @ws_handler
    async def hold(self) -> None:
        await PROBES[self.params.name].hold("held")

    @ws_handler
    def announce(self, text: str) -> None:
        """Publish from a thread."""
        self.broadcast_event_sync(Renamed(payload=Text(text=text)), self.params.name)

    @ws_handler
    async def whoami(self) -> Said:
        return said(self.channel_name)

    @event_handler
    async def on_renamed(self, event: Renamed) -> Renamed:
        return event

    async def disconnect(self, code: int) -> None:
        PROBES[self.params.name].note("disconnect")


async def inspect(scope: Any, receive: Any, send: Any) -> None:
    """
    Answer questions of tests, one JSON array each; no chanx here.

    ``["noted", NAME, NOTE]`` answers all notes once that one is there; ``["open", NAME]`` opens a gate;
    ``["members", GROUP]`` counts the members of a group of the in-memory layer.
    """
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        verb, name, *rest = json.loads(event["text"])
        answer: Any = None
        if verb == "noted":
            await PROBES[name].noted(*rest)
            answer = PROBES[name].notes
        elif verb == "open":
            PROBES[name].gate.set()
        elif verb == "members":
            answer = len(get_channel_layer().groups.get(name, ()))
        await send({"type": "websocket.send", "text": json.dumps(answer)})


application = ProtocolTypeRouter(
    {
        "websocket": URLRouter(
            [
                path("inspect/", inspect),
                *(
                    path(f"{consumer.__name__.lower()}/", consumer.as_asgi())
                    for consumer in (
                        Plain,
                        Patient,
                        Limited,
                        Speaking,
                        Typed,
                        Club,
                        HastyClub,
                        EarlyClub,
                        Framed,
                        Room,
                    )
                ),
            ]
        )
    }
)
