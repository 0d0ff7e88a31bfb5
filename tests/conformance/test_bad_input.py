"""No client frame, however bad, ends the connection, and each gets one error that names its kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel, model_validator

from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.bad_frames import BAD, GOOD, INVALID, MALFORMED, free, nested
from tests.conformance.client import Client
from tests.conformance.transports import Mixin, Transport


class Text(BaseModel):
    text: str = ""
    number: int = 0


class Say(BaseMessage):
    action: Literal["say"] = "say"
    payload: Text


class Free(BaseMessage):
    action: Literal["free"] = "free"
    payload: Any = None


class Many(BaseMessage):
    action: Literal["many"] = "many"
    payload: RootModel[list[int]]


class Tree(BaseModel):
    children: list[Tree] = Field(default_factory=list)


class Grow(BaseMessage):
    action: Literal["grow"] = "grow"
    payload: Tree


class Trap(BaseMessage):
    action: Literal["trap"] = "trap"

    @model_validator(mode="after")
    def _spring(self) -> Trap:
        raise RuntimeError("a secret of the server")


class Target(Mixin):
    error_budget = 1000

    @ws_handler
    async def say(self, message: Say) -> Say:
        return message

    @ws_handler
    async def free(self, message: Free) -> Free:
        return message

    @ws_handler
    async def many(self, message: Many) -> None: ...

    @ws_handler
    async def grow(self, message: Grow) -> None: ...

    @ws_handler
    async def trap(self, message: Trap) -> None: ...


def frames_of(table: dict[str, Any]) -> list[Any]:
    return [pytest.param(value, id=name) for name, value in table.items()]


async def answer_to(client: Client, frame: str | bytes) -> tuple[dict[str, Any], int]:
    """Send a frame; return the answer and its size in bytes."""
    if isinstance(frame, bytes):
        client.binary(frame)
    else:
        client.text(frame)
    text = await client.frame_text()
    return json.loads(text), len(text.encode())


@pytest.mark.parametrize(("frame", "code"), [pytest.param(*bad, id=name) for name, bad in BAD.items()])
async def test_a_bad_frame_is_answered_with_its_code(
    transport: Transport, frame: str | bytes, code: str
) -> None:
    async with transport.connect(Target) as client:
        answer, size = await answer_to(client, frame)
        assert (answer["action"], answer["payload"]["code"]) == ("error", code)
        assert size <= 4096
        assert await client.alive()


@pytest.mark.parametrize("frame", frames_of(GOOD))
async def test_an_odd_but_valid_frame_is_handled(transport: Transport, frame: str) -> None:
    async with transport.connect(Target) as client:
        answer, _ = await answer_to(client, frame)
        assert answer["action"] == "free"
        assert await client.alive()


async def test_all_kinds_on_one_connection_leave_it_alive(transport: Transport) -> None:
    async with transport.connect(Target) as client:
        for frame, code in BAD.values():
            answer, _ = await answer_to(client, frame)
            assert answer["payload"]["code"] == code
        assert await client.alive()


@pytest.mark.parametrize("frame_id", ["me", 42])
@pytest.mark.parametrize(
    "frame",
    [{"action": "fly"}, {}, {"action": 5}, {"action": "say"}, {"action": "many", "payload": ["x"] * 4_000}],
)
async def test_the_error_carries_the_id(
    transport: Transport, frame: dict[str, Any], frame_id: str | int
) -> None:
    async with transport.connect(Target) as client:
        answer, _ = await answer_to(client, json.dumps({**frame, "id": frame_id}))
        assert answer["id"] == frame_id


@pytest.mark.parametrize("name", [name for name in BAD if name.startswith("id ")])
async def test_an_id_that_is_no_id_is_not_echoed(transport: Transport, name: str) -> None:
    async with transport.connect(Target) as client:
        answer, _ = await answer_to(client, BAD[name][0])
        assert "id" not in answer


async def test_of_duplicate_keys_the_last_counts(transport: Transport) -> None:
    async with transport.connect(Target) as client:
        answer, _ = await answer_to(client, GOOD["duplicate keys"])
        assert answer["payload"] == 2


@pytest.mark.parametrize("depth", [200, 100_000])
@pytest.mark.parametrize("shape", ["arrays", "objects", "action", "payload"])
async def test_nesting_is_refused_whatever_the_size_allows(
    transport: Transport, depth: int, shape: str
) -> None:
    frames = {
        "arrays": nested(depth),
        "objects": '{"a":' * depth + "1" + "}" * depth,
        "action": f'{{"action": {nested(depth)}}}',
        "payload": f'{{"action": "grow", "payload": {nested(depth)}}}',
    }
    async with transport.connect(Target, max_message_bytes=10_000_000) as client:
        answer, _ = await answer_to(client, frames[shape])
        assert answer["payload"]["code"] == MALFORMED
        assert await client.alive()


async def test_nesting_beyond_the_parser_is_refused_with_the_highest_limit(transport: Transport) -> None:
    async with transport.connect(Target, max_message_depth=200) as client:
        answer, _ = await answer_to(client, free(nested(250)))
        assert answer["payload"]["code"] == MALFORMED
        assert await client.alive()


async def test_an_error_echoes_only_a_piece_of_the_frame(transport: Transport) -> None:
    async with transport.connect(Target) as client:
        answer, size = await answer_to(client, json.dumps({"action": "x" * 60_000}))
        assert size < 500
        assert "xxx" in answer["payload"]["detail"]


async def test_the_errors_of_a_long_list_are_bounded(transport: Transport) -> None:
    async with transport.connect(Target) as client:
        answer, size = await answer_to(client, BAD["4000 wrong items"][0])
        assert 0 < len(answer["payload"]["errors"]) <= 10
        assert size <= 4096


async def test_a_long_key_at_fault_is_bounded(transport: Transport) -> None:
    class Keys(BaseMessage):
        action: Literal["keys"] = "keys"
        payload: dict[str, int]

    class Keyed(Mixin):
        @ws_handler(input_type=Keys)
        async def keys(self, message: Any) -> None: ...

    async with transport.connect(Keyed) as client:
        answer, size = await answer_to(client, json.dumps({"action": "keys", "payload": {"k" * 60_000: "x"}}))
        assert answer["payload"]["code"] == INVALID
        assert size <= 4096


async def test_a_validator_that_crashes_is_an_internal_error(transport: Transport) -> None:
    async with transport.connect(Target) as client:
        answer, _ = await answer_to(client, '{"action": "trap", "id": 9}')
        assert (answer["payload"]["code"], answer["id"]) == ("internal_error", 9)
        assert "secret" not in json.dumps(answer)
        assert await client.alive()


async def test_a_validator_that_crashes_on_another_frame_leaves_this_one_alone(transport: Transport) -> None:
    async with transport.connect(Target) as client:
        await answer_to(client, '{"action": "trap"}')
        assert (await client.request("free", 1))["payload"] == 1


def garbage(count: int) -> Iterator[str | bytes]:
    frames = [frame for frame, _ in BAD.values() if len(frame) < 1000]
    assert len(frames) > 40
    for number in range(count):
        yield frames[number % len(frames)]


async def test_a_burst_of_garbage_is_answered_frame_by_frame(transport: Transport) -> None:
    async with transport.connect(Target) as client:
        for frame in garbage(300):
            client.text(frame) if isinstance(frame, str) else client.binary(frame)
        answers = [await client.receive() for _ in range(300)]
        assert {answer["action"] for answer in answers} == {"error"}
        assert await client.alive()
