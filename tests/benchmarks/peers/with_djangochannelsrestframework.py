"""An action of djangochannelsrestframework, validated with Pydantic."""

from __future__ import annotations

import json
from typing import Any

from djangochannelsrestframework.consumers import AsyncAPIConsumer
from djangochannelsrestframework.decorators import action
from pydantic import BaseModel


class Question(BaseModel):
    text: str
    room: int
    n: int
    tags: list[str]


class Consumer(AsyncAPIConsumer):
    @action()
    async def ask(self, data: dict[str, Any], **kwargs: Any) -> tuple[dict[str, Any], int]:
        asked = Question.model_validate(data)
        reply = Question(text=asked.text, room=asked.room, n=asked.n + 1, tags=asked.tags)
        return reply.model_dump(mode="json"), 200


application = Consumer.as_asgi()


def frame(number: int) -> str:
    """Make one request."""
    data = {"text": "How fast is a typed message?", "room": 7, "n": 42, "tags": ["fast", "typed"]}
    return json.dumps({"action": "ask", "request_id": number, "data": data})
