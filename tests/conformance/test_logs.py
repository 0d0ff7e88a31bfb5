"""Logs tell each thing once, in bounded size, and without what clients could smuggle in."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Literal

import pytest
from pydantic import BaseModel

from chanx.core.decorators import event_handler, ws_handler
from chanx.messages.base import BaseMessage
from tests.conformance.probe import Probe
from tests.conformance.transports import Mixin, Transport

ESCAPES = "\x1b[31m\r\nERROR forged\x00\x85\u2028\u202e\x7f\ud83d\ude42"


class Text(BaseModel):
    text: str


class Said(BaseMessage):
    action: Literal["said"] = "said"
    payload: Text


class Speaker(Mixin):
    groups = ["speakers"]
    probe: Probe | None = None

    @ws_handler
    async def say(self, text: str) -> Said:
        return Said(payload=Text(text=text))

    @ws_handler
    async def crash(self) -> None:
        raise ValueError("broken")

    @ws_handler(concurrent=True)
    async def crash_beside(self) -> None:
        raise ValueError("broken")

    @ws_handler
    async def crash_in_stream(self) -> AsyncIterator[Said]:
        yield Said(payload=Text(text="a"))
        raise ValueError("broken")

    @ws_handler
    async def leave(self) -> None:
        assert self.probe is not None
        await self.probe.hold("leaving")
        raise ValueError("broken")

    @event_handler
    async def on_said(self, event: Said) -> None:
        raise ValueError("broken")


def lines(log: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    return [record.getMessage() for record in log.records if record.levelno >= level]


def whole(log: pytest.LogCaptureFixture) -> str:
    return "\n".join(lines(log, logging.INFO))


async def test_messages_are_logged_by_action(transport: Transport, log: pytest.LogCaptureFixture) -> None:
    async with transport.connect(Speaker) as client:
        await client.request("say", {"text": "a secret"})
    assert [line.partition(": ")[2] for line in lines(log, logging.INFO)] == ["received say", "sent said"]
    assert "secret" not in log.text


async def test_ping_and_pong_are_not_logged(transport: Transport, log: pytest.LogCaptureFixture) -> None:
    async with transport.connect(Speaker) as client:
        await client.request("ping")
    assert log.records == []


async def test_ignored_actions_are_not_logged(transport: Transport, log: pytest.LogCaptureFixture) -> None:
    async with transport.connect(Speaker, log_ignored_actions=["say", "said"]) as client:
        await client.request("say", {"text": "hi"})
    assert log.records == []


async def test_messages_are_not_logged_when_that_is_switched_off(
    transport: Transport, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Speaker, log_websocket_message=False) as client:
        await client.request("say", {"text": "hi"})
    assert log.records == []


@pytest.mark.parametrize("action", ["crash", "crash_beside", "crash_in_stream"])
async def test_a_failure_is_logged_once(
    transport: Transport, log: pytest.LogCaptureFixture, action: str
) -> None:
    async with transport.connect(Speaker) as client:
        client.send(action, id=1)
        await client.waiting()
    assert len(lines(log)) == 1
    assert log.text.count("Traceback") == 1


async def test_a_failure_of_an_event_is_logged_once(
    transport: Transport, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Speaker) as client:
        await transport.consumer(Speaker).broadcast_event(Said(payload=Text(text="hi")))
        await client.receive()
    assert len(lines(log)) == 1
    assert log.text.count("Traceback") == 1


async def test_a_failure_after_the_client_has_left_is_logged_once(
    transport: Transport, probe: Probe, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Speaker, probe=probe) as client:
        client.send("leave")
        await probe.noted("leaving")
        client.leave()
        probe.gate.set()
        await client.ended()
    assert len(lines(log)) == 1
    assert log.text.count("Traceback") == 1


async def test_a_bad_frame_is_one_line_without_traceback(
    transport: Transport, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Speaker) as client:
        client.text("{")
        await client.receive()
    assert [(record.levelname, record.exc_info) for record in log.records] == [("WARNING", None)]


async def test_the_line_of_a_bad_frame_names_path_and_code(
    transport: Transport, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Speaker) as client:
        client.text('{"action": "fly"}')
        await client.receive()
    assert "/ws/" in whole(log)
    assert "unknown_action" in whole(log)


async def test_a_flood_of_bad_frames_fills_no_log(
    transport: Transport, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Speaker, error_budget=1000) as client:
        client.text(*["{", '{"action": "' + "x" * 10_000 + '"}', '{"action": "say"}'] * 100)
        for _ in range(300):
            await client.receive()
    assert len(log.text.encode()) <= 4096
    assert "300" in lines(log)[-1]


@pytest.mark.parametrize(
    "frame",
    [
        {"action": ESCAPES},
        {"action": "say", "payload": {"text": ESCAPES, ESCAPES: 1}},
        {"action": "say", "payload": {ESCAPES: 1}},
        {"action": ESCAPES, "id": ESCAPES},
        {"action": ["say"], ESCAPES: 1},
        {ESCAPES: 1},
    ],
)
async def test_no_control_character_of_a_frame_reaches_the_log(
    transport: Transport, log: pytest.LogCaptureFixture, frame: dict[str, object]
) -> None:
    async with transport.connect(Speaker) as client:
        client.text(json.dumps(frame, ensure_ascii=False), json.dumps(frame))
        await client.waiting()
    assert whole(log).replace("\n", "").isprintable()
    assert len(log.text.splitlines()) == len(log.records)


async def test_no_control_character_of_a_path_reaches_the_log(
    transport: Transport, log: pytest.LogCaptureFixture
) -> None:
    from tests.conformance.client import Client

    consumer = transport.consumer(Speaker)
    scope = {"path": f"/{ESCAPES}", "url_route": {"args": (), "kwargs": {}}}
    async with Client(consumer() if transport.name == "memory" else consumer.as_asgi(), scope) as client:
        client.text("{")
        await client.receive()
    assert whole(log).isprintable()


async def test_the_payload_of_a_crash_is_not_in_the_message_of_the_log(
    transport: Transport, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Speaker) as client:
        await client.request("crash")
    assert "broken" not in whole(log)
    assert "broken" in log.text
