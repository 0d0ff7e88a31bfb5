# pyright: strict
"""The test tools: a request is answered by what was expected, for the type checkers too."""

from __future__ import annotations

from typing import Literal, assert_type

from chanx.channels.testing import DjangoWebsocketCommunicator, WebsocketCommunicator, WebsocketTestCase
from chanx.channels.websocket import AsyncJsonWebsocketConsumer
from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import AuthenticationMessage


class Ask(BaseMessage):
    action: Literal["ask"] = "ask"


class Answer(BaseMessage):
    action: Literal["answer"] = "answer"
    payload: int


class AnswerConsumer(AsyncJsonWebsocketConsumer):
    @ws_handler
    async def ask(self, message: Ask) -> Answer:
        return Answer(payload=42)


class AnswerTests(WebsocketTestCase):
    ws_path = "/ws/"
    consumer = AnswerConsumer

    async def test_the_answer(self) -> None:
        async with self.auth_communicator as client:
            assert_type(client, DjangoWebsocketCommunicator)
            assert_type(await client.wait_for_auth(), AuthenticationMessage | None)
            assert_type((await client.request(Ask(), expect=Answer)).payload, int)


async def test_in_a_function() -> None:
    async with WebsocketCommunicator(AnswerConsumer, "/ws/", consumer=AnswerConsumer) as client:
        assert_type(await client.request(Ask(), Answer), Answer)
        assert_type(await client.request(Ask()), BaseMessage)
        assert_type(await client.receive_message(timeout=0.5), BaseMessage)
        assert_type([answer async for answer in client.stream(Ask(), Answer)], list[Answer])
