"""What decorators take, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer, JsonWebsocketConsumer
from pydantic import BaseModel

from chanx.asyncapi.documented import DocumentedContract
from chanx.channels.documents import document_action, document_event
from chanx.core.errors import ContractError, DocumentError
from chanx_django.documents.contract import documented_contract
from tests.django.documents.reading import examples, operations, schema, spec


class Text(BaseModel):
    text: str


def contract(consumer: type[Any]) -> DocumentedContract:
    found = documented_contract(consumer)
    assert found is not None
    return found


def test_a_decorator_returns_the_method_itself() -> None:
    def handle_say(self: Any) -> None: ...

    assert document_action(handle_say) is handle_say
    assert document_event("said")(handle_say) is handle_say


def test_a_consumer_without_decorators_has_no_contract() -> None:
    assert documented_contract(JsonWebsocketConsumer) is None


def test_names_come_from_the_method_without_handle() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action
        def handle_say(self) -> None: ...

        @document_event()
        def said(self) -> None: ...

    assert list(contract(Consumer).handlers) == ["say"]
    assert list(contract(Consumer).events) == ["said"]


def test_summary_and_description_come_from_the_docstring_unless_given() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action
        def handle_say(self) -> None:
            """
            Say something.

            Everybody hears it.
            """

        @document_action(summary="", description="Given.", tags=["talk"])
        def handle_shout(self) -> None:
            """Shout."""

    found = operations(Consumer)
    assert (found["say"]["summary"], found["say"]["description"]) == ("Say something.", "Everybody hears it.")
    assert "summary" not in found["shout"]
    assert (found["shout"]["description"], found["shout"]["tags"]) == ("Given.", [{"name": "talk"}])


def test_several_decorators_may_stand_above_one_method() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action("say")
        @document_event("said")
        @document_event("heard")
        def talk(self) -> None: ...

    assert list(operations(Consumer)) == ["say", "said", "heard"]


def test_an_action_and_an_event_may_have_one_name() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action(payload={"text": str})
        def handle_chat(self) -> None: ...

        @document_event("chat", payload={"text": str})
        def send_chat(self) -> None: ...

    found = operations(Consumer)
    assert (found["chat"]["action"], found["chat_event"]["action"]) == ("receive", "send")
    assert set(spec(Consumer)["components"]["messages"]) == {"ChatAction", "ChatEvent"}


def test_names_with_slashes_and_spaces_are_valid() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action("ride/new one")
        def handle_ride(self) -> None: ...

    document = spec(Consumer)
    assert list(document["operations"]) == ["unnamed_ride_new_one"] or "ride_new_one" in str(
        list(document["operations"])
    )
    assert document["components"]["messages"]["RideNewOneAction"]["name"] == "ride/new one"


def test_the_keys_of_names_can_be_set() -> None:
    class Consumer(JsonWebsocketConsumer):
        message_action_key = "cmd"
        message_event_key = "event"

        @document_action(responses={"pong": None})
        def handle_ping(self) -> None: ...

    assert schema(Consumer, "PingAction")["required"] == ["cmd"]
    assert schema(Consumer, "PongReply")["required"] == ["event"]


def test_methods_are_found_behind_wrappers() -> None:
    class Consumer(AsyncJsonWebsocketConsumer):
        @database_sync_to_async
        @document_action
        def handle_inner(self) -> None: ...

        @document_action("outer")
        @database_sync_to_async
        def handle_outer(self) -> None: ...

        @staticmethod
        @document_action
        def handle_static() -> None: ...

    assert set(contract(Consumer).handlers) == {"inner", "outer", "static"}


def test_responses_are_replies() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action(responses={"said": Text, "refused": None})
        def handle_say(self) -> None: ...

        @document_action(responses="heard")
        def handle_listen(self) -> None: ...

        @document_event("heard", payload={"text": "hello"})
        def send_heard(self) -> None: ...

    found = operations(Consumer)
    names = [message["$ref"].rpartition("/")[2] for message in found["say"]["reply"]["messages"]]
    assert names == ["SaidReply", "RefusedReply"]
    assert found["listen"]["reply"]["messages"] == found["heard"]["messages"]
    assert examples(Consumer, "HeardEvent") == [{"type": "heard", "text": "hello"}]


def test_plain_consumers_speak_none_of_our_protocol() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action
        def handle_say(self) -> None: ...

    document = spec(Consumer)
    [channel] = document["channels"].values()
    assert list(document["components"]["messages"]) == ["SayAction"]
    assert channel["bindings"]["ws"] == {"method": "GET", "bindingVersion": "0.1.0"}
    assert "correlationIds" not in document["components"]
    assert contract(Consumer).protocol_incoming == contract(Consumer).protocol_outgoing == ()


@pytest.mark.parametrize(
    ("declare", "text"),
    [
        (lambda: document_action(""), r"names ''\. Give the name"),
        (lambda: document_event(5), r"names 5\. Give the name"),  # type: ignore[arg-type]
        (lambda: document_action(tags="talk"), r"tags='talk' is no list\. Give one: tags=\['talk'\]"),
        (lambda: document_action(examples={"a": 1}), r"examples=\{'a': 1\} is no list"),  # type: ignore[arg-type]
        (lambda: document_action(examples=5), "examples=5 is no list"),  # type: ignore[call-overload]
        (lambda: document_event("x")(5), r"@document_event stands on 5\. Put it on a method"),  # type: ignore[type-var]
        (lambda: document_action(Text), "Put it on a method of a consumer"),
    ],
)
def test_a_wrong_decorator_is_refused_at_once(declare: Any, text: str) -> None:
    with pytest.raises(ContractError, match=text):
        declare()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"payload": 5}, r"handle_say\(\) has the payload 5 for 'say', which can't be described"),
        ({"payload": "Nowhere"}, "can't be described"),
        ({"payload": [Text]}, "can't be described"),
        ({"payload": {1: "x"}}, r"key 1\. Use strings"),
        ({"payload": {"x": Exception}}, "can't be described"),
        ({"payload": {"at": object()}}, "neither a type nor a value of JSON"),
        (
            {"payload": {"properties": {"x": {"$ref": "#/$defs/X"}}}},
            r"refers to '#/\$defs/X', which is not in it",
        ),
        ({"payload": {"properties": {"x": {"$ref": "other.json"}}}}, "which is not in it"),
        (
            {
                "payload": {
                    "properties": {"x": {"$ref": "#/$defs/X"}},
                    "$defs": {"X": {"not": {"$ref": "#/$defs/X"}}},
                }
            },
            "contains itself",
        ),
        ({"responses": {5: Text}}, r"names a response 5 in handle_say\(\)"),
        ({"responses": Text}, r"Name each: responses=\{'ride\.accepted': \.\.\.\}"),
        ({"responses": [Text]}, "Name each"),
        ({"responses": ["said"]}, r"answers handle_say\(\) by 'said', which it doesn't document"),
    ],
)
def test_what_cannot_be_described_is_refused_with_advice(options: Any, text: str) -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action(**options)
        def handle_say(self) -> None: ...

    with pytest.raises(ContractError, match=text):
        documented_contract(Consumer)


@pytest.mark.parametrize("payload", [int, list[int], str | None])
def test_a_payload_that_is_no_object_is_refused(payload: Any) -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action(payload=payload)
        def handle_say(self) -> None: ...

    with pytest.raises(DocumentError, match=r"is no object.*Put the value into a field"):
        spec(Consumer)


@pytest.mark.parametrize("kind", [int, {"const": "other"}, {"enum": ["a", "b"]}])
def test_a_field_that_takes_the_key_of_the_name_is_refused(kind: Any) -> None:
    payload = {"properties": {"action": kind}} if isinstance(kind, dict) else {"action": kind}

    class Consumer(JsonWebsocketConsumer):
        @document_action(payload=payload)
        def handle_say(self) -> None: ...

    with pytest.raises(DocumentError, match=r"has a payload with a field 'action'.*message_action_key"):
        spec(Consumer)


@pytest.mark.parametrize(
    ("example", "text"),
    [
        ({"action": "shout", "text": "x"}, "names 'shout'.*Name 'say' there"),
        ({"text": 5}, "fits none of its messages"),
        (5, "fits none of its messages"),
    ],
)
def test_an_example_that_does_not_fit_is_refused(example: Any, text: str) -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action(payload=Text, examples=[example])
        def handle_say(self) -> None: ...

    with pytest.raises(DocumentError, match=text):
        spec(Consumer)


@pytest.mark.parametrize(
    ("attribute", "value", "text"),
    [
        ("message_action_key", "", "message_action_key = ''"),
        ("message_event_key", 5, "message_event_key = 5"),
        ("close_codes", [4401], r"close_codes = \[4401\]"),
        ("close_codes", {"4401": "x"}, "Make it a dict"),
    ],
)
def test_a_wrong_attribute_of_the_class_is_refused(attribute: str, value: Any, text: str) -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action
        def handle_say(self) -> None: ...

    setattr(Consumer, attribute, value)
    with pytest.raises(ContractError, match=text):
        documented_contract(Consumer)


def test_a_dict_with_a_field_named_type_is_no_json_schema() -> None:
    class Consumer(JsonWebsocketConsumer):
        @document_action(payload={"type": "window", "properties": {"row": 1}})
        def handle_sit(self) -> None: ...

    assert examples(Consumer, "SitAction") == [{"action": "sit", "type": "window", "properties": {"row": 1}}]
