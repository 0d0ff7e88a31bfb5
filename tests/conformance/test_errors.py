"""Failures have one shape, tell the client nothing of the server, and are answered once."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from chanx.core.decorators import event_handler, ws_handler
from chanx.core.errors import RequestError
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import ErrorCode, ErrorDetail
from tests.conformance.transports import Mixin, Transport

SECRET = "password=hunter2"


class Empty(BaseModel): ...


class Poke(BaseMessage):
    action: Literal["poke"] = "poke"


class Refused(BaseMessage):
    action: Literal["refused"] = "refused"


class Failing(Mixin):
    groups = ["all"]

    @ws_handler
    async def crash(self) -> None:
        raise ValueError(SECRET)

    @ws_handler
    def crash_in_thread(self) -> None:
        raise ValueError(SECRET)

    @ws_handler
    async def validate(self) -> None:
        int(SECRET)

    @ws_handler
    async def model(self) -> None:
        Poke.model_validate({"action": SECRET})

    @ws_handler
    async def wrong_result(self) -> Poke:
        return {"action": SECRET}  # type: ignore[return-value]  # that is the mistake

    @ws_handler
    async def group(self) -> None:
        raise ExceptionGroup(SECRET, [ValueError(SECRET)])

    @ws_handler
    async def timeout(self) -> None:
        raise TimeoutError(SECRET)

    @ws_handler
    async def connection(self) -> None:
        raise ConnectionResetError(SECRET)

    @ws_handler
    async def recursion(self) -> None:
        raise RecursionError(SECRET)

    @ws_handler
    async def refuse(self, code: str) -> None:
        raise RequestError("Read me.", ErrorCode(code))

    @ws_handler
    async def detail(self) -> None:
        raise RequestError("Read me.", errors=[ErrorDetail(loc=["payload", 0], msg="odd", type="odd")])

    @event_handler
    async def on_poke(self, event: Poke) -> None:
        raise ValueError(SECRET)

    @event_handler
    async def on_refused(self, event: Refused) -> None:
        raise RequestError("Not now.", ErrorCode.THROTTLED, retry_after=1.5)


CRASHES = ["crash", "crash_in_thread", "validate", "model", "wrong_result", "group", "timeout", "connection", "recursion"]  # fmt: skip


@pytest.mark.parametrize("action", CRASHES)
async def test_a_crash_is_answered_with_an_error_id_and_nothing_else(
    transport: Transport, action: str
) -> None:
    async with transport.connect(Failing) as client:
        frame = await client.request(action, id=1)
        assert set(frame) == {"action", "payload", "id"}
        assert set(frame["payload"]) == {"code", "detail", "error_id"}
        assert frame["payload"]["code"] == "internal_error"
        assert "hunter2" not in json.dumps(frame)


@pytest.mark.parametrize("action", CRASHES)
async def test_a_connection_outlives_a_crash(transport: Transport, action: str) -> None:
    async with transport.connect(Failing) as client:
        await client.request(action)
        assert await client.alive()


async def test_the_log_has_the_error_id_and_the_traceback(
    transport: Transport, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Failing) as client:
        frame = await client.request("crash")
    errors = [record for record in log.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert frame["payload"]["error_id"] in errors[0].getMessage()
    assert errors[0].exc_info is not None
    assert SECRET in str(errors[0].exc_info[1])


@pytest.mark.parametrize("code", sorted(ErrorCode))
async def test_a_handler_may_answer_with_any_code(transport: Transport, code: str) -> None:
    async with transport.connect(Failing) as client:
        frame = await client.request("refuse", {"code": code}, id=1)
        assert frame["payload"] == {"code": code, "detail": "Read me."}


async def test_an_error_on_purpose_is_not_logged_as_a_failure(
    transport: Transport, log: pytest.LogCaptureFixture
) -> None:
    async with transport.connect(Failing) as client:
        await client.request("refuse", {"code": "not_found"})
    assert {record.levelname for record in log.records} <= {"INFO"}


async def test_a_handler_may_name_the_places_of_an_error(transport: Transport) -> None:
    async with transport.connect(Failing) as client:
        frame = await client.request("detail")
        assert frame["payload"]["errors"] == [{"loc": ["payload", 0], "msg": "odd", "type": "odd"}]


async def test_a_crash_of_an_event_handler_reaches_the_client_as_an_error(transport: Transport) -> None:
    async with transport.connect(Failing) as client:
        await transport.consumer(Failing).broadcast_event(Poke())
        frame = await client.receive()
        assert (frame["action"], frame["payload"]["code"]) == ("error", "internal_error")
        assert "hunter2" not in json.dumps(frame)
        assert await client.alive()


async def test_events_after_a_crash_are_handled(transport: Transport) -> None:
    async with transport.connect(Failing) as client:
        for event in (Poke(), Refused(), Poke()):
            await transport.consumer(Failing).broadcast_event(event)
        codes = [(await client.receive())["payload"]["code"] for _ in range(3)]
    assert codes == ["internal_error", "throttled", "internal_error"]


async def test_an_error_of_an_event_says_when_to_come_back(transport: Transport) -> None:
    async with transport.connect(Failing) as client:
        await transport.consumer(Failing).broadcast_event(Refused())
        assert (await client.receive())["payload"] == {
            "code": "throttled",
            "detail": "Not now.",
            "retry_after": 1.5,
        }


@pytest.mark.parametrize(
    "message",
    [
        {"type": "chanx.event", "action": "poke", "text": "{", "wire": "action"},
        {"type": "chanx.event"},
        {"type": "chanx.message"},
        {"type": "chanx.message", "text": '{"action": "unknown"}', "wire": "other"},
    ],
)
async def test_a_broken_message_of_the_layer_does_no_harm(
    transport: Transport, message: dict[str, Any]
) -> None:
    async with transport.connect(Failing) as client:
        assert await client.alive()
        await transport.layer.group_send("all", message)
        assert (await client.receive())["payload"]["code"] == "internal_error"
        assert await client.alive()


async def test_an_event_for_consumers_of_another_class_is_passed_over(transport: Transport) -> None:
    message = {"type": "chanx.event", "action": "other", "text": '{"action": "other"}', "wire": "action"}
    async with transport.connect(Failing) as client:
        assert await client.alive()
        await transport.layer.group_send("all", message)
        await transport.layer.group_send("all", {"type": "chanx.event"})
        assert (await client.receive())["payload"]["code"] == "internal_error"
        assert await client.alive()
