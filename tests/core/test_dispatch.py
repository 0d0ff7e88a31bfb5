from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from chanx.core._dispatch import Dispatcher
from chanx.core.decorators import ws_handler
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.base import BaseMessage


class Say(BaseMessage):
    action: Literal["say", "whisper"] = "say"
    payload: Any = None


class Shout(BaseMessage):
    action: Literal["shout"] = "shout"


class Count(BaseMessage):
    action: Literal["count"] = "count"


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: Any = None


class Plain:
    """An iterator that cannot be closed."""

    def __init__(self) -> None:
        self.left = [Said(payload=2), Said(payload=1)]

    def __aiter__(self) -> Plain:
        return self

    async def __anext__(self) -> Said:
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop()


class Point(BaseModel):
    x: int


class Consumer(WebsocketConsumer):
    closed = False

    @ws_handler
    async def say(self, message: Say) -> Said:
        return Said(payload=message.payload)

    @ws_handler
    def shout(self, message: Shout) -> Said:
        return Said(payload="sync")

    @ws_handler
    async def move(self, x: int, point: Point, function: str = "f") -> Said:
        return Said(payload=[x, point, function])

    @ws_handler
    def block(self, x: int) -> Said:
        return Said(payload=x)

    @ws_handler
    async def count(self, message: Count) -> AsyncIterator[Said]:
        try:
            for number in range(3):
                yield Said(payload=number)
        finally:
            self.closed = True

    @ws_handler
    async def tell(self, upto: int) -> AsyncIterator[Said]:
        for number in range(upto):
            yield Said(payload=number)

    @ws_handler
    async def plain(self) -> AsyncIterator[Said]:
        return Plain()


class Replies(list[Any]):
    """Takes what is replied."""

    async def __call__(self, message: BaseMessage) -> None:
        self.append(message.payload)  # type: ignore[attr-defined]


DISPATCHER = Dispatcher(Consumer.contract.handlers)


def made(action: str, **payload: Any) -> BaseMessage:
    (message,) = Consumer.contract.handlers[action].messages
    return message.model_validate({"action": action, "payload": payload})


@pytest.mark.parametrize("message", [Say(), Say(action="whisper")], ids=str)
def test_a_handler_is_found_by_the_class_of_the_message(message: Any) -> None:
    handler = DISPATCHER.find(message)
    assert handler is not None
    assert handler.name == "say"


def test_a_message_of_another_class_is_found_by_its_action() -> None:
    class Other(BaseMessage):
        action: Literal["shout"] = "shout"

    handler = DISPATCHER.find(Other())
    assert handler is not None
    assert handler.name == "shout"


def test_a_message_that_nobody_handles_is_not_found() -> None:
    assert DISPATCHER.find(Said()) is None


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (Say(payload=1), 1),
        (Shout(), "sync"),
        (made("move", x=1, point={"x": 2}), [1, Point(x=2), "f"]),
        (made("block", x=5), 5),
    ],
    ids=["async", "sync", "arguments", "sync arguments"],
)
async def test_every_form_of_handler_is_called(message: BaseMessage, answer: Any) -> None:
    handler = DISPATCHER.find(message)
    assert handler is not None
    assert await DISPATCHER.call(Consumer(), handler, message) == Said(payload=answer)


@pytest.mark.parametrize(
    ("message", "answers"),
    [(Count(), [0, 1, 2]), (made("tell", upto=2), [0, 1]), (made("plain"), [1, 2])],
    ids=["generator", "arguments", "iterator"],
)
async def test_what_a_handler_yields_is_handed_on(message: BaseMessage, answers: list[int]) -> None:
    handler, replies = DISPATCHER.find(message), Replies()
    assert handler is not None
    await DISPATCHER.stream(Consumer(), handler, message, replies)
    assert replies == answers


async def test_a_generator_is_closed_when_a_reply_fails() -> None:
    async def fail(message: BaseMessage) -> None:
        raise KeyError

    consumer, handler = Consumer(), DISPATCHER.find(Count())
    assert handler is not None
    with pytest.raises(KeyError):
        await DISPATCHER.stream(consumer, handler, Count(), fail)
    assert consumer.closed


async def test_a_generator_is_closed_when_the_task_is_cancelled() -> None:
    replied = asyncio.Event()

    async def hang(message: BaseMessage) -> None:
        replied.set()
        await asyncio.Event().wait()

    consumer, handler = Consumer(), DISPATCHER.find(Count())
    assert handler is not None
    task = asyncio.create_task(DISPATCHER.stream(consumer, handler, Count(), hang))
    await replied.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert consumer.closed
