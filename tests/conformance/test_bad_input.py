"""No client frame, however bad, ends the connection, and each gets one error that names its kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel, model_validator

from chanx.core.decorators import ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.client import Client
from tests.conformance.transports import Transport

LIMIT = 65_536
MALFORMED, UNKNOWN, INVALID = "malformed_frame", "unknown_action", "validation_error"


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


class Target:
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


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


def free(payload: str) -> str:
    return f'{{"action": "free", "payload": {payload}}}'


def sized(size: int, letter: str = "a") -> str:
    """Make a valid frame of so many bytes."""
    empty = json.dumps({"action": "free", "payload": ""})
    room = size - len(empty)
    letters, rest = divmod(room, len(letter.encode()))
    return empty[:-2] + letter * letters + "b" * rest + empty[-2:]


BAD: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", MALFORMED),
    "whitespace": (" \t\r\n ", MALFORMED),
    "no JSON": ("hello", MALFORMED),
    "half an object": ('{"action": "say"', MALFORMED),
    "half a string": ('{"action": "say', MALFORMED),
    "half an escape": ('{"action": "say\\u00', MALFORMED),
    "trailing text": ('{"action": "say"} x', MALFORMED),
    "two objects": ('{"action": "ping"}{"action": "ping"}', MALFORMED),
    "trailing comma": ('{"action": "ping",}', MALFORMED),
    "single quotes": ("{'action': 'ping'}", MALFORMED),
    "no quotes": ("{action: ping}", MALFORMED),
    "a comment": ('{"action": "ping"} // yes', MALFORMED),
    "leading zero": (free("01"), MALFORMED),
    "a plus sign": (free("+1"), MALFORMED),
    "hexadecimal": (free("0x10"), MALFORMED),
    "only a brace": ("{", MALFORMED),
    "only closing braces": ("}}}}", MALFORMED),
    "closing brackets first": ("]" * 40 + "[" * 40, MALFORMED),
    "byte order mark": ('\ufeff{"action": "ping"}', MALFORMED),
    "array": ("[]", MALFORMED),
    "array of frames": ('[{"action": "ping"}]', MALFORMED),
    "null": ("null", MALFORMED),
    "true": ("true", MALFORMED),
    "number": ("5", MALFORMED),
    "float": ("1e5", MALFORMED),
    "string": ('"ping"', MALFORMED),
    "array with text": ('["action", "ping"]', MALFORMED),
    "NaN": (free("NaN"), MALFORMED),
    "Infinity": (free("Infinity"), MALFORMED),
    "-Infinity": (free("-Infinity"), MALFORMED),
    "NaN deep inside": (free('{"a": [1, {"b": NaN}]}'), MALFORMED),
    "NaN beside a string with NaN": (free('["NaN", NaN]'), MALFORMED),
    "nan": (free("nan"), MALFORMED),
    "lone high surrogate, escaped": (free('"\\ud800"'), MALFORMED),
    "lone low surrogate, escaped": (free('"\\udc00"'), MALFORMED),
    "lone surrogate in a key": (free('{"\\ud800": 1}'), MALFORMED),
    "lone surrogate in the action": ('{"action": "\\ud800"}', MALFORMED),
    "lone surrogate in the id": ('{"action": "ping", "id": "\\ud800"}', MALFORMED),
    "lone surrogate, raw": (free('"\ud800"'), MALFORMED),
    "control character in a string": (free('"a\x00b"'), MALFORMED),
    "newline in a string": (free('"a\nb"'), MALFORMED),
    "33 arrays": (free(nested(32)), MALFORMED),
    "33 objects": (free('{"a":' * 32 + "1" + "}" * 32), MALFORMED),
    "34 of both": (free('[{"a":' * 16 + "[1]" + "}]" * 16), MALFORMED),
    "30000 arrays": (nested(30_000), MALFORMED),
    "30000 arrays that never close": ("[" * 60_000, MALFORMED),
    "binary": (b'{"action": "ping"}', MALFORMED),
    "binary that is no UTF-8": (b"\xff\xfe\x00", MALFORMED),
    "binary, empty": (b"", MALFORMED),
    "an integer of 5000 digits": (free("9" * 5000), MALFORMED),
    "one byte too many": (sized(LIMIT + 1), "too_large"),
    "two-byte letters, one byte too many": (sized(LIMIT + 1, "é"), "too_large"),
    "four-byte letters, one byte too many": (sized(LIMIT + 1, "🙂"), "too_large"),
    "a megabyte": (sized(1_000_000), "too_large"),
    "no action": ("{}", UNKNOWN),
    "no action but a payload": ('{"payload": {"text": "hi"}}', UNKNOWN),
    "unknown action": ('{"action": "fly"}', UNKNOWN),
    "empty action": ('{"action": ""}', UNKNOWN),
    "action in capitals": ('{"action": "PING"}', UNKNOWN),
    "action with a space": ('{"action": "ping "}', UNKNOWN),
    "action null": ('{"action": null}', UNKNOWN),
    "action true": ('{"action": true}', UNKNOWN),
    "action number": ('{"action": 1}', UNKNOWN),
    "action float": ('{"action": 1.5}', UNKNOWN),
    "action array": ('{"action": []}', UNKNOWN),
    "action array with ping": ('{"action": ["ping"]}', UNKNOWN),
    "action object": ('{"action": {"a": {}}}', UNKNOWN),
    "action huge": ('{"action": ' + "9" * 400 + "}", UNKNOWN),
    "action of 30000 letters": (json.dumps({"action": "é" * 10_000}), UNKNOWN),
    "action with control characters": ('{"action": "\\u001b[31m\\u0000\\r\\nfly"}', UNKNOWN),
    "a dunder method": ('{"action": "__class__"}', UNKNOWN),
    "a method of the consumer": ('{"action": "disconnect"}', UNKNOWN),
    "a message of the server": ('{"action": "pong"}', UNKNOWN),
    "key in capitals": ('{"Action": "ping"}', UNKNOWN),
    "10000 unknown keys": (json.dumps({f"k{n}": 1 for n in range(4_000)}), UNKNOWN),
    "the last of two actions is unknown": ('{"action": "ping", "action": "fly"}', UNKNOWN),
    "no payload": ('{"action": "say"}', INVALID),
    "payload null": ('{"action": "say", "payload": null}', INVALID),
    "payload array": ('{"action": "say", "payload": []}', INVALID),
    "payload string": ('{"action": "say", "payload": "hi"}', INVALID),
    "payload number": ('{"action": "say", "payload": 1}', INVALID),
    "payload for ping": ('{"action": "ping", "payload": {"a": 1}}', INVALID),
    "wrong type": ('{"action": "say", "payload": {"text": 1}}', INVALID),
    "integer of 400 digits as text": ('{"action": "say", "payload": {"text": ' + "9" * 400 + "}}", INVALID),
    "number for an integer": ('{"action": "say", "payload": {"number": 1.5}}', INVALID),
    "4000 wrong items": (json.dumps({"action": "many", "payload": ["x"] * 4_000}), INVALID),
    "wrong at the bottom": (json.dumps({"action": "grow", "payload": {"children": [{"children": [5]}]}}), INVALID),
    "the last of two payloads is wrong": ('{"action":"say","payload":{"text":"a"},"payload":5}', INVALID),
    "id array": ('{"action": "ping", "id": []}', INVALID),
    "id object": ('{"action": "ping", "id": {}}', INVALID),
    "id true": ('{"action": "ping", "id": true}', INVALID),
    "id float": ('{"action": "ping", "id": 1.0}', INVALID),
    "id of 129 letters": (json.dumps({"action": "ping", "id": "x" * 129}), INVALID),
    "id of 129 bytes": (json.dumps({"action": "ping", "id": "é" * 64 + "x"}, ensure_ascii=False), INVALID),
    "id above 64 bits": ('{"action": "ping", "id": 9223372036854775808}', INVALID),
    "id below 64 bits": ('{"action": "ping", "id": -9223372036854775809}', INVALID),
    "id of 400 digits": ('{"action": "ping", "id": ' + "9" * 400 + "}", INVALID),
    "cancel without id": ('{"action": "cancel"}', INVALID),
    "cancel of null": ('{"action": "cancel", "payload": {"id": null}}', INVALID),
    "cancel of an array": ('{"action": "cancel", "payload": {"id": []}}', INVALID),
}  # fmt: skip

GOOD: dict[str, str] = {
    "exactly at the limit": sized(LIMIT),
    "two-byte letters at the limit": sized(LIMIT, "é"),
    "four-byte letters at the limit": sized(LIMIT, "🙂"),
    "32 deep": free(nested(31)),
    "32 deep of both": free('[{"a":' * 15 + "[1]" + "}]" * 15),
    "many brackets, but flat": free("[" + "[]," * 500 + "{}]"),
    "brackets in a string": free(json.dumps("[{" * 500)),
    "brackets after escaped quotes": free(json.dumps('\\"[{' * 500)),
    "the word NaN": free('"NaN and Infinity, -Infinity"'),
    "NaN as a key": free('{"NaN": "Infinity"}'),
    "an integer of 400 digits": free("9" * 400),
    "a large exponent in a string": free('"1e999"'),
    "4000 keys": free(json.dumps({f"k{n}": n for n in range(4_000)})),
    "duplicate keys": '{"action": "fly", "action": "free", "payload": 1, "payload": 2}',
    "surrounding whitespace": f" \r\n\t{free('1')} \n",
    "escaped control characters": free('"\\u0000\\u001b"'),
    "a surrogate pair": free('"\\ud83d\\ude42"'),
    "escaped action": '{"\\u0061ction": "fr\\u0065e"}',
}


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


@pytest.fixture(params=frames_of(BAD))
def bad(request: pytest.FixtureRequest) -> tuple[str | bytes, str]:
    return request.param


async def test_a_bad_frame_is_answered_with_its_code(transport: Transport, bad: tuple[Any, str]) -> None:
    frame, code = bad
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

    class Keyed:
        @ws_handler(input_type=Keys)
        async def keys(self, message) -> None: ...

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
