"""The subjects that run in this process: the floor, plain Channels, and chanx."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from unittest.mock import patch

from channels import consumer as channels_consumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer as PlainConsumer
from pydantic import Field, TypeAdapter
from pydantic_core import to_json

from chanx.core.decorators import ws_handler
from chanx_django.websocket import AsyncJsonWebsocketConsumer
from tests.benchmarks.work import Answer, Ask, Tell, answer, untyped_answer

READ: TypeAdapter[Any] = TypeAdapter(Annotated[Ask | Tell, Field(discriminator="action")])


async def _handle(message: Ask) -> Answer:
    return answer(message)


async def floor(scope: Any, receive: Any, send: Any) -> None:
    """Do the least that typed messages cost: parse, handle, write; no ids, limits, groups or errors."""
    validate = READ.validate_json
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        reply = await _handle(validate(event["text"]))
        await send({"type": "websocket.send", "text": to_json(reply).decode()})


class Plain(PlainConsumer):
    """An untyped echo as Channels' documentation writes it."""

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        await self.send_json(untyped_answer(content))


class Chanx(AsyncJsonWebsocketConsumer):
    """The same with types."""

    @ws_handler
    async def ask(self, message: Ask) -> Answer:
        return answer(message)

    @ws_handler
    async def tell(self, message: Tell) -> None:
        return None


async def _no_hop() -> None:
    return None


@contextmanager
def without_hop() -> Iterator[None]:
    """Take the thread hop that closes database connections out of plain Channels."""
    with patch.object(channels_consumer, "aclose_old_connections", _no_hop):
        yield
