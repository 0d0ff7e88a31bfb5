"""The default dialect: what frames look like, and which answer a frame gets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel, RootModel

from chanx.core.decorators import ws_handler
from chanx.core.errors import RequestError
from chanx.messages.base import BaseMessage
from chanx.messages.incoming import PingMessage
from chanx.messages.outgoing import ErrorCode
from tests.conformance.transports import Mixin, Transport


class Text(BaseModel):
    text: str


class Say(BaseMessage):
    action: Literal["say"] = "say"
    payload: Text


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: Text


class Look(BaseMessage):
    action: Literal["look"] = "look"


class Numbers(BaseMessage):
    action: Literal["numbers"] = "numbers"
    payload: RootModel[list[float]]


class Anything(BaseMessage):
    action: Literal["anything"] = "anything"
    payload: Any = None


class Speaker(Mixin):
    @ws_handler
    async def say(self, message: Say) -> Said:
        return Said(payload=message.payload)

    @ws_handler
    async def look(self, message: Look) -> None: ...

    @ws_handler
    async def rename(self, room: int, title: str = "none") -> Said:
        return Said(payload=Text(text=f"{room}: {title}"))

    @ws_handler
    async def repeat(self, message: Anything) -> Anything:
        return message

    @ws_handler
    async def count(self, to: int) -> AsyncIterator[Said]:
        for number in range(to):
            yield Said(payload=Text(text=str(number)))

    @ws_handler
    async def divide(self) -> Numbers:
        return Numbers(payload=RootModel[list[float]]([1.5, float("nan"), float("inf")]))

    @ws_handler
    async def surrogate(self) -> Said:
        return Said(payload=Text.model_construct(text="\ud800"))

    @ws_handler
    async def forbid(self) -> None:
        raise RequestError("Not you.", ErrorCode.PERMISSION_DENIED, retry_after=3)

    @ws_handler
    def block(self, text: str) -> Said:
        return Said(payload=Text(text=text.upper()))


class OwnPing(Mixin):
    @ws_handler
    async def ping(self, message: PingMessage) -> Said:
        return Said(payload=Text(text="mine"))


async def test_a_reply_is_one_json_object(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        assert await client.request("say", {"text": "hé"}) == {"action": "said", "payload": {"text": "hé"}}


@pytest.mark.parametrize("frame_id", ["a", "é" * 64, "", 0, -1, 2**63 - 1, -(2**63)])
async def test_a_reply_carries_the_id_of_its_frame(transport: Transport, frame_id: str | int) -> None:
    async with transport.connect(Speaker) as client:
        assert (await client.request("say", {"text": "hi"}, id=frame_id))["id"] == frame_id


async def test_an_id_that_is_null_is_no_id(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        assert "id" not in await client.request("say", {"text": "hi"}, id=None)


async def test_a_handler_without_result_answers_an_id_with_complete(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        assert await client.request("look", id=7) == {"action": "complete", "payload": None, "id": 7}


async def test_a_handler_without_result_answers_nothing_without_id(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        client.send("look")
        assert await client.alive()


async def test_a_frame_with_id_gets_one_answer(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        client.send("say", {"text": "hi"}, id=1)
        assert len(await client.waiting()) == 1


async def test_a_handler_sees_the_message_without_the_frame_around_it(transport: Transport) -> None:
    seen: list[Say] = []

    class Watcher(Mixin):
        @ws_handler
        async def say(self, message: Say) -> None:
            seen.append(message)

    async with transport.connect(Watcher) as client:
        await client.request("say", {"text": "hi"}, id=1)
    assert seen == [Say(action="say", payload=Text(text="hi"))]
    assert seen[0].model_dump() == {"action": "say", "payload": {"text": "hi"}}
    assert seen[0].model_fields_set == {"action", "payload"}


async def test_each_of_many_frames_gets_one_final_answer(transport: Transport) -> None:
    kinds: list[dict[str, Any]] = [
        {"action": "say", "payload": {"text": "hi"}},
        {"action": "look"},
        {"action": "count", "payload": {"to": 3}},
        {"action": "forbid"},
        {"action": "surrogate"},
        {"action": "block", "payload": {"text": "hi"}},
        {"action": "ping"},
        {"action": "cancel", "payload": {"id": "nothing"}},
        {"action": "unknown"},
        {"action": "say"},
        {},
    ]
    expected = set(range(10 * len(kinds)))
    async with transport.connect(Speaker, error_budget=1000, max_concurrent_handlers=100) as client:
        for number in expected:
            client.send(**{"action": "none", **kinds[number % len(kinds)]}, id=number)
        finals: list[int] = []
        while len(finals) < len(expected):
            frame = await client.receive()
            streamed = frame["action"] == "said" and kinds[frame["id"] % len(kinds)].get("action") == "count"
            finals += [] if streamed else [frame["id"]]
        assert await client.alive()
    assert sorted(finals) == sorted(expected)


async def test_keys_that_the_dialect_does_not_know_are_ignored(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        frame = await client.request("say", {"text": "hi"}, topic="t", offset=5, trace={"a": [1]})
        assert frame == {"action": "said", "payload": {"text": "hi"}}


async def test_a_message_without_payload_may_bring_null(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        client.text('{"action": "look", "payload": null, "id": 1}')
        assert (await client.receive())["action"] == "complete"


async def test_ping_is_built_in(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        assert await client.request("ping", id="p") == {"action": "pong", "payload": None, "id": "p"}


async def test_an_own_ping_replaces_the_built_in_one(transport: Transport) -> None:
    async with transport.connect(OwnPing) as client:
        assert (await client.request("ping"))["payload"] == {"text": "mine"}


async def test_arguments_of_a_signature_are_the_payload(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        assert (await client.request("rename", {"room": 3}))["payload"] == {"text": "3: none"}


async def test_a_sync_handler_answers_like_others(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        assert (await client.request("block", {"text": "hi"}, id=1))["payload"] == {"text": "HI"}


async def test_a_stream_ends_with_complete(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        client.send("count", {"to": 2}, id="s")
        frames = [await client.receive() for _ in range(3)]
    assert [(frame["action"], frame["id"]) for frame in frames] == [
        ("said", "s"),
        ("said", "s"),
        ("complete", "s"),
    ]


async def test_user_data_comes_back_as_it_was(transport: Transport) -> None:
    data = {"a_b": {"cD": [1, None, True, 2**70, 0.1, "\u2028\x00🙂"]}, "": {}}
    async with transport.connect(Speaker) as client:
        assert (await client.request("anything", data))["payload"] == data


async def test_nan_and_infinity_leave_as_null(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        assert (await client.request("divide"))["payload"] == [1.5, None, None]


async def test_a_reply_that_is_no_unicode_is_an_internal_error(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        frame = await client.request("surrogate", id=1)
        assert (frame["payload"]["code"], frame["id"]) == ("internal_error", 1)
        assert await client.alive()


async def test_an_error_raised_by_a_handler_reaches_the_client(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        assert await client.request("forbid", id=1) == {
            "action": "error",
            "payload": {"code": "permission_denied", "detail": "Not you.", "retry_after": 3.0},
            "id": 1,
        }


async def test_a_validation_error_names_every_place(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        payload = (await client.request("say", {"text": 5}))["payload"]
    assert payload["code"] == "validation_error"
    assert [error["loc"] for error in payload["errors"]] == [["payload", "text"]]
    assert set(payload["errors"][0]) == {"loc", "msg", "type"}


async def test_frames_are_text(transport: Transport) -> None:
    async with transport.connect(Speaker) as client:
        client.send("say", {"text": "hi"})
        event = await client.event("websocket.send")
    assert json.loads(event["text"])["action"] == "said"
    assert event.get("bytes") is None


async def test_completion_follows_each_message_when_wanted(transport: Transport) -> None:
    async with transport.connect(Speaker, send_completion=True) as client:
        client.send("say", {"text": "hi"}, id=1)
        assert [await client.receive() for _ in range(2)] == [
            {"action": "said", "payload": {"text": "hi"}, "id": 1},
            {"action": "complete", "payload": None},
        ]


async def test_completion_is_the_answer_where_there_is_no_other(transport: Transport) -> None:
    async with transport.connect(Speaker, send_completion=True) as client:
        client.send("look", id=1)
        client.send("look")
        assert [(await client.receive()).get("id") for _ in range(2)] == [1, None]


async def test_completion_follows_an_error_when_wanted(transport: Transport) -> None:
    async with transport.connect(Speaker, send_completion=True) as client:
        client.send("forbid")
        client.text("{")
        client.send("ping")
        client.send("cancel", {"id": 5})
        received = [(await client.receive())["action"] for _ in range(8)]
    assert received == ["error", "complete", "error", "complete", "pong", "complete", "error", "complete"]
