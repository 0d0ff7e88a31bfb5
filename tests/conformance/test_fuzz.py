"""Whatever a client sends is judged as a strict JSON parser would, and the connection lives."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance.test_bad_input import Target
from tests.conformance.transports import Transport

GENTLE = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
)
ACTIONS = st.sampled_from(["free", "say", "many", "ping", "cancel", "grow"]) | VALUES
OBJECTS = st.fixed_dictionaries(
    {}, optional={"action": ACTIONS, "payload": VALUES, "id": VALUES, "topic": VALUES}
)
PIECES = st.sampled_from([*'{}[]":,0123456789eE+-.\\ \t\n', "true", "null", "NaN", "Infinity", "\\u", "d800", '"action"', '"ping"', "é"])  # fmt: skip
SOUP = st.lists(PIECES, max_size=30).map("".join)


def strict(text: str) -> Any:
    """
    Parse JSON by the book.

    Raises:
        ValueError: It is none.
    """

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    value = json.loads(text, parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode()  # no lone surrogates
    return value


def is_id(value: Any) -> bool:
    if type(value) is str:
        return len(value.encode()) <= 128
    return type(value) is int and -(2**63) <= value < 2**63


async def judge(transport: Transport, text: str) -> None:
    async with transport.connect(Target) as client:
        client.text(text)
        answers = await client.waiting()
    assert len(answers) <= 1
    answer = answers[0] if answers else None
    try:
        frame = strict(text)
    except ValueError:
        assert answer is not None
        assert answer["payload"]["code"] == "malformed_frame"
        return
    if not isinstance(frame, dict):
        assert answer is not None
        assert answer["payload"]["code"] == "malformed_frame"
    elif is_id(frame.get("id")):
        assert answer is not None
        assert answer["id"] == frame["id"]
    elif answer is not None:
        assert "id" not in answer
        assert answer["action"] != "error" or answer["payload"]["code"] != "malformed_frame"


@GENTLE
@given(frame=OBJECTS)
async def test_any_object_is_answered_by_the_rules(transport: Transport, frame: dict[str, Any]) -> None:
    await judge(transport, json.dumps(frame))


@GENTLE
@given(text=SOUP)
async def test_any_soup_of_json_is_answered_by_the_rules(transport: Transport, text: str) -> None:
    await judge(transport, text)


@GENTLE
@given(text=st.text(max_size=200))
async def test_any_text_is_answered_by_the_rules(transport: Transport, text: str) -> None:
    await judge(transport, text)


@GENTLE
@given(payload=VALUES.filter(lambda value: value == value))  # noqa: PLR0124 - not NaN
async def test_any_payload_comes_back(transport: Transport, payload: Any) -> None:
    text = json.dumps(payload)
    async with transport.connect(Target) as client:
        client.send("free", payload)
        answer = await client.receive()
        if "NaN" in text or "Infinity" in text:
            return
        assert answer == {"action": "free", "payload": payload}
