"""A consumer whose class and models have the names of those in `library`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from chanx.core.decorators import ws_handler
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage


class Item(BaseModel):
    """Something for sale."""

    price: int


class Lookup(BaseMessage):
    action: Literal["lookup"] = "lookup"
    payload: Item


class Found(BaseMessage):
    action: Literal["found"] = "found"
    payload: list[Item]


class SearchConsumer(WebsocketConsumer):
    """Searches the shop."""

    @ws_handler
    async def lookup(self, message: Lookup) -> Found:
        """Look up an item."""
        return Found(payload=[message.payload])
