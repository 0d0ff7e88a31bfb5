"""A handler of the package that is called chanx on PyPI."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel

from chanx.channels.websocket import AsyncJsonWebsocketConsumer
from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage


class Question(BaseModel):
    text: str
    room: int
    n: int
    tags: list[str]


class Ask(BaseMessage):
    action: Literal["ask"] = "ask"
    payload: Question


class Answer(BaseMessage):
    action: Literal["answer"] = "answer"
    payload: Question


class Consumer(AsyncJsonWebsocketConsumer):
    log_websocket_message = False

    @ws_handler
    async def ask(self, message: Ask) -> Answer:
        asked = message.payload
        return Answer(payload=Question(text=asked.text, room=asked.room, n=asked.n + 1, tags=asked.tags))


application = Consumer.as_asgi()


def frame(number: int) -> str:
    """Make one request."""
    payload = {"text": "How fast is a typed message?", "room": 7, "n": 42, "tags": ["fast", "typed"]}
    return json.dumps({"action": "ask", "payload": payload})
