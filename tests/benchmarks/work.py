"""The work that every subject does: one typed request, and one reply made from it."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel

from chanx.messages.base import BaseMessage

PAYLOAD = {"text": "How fast is a typed message?", "room": 7, "n": 42, "tags": ["fast", "typed"]}
QUESTION = json.dumps({"action": "ask", "payload": PAYLOAD})
ANSWER = {"action": "answer", "payload": {**PAYLOAD, "n": 43}}


class Question(BaseModel):
    text: str
    room: int
    n: int
    tags: list[str]


class Ask(BaseMessage):
    action: Literal["ask"] = "ask"
    payload: Question


class Tell(BaseMessage):
    action: Literal["tell"] = "tell"
    payload: Question


class Answer(BaseMessage):
    action: Literal["answer"] = "answer"
    payload: Question


def answer(message: Ask) -> Answer:
    """Do the typed work."""
    asked = message.payload
    return Answer(payload=Question(text=asked.text, room=asked.room, n=asked.n + 1, tags=asked.tags))


def untyped_answer(content: dict[str, Any]) -> dict[str, Any]:
    """Do the same work on plain dicts."""
    asked = content["payload"]
    payload = {"text": asked["text"], "room": asked["room"], "n": asked["n"] + 1, "tags": asked["tags"]}
    return {"action": "answer", "payload": payload}


def questions(count: int, *, ids: bool = False) -> list[str]:
    """Make frames, with an id each where wanted."""
    if not ids:
        return [QUESTION] * count
    return [json.dumps({"action": "ask", "payload": PAYLOAD, "id": number}) for number in range(count)]
