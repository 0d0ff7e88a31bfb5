"""MESSAGE_ACTION_KEY renames the key that names the action, in every frame and nowhere else."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from chanx.core.decorators import event_handler, ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.transports import Mixin, Transport


class Deed(BaseModel):
    action: str
    kind: str = ""


class Do(BaseMessage):
    action: Literal["do"] = "do"
    payload: Deed


class Done(BaseMessage):
    action: Literal["done"] = "done"
    payload: Deed


class Push(BaseMessage):
    action: Literal["push"] = "push"
    payload: Any = None


class Doer(Mixin):
    message_action_key = "kind"
    groups = ["doers"]
    passthrough_events = [Push]

    @ws_handler
    async def do(self, message: Do) -> Done:
        return Done(payload=message.payload)

    @ws_handler
    async def spread(self) -> None:
        await self.broadcast_message(Done(payload=Deed(action="spread")))

    @event_handler
    async def on_done(self, event: Done) -> Done:
        return event


async def test_messages_are_named_under_the_key(transport: Transport) -> None:
    async with transport.connect(Doer) as client:
        client.text('{"kind": "do", "payload": {"action": "x"}, "id": 1}')
        assert await client.receive() == {"kind": "done", "payload": {"action": "x", "kind": ""}, "id": 1}


async def test_the_key_inside_payloads_stays(transport: Transport) -> None:
    async with transport.connect(Doer) as client:
        client.text('{"kind": "do", "payload": {"action": "x", "kind": "y"}}')
        assert (await client.receive())["payload"] == {"action": "x", "kind": "y"}


async def test_the_usual_key_names_nothing(transport: Transport) -> None:
    async with transport.connect(Doer) as client:
        client.text('{"action": "do", "payload": {"action": "x"}, "id": 1}')
        frame = await client.receive()
        assert (frame["kind"], frame["payload"]["code"], frame["id"]) == ("error", "unknown_action", 1)
        assert "'kind'" in frame["payload"]["detail"]


async def test_protocol_messages_use_the_key(transport: Transport) -> None:
    async with transport.connect(Doer, send_completion=True) as client:
        client.text('{"kind": "ping", "id": 1}')
        assert [await client.receive(), await client.receive()] == [
            {"kind": "pong", "payload": None, "id": 1},
            {"kind": "complete", "payload": None},
        ]


async def test_broadcasts_events_and_passthrough_use_the_key(transport: Transport) -> None:
    consumer = transport.consumer(Doer)
    async with transport.connect(Doer) as client:
        client.text('{"kind": "spread"}')
        await consumer.broadcast_event(Done(payload=Deed(action="event")))
        await consumer.broadcast_event(Push(payload={"action": 1, "kind": 2}))
        frames = [await client.receive() for _ in range(3)]
    assert sorted(frame["kind"] for frame in frames) == ["done", "done", "push"]
    assert all("action" not in frame for frame in frames)
    assert {"kind": "push", "payload": {"action": 1, "kind": 2}} in frames


async def test_the_key_and_camelcase_work_together(transport: Transport) -> None:
    class Camel(Doer):
        camelize = True
        message_action_key = "message_kind"

    async with transport.connect(Camel) as client:
        client.text('{"message_kind": "do", "payload": {"action": "x"}}')
        assert (await client.receive())["message_kind"] == "done"
