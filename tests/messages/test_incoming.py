from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from chanx.messages.base import actions_of
from chanx.messages.incoming import CancelMessage, PingMessage


def test_a_ping_needs_nothing() -> None:
    assert PingMessage().model_dump() == {"action": "ping", "payload": None}


def test_the_built_in_messages_name_their_actions() -> None:
    assert (actions_of(PingMessage), actions_of(CancelMessage)) == (("ping",), ("cancel",))


@pytest.mark.parametrize("frame_id", [1, "1", -3, ""], ids=repr)
def test_a_cancel_names_a_frame_by_its_id(frame_id: Any) -> None:
    message = CancelMessage.model_validate_json(json.dumps({"action": "cancel", "payload": {"id": frame_id}}))
    assert message.payload.id == frame_id
    assert type(message.payload.id) is type(frame_id)


@pytest.mark.parametrize("frame_id", [True, None, 1.5, [1], {}], ids=str)
def test_other_ids_are_refused(frame_id: Any) -> None:
    with pytest.raises(ValidationError):
        CancelMessage.model_validate({"action": "cancel", "payload": {"id": frame_id}})
