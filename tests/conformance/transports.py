"""The transports that the conformance tests run on."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from channels.layers import InMemoryChannelLayer, channel_layers
from channels.routing import URLRouter
from django.urls import path

from chanx.core.ports import ChannelLayer
from chanx.core.websocket import WebsocketConsumer
from chanx_django.websocket import AsyncJsonWebsocketConsumer
from tests.conformance.client import Application, Client
from tests.conformance.layers import MemoryLayer

if TYPE_CHECKING:
    Mixin = WebsocketConsumer
else:

    class Mixin:
        """The base of what tests declare, which becomes a consumer with the base of a transport."""


DENIAL: dict[str, Any] = {"websocket.http.response": {}}


class Transport:
    """Makes consumers of mixins, and connections to them."""

    def __init__(self, base: type[Any], layer: Any) -> None:
        self.name = type(self).__name__.removesuffix("Transport").lower()
        self.base = base
        self.layer: Any = layer
        self._consumers: dict[Any, type[Any]] = {}

    def consumer(self, mixin: type[Any], **attributes: Any) -> type[Any]:
        """Make a consumer class; the same one for the same arguments."""
        key = (mixin, *((name, repr(value)) for name, value in attributes.items()))
        if key not in self._consumers:
            self._consumers[key] = types.new_class(
                mixin.__name__, (mixin, self.base), exec_body=lambda namespace: namespace.update(attributes)
            )
        return self._consumers[key]

    def connect(
        self,
        mixin: type[Any],
        *,
        query: dict[str, Any] | None = None,
        path_params: dict[str, Any] | None = None,
        headers: Sequence[tuple[bytes, bytes]] = (),
        subprotocols: Sequence[str] = (),
        scope: dict[str, Any] | None = None,
        accepted: bool = True,
        denial: bool = False,
        **attributes: Any,
    ) -> Client:
        """
        Open a connection to a consumer.

        Args:
            mixin: The handlers and attributes of the consumer.
            query: The parameters of the query.
            path_params: What the router finds in the path.
            headers: The headers of the handshake.
            subprotocols: What the client offers.
            scope: More of the ASGI scope.
            accepted: Whether to await that the handshake is accepted.
            denial: Whether the server can deny a handshake with an HTTP response.
            attributes: More attributes of the consumer.
        """
        application, address = self.route(self.consumer(mixin, **attributes), path_params or {})
        whole = {
            **address,
            "query_string": urlencode(query or {}, doseq=True).encode(),
            "headers": list(headers),
            "subprotocols": list(subprotocols),
            "extensions": DENIAL if denial else {},
            **(scope or {}),
        }
        return Client(application, whole, accepted=accepted)

    def route(self, consumer: type[Any], params: dict[str, Any]) -> tuple[Application, dict[str, Any]]:
        """Return an application that leads to the consumer, and the scope of an address with these parameters."""
        raise NotImplementedError

    def close(self) -> None:
        """Undo what the transport did outside of itself."""


class MemoryTransport(Transport):
    """The core alone: a consumer is an ASGI application."""

    def __init__(self) -> None:
        transport = self

        class Base(WebsocketConsumer):
            @classmethod
            def get_channel_layer(cls) -> ChannelLayer | None:
                return transport.layer

            async def receive_foreign(self, message: dict[str, Any]) -> None:
                """Call the method that Channels would call."""
                handler = getattr(self, message["type"].replace(".", "_"), None)
                if handler is not None:
                    await handler(message)

        super().__init__(Base, MemoryLayer())

    def route(self, consumer: type[Any], params: dict[str, Any]) -> tuple[Application, dict[str, Any]]:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            await consumer()(scope, receive, send)

        return application, {
            "path": "/ws/",
            "path_params": {name: str(value) for name, value in params.items()},
        }


class ChannelsTransport(Transport):
    """Channels' router, consumer and in-memory layer."""

    def __init__(self) -> None:
        super().__init__(AsyncJsonWebsocketConsumer, InMemoryChannelLayer())
        self._before = channel_layers.set("default", self.layer)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "layer" and hasattr(self, "_before"):
            channel_layers.set("default", value)
        super().__setattr__(name, value)

    def route(self, consumer: type[Any], params: dict[str, Any]) -> tuple[Application, dict[str, Any]]:
        pattern = "".join(f"<{name}>/" for name in params)
        address = "".join(f"{value}/" for value in params.values())
        router = URLRouter([path(f"ws/{pattern}", consumer.as_asgi())])
        return router, {"path": f"/ws/{address}"}

    def close(self) -> None:
        channel_layers.set("default", self._before)
