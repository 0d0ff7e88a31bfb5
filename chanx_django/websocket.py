"""The consumer for Django Channels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from asgiref.sync import async_to_sync, sync_to_async
from channels.consumer import AsyncConsumer, get_handler_name
from channels.layers import get_channel_layer
from django.db import transaction

from chanx.core._faults import logger
from chanx.core._pool import call, pool
from chanx.core.config import Config
from chanx.core.ports import ChannelLayer
from chanx.core.websocket import EventT, WebsocketConsumer
from chanx_django._database import database_housekeeping, run_and_close
from chanx_django.settings import chanx_settings


class AsyncJsonWebsocketConsumer(WebsocketConsumer[EventT], AsyncConsumer):  # type: ignore[misc, override]  # the session serves it
    """
    A WebSocket endpoint of a Django project; route it with `as_asgi()`.

    The type argument names the events that may be sent to it.
    """

    housekeeping = database_housekeeping

    async def receive_foreign(self, message: dict[str, Any]) -> None:
        """Call the method that Channels would call for this message of the layer."""
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            logger.warning(
                "%s has no method for the layer's message %r", type(self).__qualname__, message["type"]
            )
        else:
            await handler(message)

    async def run_sync(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a blocking function in one of the framework's own threads, and close its old database connections."""
        blocking = sync_to_async(call, thread_sensitive=False, executor=pool)
        return await blocking(run_and_close, function, *args, **kwargs)

    @property
    def channel_layer(self) -> ChannelLayer | None:  # type: ignore[override]  # there may be none
        """The layer of this connection."""
        return self._session.relay.layer

    @classmethod
    def send_event_sync(cls, event: EventT, channel_name: str) -> None:
        """Do as `send_event`, from synchronous code."""
        async_to_sync(cls.send_event)(event, channel_name)

    @classmethod
    def broadcast_event_sync(cls, event: EventT, groups: str | Iterable[str] | None = None) -> None:
        """Do as `broadcast_event`, from synchronous code."""
        async_to_sync(cls.broadcast_event)(event, groups)

    @classmethod
    def broadcast_on_commit(
        cls, event: EventT, groups: str | Iterable[str] | None = None, *, using: str | None = None
    ) -> None:
        """
        Do as `broadcast_event_sync` when the transaction is committed, or at once where there is none.

        A failure of the layer is logged by Django; what was committed stays.

        Args:
            event: What to send.
            groups: One name or several; else those of the class.
            using: The database whose transaction is waited for.
        """
        transaction.on_commit(lambda: cls.broadcast_event_sync(event, groups), using=using, robust=True)

    @classmethod
    def get_channel_layer(cls) -> ChannelLayer | None:
        """Return the layer that `channel_layer_alias` names."""
        return cast("ChannelLayer | None", get_channel_layer(cls.channel_layer_alias))

    @classmethod
    def _settings(cls) -> Config:
        return chanx_settings.config()
