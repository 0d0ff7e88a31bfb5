from __future__ import annotations

from typing import Any

import pytest

from chanx.core._hub import EVENT_TYPE
from chanx.core._order import numbered, put_in_order


def event(text: str) -> dict[str, Any]:
    return numbered({"type": EVENT_TYPE, "text": text})


def other(text: str, number: int) -> dict[str, Any]:
    return {"type": EVENT_TYPE, "text": text, "by": "another process", "number": number}


def texts(messages: list[dict[str, Any]]) -> list[str]:
    put_in_order(messages)
    return [message["text"] for message in messages]


def test_what_one_process_sends_is_put_in_its_order() -> None:
    one, two, three = event("1"), event("2"), event("3")
    assert texts([one, three, two]) == ["1", "2", "3"]


def test_processes_do_not_change_the_places_of_each_other() -> None:
    one, two = event("1"), event("2")
    assert texts([two, other("b", 2), one, other("a", 1)]) == ["1", "a", "2", "b"]


def test_messages_of_others_keep_their_places() -> None:
    one, two = event("1"), event("2")
    foreign = [{"type": "chat.said", "text": text, "by": "bob", "number": -1} for text in "xy"]
    assert texts([two, foreign[0], one, foreign[1]]) == ["1", "x", "2", "y"]


def test_messages_without_a_number_keep_their_places() -> None:
    broken: list[dict[str, Any]] = [{"type": EVENT_TYPE}, {"type": EVENT_TYPE, "by": "x", "number": "1"}, {}]
    messages = [*broken]
    put_in_order(messages)
    assert messages == broken


def test_the_numbers_of_a_forked_process_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = event("1")
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert event("2")["by"] != parent["by"]


def test_the_message_that_is_numbered_stays() -> None:
    message = {"type": EVENT_TYPE}
    assert numbered(message)["number"] < numbered(message)["number"]
    assert message == {"type": EVENT_TYPE}
