"""The ASGI application of the tests of discovery, views and command."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar, Literal

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from pydantic import BaseModel
from rest_framework.authentication import BasicAuthentication, SessionAuthentication, TokenAuthentication

from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from chanx_django.authenticator import DjangoAuthenticator
from chanx_django.routing import include, path, re_path
from chanx_django.websocket import AsyncJsonWebsocketConsumer


class Say(BaseMessage):
    action: Literal["say"] = "say"
    payload: str


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: str


class RoomParams(BaseModel):
    room: str
    page: int = 1


class MemberAuthenticator(DjangoAuthenticator):
    authentication_classes: ClassVar = [SessionAuthentication, TokenAuthentication, BasicAuthentication]


class RoomConsumer(AsyncJsonWebsocketConsumer):
    """One room."""

    params: RoomParams

    @ws_handler
    async def say(self, message: Say) -> Said:
        """Say something."""
        return Said(payload=message.payload)


class MemberConsumer(AsyncJsonWebsocketConsumer):
    """For members."""

    authenticator_class = MemberAuthenticator

    @ws_handler
    async def say(self, message: Say) -> Said:
        """Say something."""
        return Said(payload=message.payload)


class PlainConsumer(AsyncWebsocketConsumer):
    """Speaks a protocol of its own."""


class UndocumentedConsumer(WebsocketConsumer):
    pass


class Limits:
    """Middleware with the application in an attribute that nobody else uses."""

    __slots__ = ("downstream", "unset")

    def __init__(self, downstream: Any) -> None:
        self.downstream = downstream

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.downstream(scope, receive, send)


def measured(application: Any) -> Callable[..., Any]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await application(scope, receive, send)

    return app


async def labelled(application: Any, label: str, scope: Any, receive: Any, send: Any) -> None:
    await application(scope, receive, send)


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Serve something that is no consumer."""


regex_routes = [
    re_path(r"^ws/(?P<room>[^/]+)/$", RoomConsumer),
    re_path(r"^archive/[0-9]{4}/(?P<room>(?:a|b(c)?)+)/?$", RoomConsumer),
    re_path(r"^maybe/(?:(?P<room>\w+)/)?$", RoomConsumer, {"page": 1}),
    re_path(r"^(\d+)-(\d+)/(?P<kind>chat|news)$", MemberConsumer),
]
wrapped_and_plain = [
    path("room/<slug:room>/", Limits(RoomConsumer.as_asgi())),
    path("partial/<room>/", functools.partial(labelled, RoomConsumer.as_asgi(), "label")),
    path("closure/<uuid:room>/<int:page>/", measured(measured(MemberConsumer.as_asgi()))),
    path("plain/<path:rest>", measured(PlainConsumer.as_asgi())),
    path("undocumented/", UndocumentedConsumer),
    path("bare/", bare),
    path("nested/<int:shard>/", include([path("deep/", include([path("room/<str:room>/", RoomConsumer)]))])),
]
application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(
                URLRouter(
                    [
                        path("r/", include(regex_routes)),
                        path("w/", AuthMiddlewareStack(URLRouter(wrapped_and_plain))),
                    ]
                )
            )
        ),
    }
)
no_websockets = ProtocolTypeRouter({"http": get_asgi_application()})
