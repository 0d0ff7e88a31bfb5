from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from chanx.core import _faults
from chanx.core._faults import Faults, describe
from chanx.core._outlet import Outlet
from chanx.core._wire import Wire
from chanx.core.config import Config
from chanx.core.errors import FrameError, RequestError
from chanx.core.websocket import WebsocketConsumer
from chanx.messages.outgoing import ErrorCode, ErrorDetail


class Connection:
    def __init__(self, **options: Any) -> None:
        self.events: list[dict[str, Any]] = []
        wire = Wire(WebsocketConsumer.contract, Config(**options))
        self.outlet = Outlet(self._send)
        self.faults = Faults(self.outlet, wire, describe("/room\n"))

    async def _send(self, event: dict[str, Any]) -> None:
        self.events.append(event)

    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(event["text"]) for event in self.events if event["type"] == "websocket.send"]


@pytest.fixture
def connection() -> Connection:
    return Connection(error_budget=2)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(_faults.time, "monotonic", lambda: now[0])
    return now


BAD = FrameError("Bad\n\u202e", ErrorCode.MALFORMED_FRAME)


async def test_an_answer_tells_what_applies(connection: Connection) -> None:
    detail = ErrorDetail(loc=["a"], msg="wrong", type="t")
    error = RequestError("Slow.", ErrorCode.THROTTLED, errors=[detail], retry_after=2)
    await connection.faults.answer(error, 7, error_id="e")
    payload = {
        "code": "throttled",
        "detail": "Slow.",
        "errors": [{"loc": ["a"], "msg": "wrong", "type": "t"}],
        "retry_after": 2.0,
        "error_id": "e",
    }
    assert connection.answers() == [{"action": "error", "payload": payload, "id": 7}]


async def test_a_failure_is_answered_without_its_text_and_logged_with_it(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await connection.faults.fail(KeyError("secret"), "i", "say()")
    (answer,) = connection.answers()
    (record,) = caplog.records
    assert answer["id"] == "i"
    assert answer["payload"]["code"] == "internal_error"
    assert "secret" not in json.dumps(answer)
    assert record.message == f"'/room\\n': say() failed (error_id {answer['payload']['error_id']})"
    assert record.exc_info is not None
    assert record.exc_info[0] is KeyError


async def test_a_refusal_by_a_handler_is_answered_with_its_text_and_not_logged(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await connection.faults.fail(RequestError("No room.", ErrorCode.NOT_FOUND), None, "say()")
    assert connection.answers() == [
        {"action": "error", "payload": {"code": "not_found", "detail": "No room."}}
    ]
    assert caplog.records == []


async def test_a_test_may_keep_the_failures(connection: Connection) -> None:
    connection.faults.failures = {}
    error = KeyError("secret")
    await connection.faults.fail(error, None, "say()")
    assert connection.faults.failures == {connection.answers()[0]["payload"]["error_id"]: error}


async def test_an_exhausted_budget_closes(connection: Connection, clock: list[float]) -> None:
    for _ in range(2):
        await connection.faults.refuse(BAD, None)
    assert not connection.outlet.closed
    await connection.faults.refuse(BAD, None)
    assert len(connection.answers()) == 3
    assert connection.outlet.code == 4429


async def test_bad_frames_outside_the_window_do_not_count(connection: Connection, clock: list[float]) -> None:
    for _ in range(10):
        await connection.faults.refuse(BAD, None)
        clock[0] += 5
    assert not connection.outlet.closed
    clock[0] -= 1
    await connection.faults.refuse(BAD, None)
    assert connection.outlet.closed


async def test_a_flood_of_bad_frames_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    connection = Connection(error_budget=1000)
    for _ in range(100):
        await connection.faults.refuse(BAD, None)
    connection.faults.summarise()
    messages = [record.message for record in caplog.records]
    assert messages == [
        *["'/room\\n': refused a frame: malformed_frame: Bad\\n\\u202e"] * 3,
        "'/room\\n': refused 100 frames in all",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


async def test_a_few_bad_frames_need_no_summary(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await connection.faults.refuse(BAD, None)
    connection.faults.summarise()
    assert len(caplog.records) == 1
