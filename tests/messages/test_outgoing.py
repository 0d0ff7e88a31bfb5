from __future__ import annotations

import json

import pytest

from chanx.messages.outgoing import (
    AuthenticationMessage,
    AuthenticationPayload,
    CompleteMessage,
    ErrorCode,
    ErrorDetail,
    ErrorMessage,
    ErrorPayload,
    EventCompleteMessage,
    GroupCompleteMessage,
    PongMessage,
)


def test_an_error_leaves_out_what_does_not_apply() -> None:
    message = ErrorMessage(payload=ErrorPayload(code=ErrorCode.NOT_FOUND, detail="No room."))
    assert json.loads(message.model_dump_json()) == {
        "action": "error",
        "payload": {"code": "not_found", "detail": "No room."},
    }


def test_an_error_shows_all_that_applies() -> None:
    detail = ErrorDetail(loc=["payload", 0], msg="Wrong.", type="wrong")
    payload = ErrorPayload(
        code=ErrorCode.THROTTLED, detail="Too fast.", errors=[detail], retry_after=0.0, error_id="1"
    )
    assert payload.model_dump(mode="json") == {
        "code": "throttled",
        "detail": "Too fast.",
        "errors": [{"loc": ["payload", 0], "msg": "Wrong.", "type": "wrong"}],
        "retry_after": 0.0,
        "error_id": "1",
    }


def test_the_schema_of_an_error_has_its_keys() -> None:
    schema = ErrorPayload.model_json_schema(mode="serialization")
    assert set(schema["properties"]) == {"code", "detail", "errors", "retry_after", "error_id"}
    assert schema["required"] == ["code", "detail"]


@pytest.mark.parametrize(
    ("message", "action"),
    [
        (PongMessage(), "pong"),
        (CompleteMessage(), "complete"),
        (GroupCompleteMessage(), "group_complete"),
        (EventCompleteMessage(), "event_complete"),
    ],
    ids=str,
)
def test_the_messages_without_data_have_a_null_payload(message: PongMessage, action: str) -> None:
    assert json.loads(message.model_dump_json()) == {"action": action, "payload": None}


def test_an_authentication_tells_a_status() -> None:
    payload = AuthenticationPayload(status_code=200, status_text="OK")
    assert AuthenticationMessage(payload=payload).model_dump() == {
        "action": "authentication",
        "payload": {"status_code": 200, "status_text": "OK", "data": None},
    }
