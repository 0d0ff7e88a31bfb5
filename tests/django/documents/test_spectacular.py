"""What the decorators of django-channels-spectacular leave on methods is read, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from channels.generic.websocket import JsonWebsocketConsumer

from chanx.channels.documents import document_action
from tests.django.documents.reading import examples, operations


def marked(**attributes: Any) -> Callable[[Any], Any]:
    def mark(function: Any) -> Any:
        for name, value in attributes.items():
            setattr(function, f"_channels_spectacular_{name}", value)
        return function

    return mark


SAID_NOTHING = {
    "summary": "",
    "description": "",
    "payload": None,
    "examples": [],
    "deprecated": False,
    "tags": [],
}


class Consumer(JsonWebsocketConsumer):
    @marked(
        action={
            **SAID_NOTHING,
            "action": "go",
            "summary": "Go.",
            "payload": {"properties": {"to": {"type": "string"}}, "required": ["to"]},
            "responses": {"gone": {"at": 1}, 200: int},
            "examples": [{"to": "home"}],
            "deprecated": True,
            "tags": ["moves"],
        }
    )
    def handle_go(self) -> None: ...

    @marked(
        action={**SAID_NOTHING, "action": "stop", "responses": ["stopped"]},
        event={**SAID_NOTHING, "event_type": "moved", "payload": {"x": 1}},
    )
    def handle_stop(self) -> None:
        """Stop."""

    @document_action("ours")
    @marked(action={**SAID_NOTHING, "action": "theirs", "responses": {}})
    def handle_both(self) -> None: ...


def test_actions_and_events_are_read() -> None:
    assert list(operations(Consumer)) == ["go", "stop", "ours", "moved"]


def test_everything_that_they_say_is_kept() -> None:
    go = operations(Consumer)["go"]
    assert (go["summary"], go["tags"], go["x-deprecated"]) == ("Go.", [{"name": "moves"}], True)
    assert examples(Consumer, "GoAction") == [{"action": "go", "to": "home"}]
    assert examples(Consumer, "MovedEvent") == [{"type": "moved", "x": 1}]


def test_responses_with_names_become_replies() -> None:
    replies = operations(Consumer)["go"]["reply"]["messages"]
    assert [message["$ref"].rpartition("/")[2] for message in replies] == ["GoneReply"]
    assert "reply" not in operations(Consumer)["stop"]


def test_a_text_that_is_empty_leaves_it_to_the_docstring() -> None:
    assert operations(Consumer)["stop"]["summary"] == "Stop."
