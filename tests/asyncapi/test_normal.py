from __future__ import annotations

from typing import Any

import pytest
import yaml

from chanx.asyncapi.diff import diff
from chanx.asyncapi.normal import normal_form
from chanx.core.errors import DocumentError
from tests.asyncapi.structure import resolve
from tests.asyncapi.test_diff import NEW, OLD
from tests.asyncapi.test_golden import CASES, document

BY_HAND: dict[str, Any] = yaml.safe_load("""
asyncapi: 3.1.0
channels:
  room:
    address: null
    parameters: {room: {enum: [a]}, page: {x-schema: {$ref: '#/components/schemas/A'}}}
    messages:
      say: {payload: {type: object, properties: {a: {$ref: '#/components/schemas/A'}, b: {$ref: 'b.json'}}}}
      said: {name: other, payload: true, examples: [{payload: 1}, {headers: {}}]}
      avro: {payload: {schemaFormat: avro, schema: {}}}
      json: {payload: {schemaFormat: application/schema+json, schema: {type: array, items: [{type: string}, false]}}}
      never: {payload: {$ref: '#/components/schemas/Never'}}
    bindings: {ws: {query: {$ref: '#/components/schemas/A'}}}
  hall:
    messages:
      say: {payload: {$ref: '#/channels/room/messages/say/payload', description: x}}
  empty: {}
operations:
  say:
    action: receive
    channel: {$ref: '#/channels/room'}
    messages: [{$ref: '#/components/messages/loose'}]
    security: [{$ref: '#/components/securitySchemes/token'}, {type: userPassword}, {type: userPassword}]
    reply: {}
  hall: {action: send, channel: {$ref: '#/channels/hall'}}
components:
  messages: {loose: {payload: {type: integer, minimum: 1}}}
  securitySchemes: {token: {type: httpApiKey, in: query, name: token}}
  schemas:
    A: {type: object, properties: {more: {$ref: '#/components/schemas/A'}, default: {type: string, default: x}}}
    Never: false
""")


@pytest.mark.parametrize("case", CASES)
def test_a_document_that_is_made_here_says_the_same(case: str) -> None:
    made = document(CASES[case])
    assert diff(made, normal_form(made)) == []


def test_all_stands_in_components() -> None:
    made = normal_form(BY_HAND)
    assert list(made["components"]["messages"]) == ["say", "said", "avro", "json", "never", "say2", "message"]
    assert list(made["components"]["securitySchemes"]) == ["token", "userPassword", "userPassword2"]
    assert set(made["components"]["schemas"]) == {"A", "Any", "payload"}
    assert made["channels"]["room"]["address"] == "room"
    assert made["channels"]["empty"]["bindings"] == {"ws": {}}


def test_messages_have_one_key_everywhere() -> None:
    made = normal_form(BY_HAND)
    assert made["operations"]["say"]["messages"] == [{"$ref": "#/channels/room/messages/message"}]
    assert made["operations"]["hall"]["messages"] == [{"$ref": "#/channels/hall/messages/say2"}]
    replies = [each["$ref"].rpartition("/")[2] for each in made["operations"]["say"]["reply"]["messages"]]
    assert replies == ["say", "said", "avro", "json", "never"]
    assert all(resolve(made, f"#/components/messages/{name}") for name in replies)


def test_payloads_are_schemas_that_can_be_shown() -> None:
    messages = normal_form(BY_HAND)["components"]["messages"]
    assert messages["said"]["payload"] == messages["avro"]["payload"] == {}
    assert messages["said"]["examples"] == [{"payload": 1}]
    assert messages["json"]["payload"] == {"type": "array", "items": [{"type": "string"}, {}]}
    assert messages["never"]["payload"] == {"$ref": "#/components/schemas/Any"}
    assert messages["say2"]["payload"] == {"$ref": "#/components/schemas/payload", "description": "x"}


def test_references_inside_schemas_lead_into_components() -> None:
    schemas = normal_form(BY_HAND)["components"]["schemas"]
    assert schemas["payload"]["properties"] == {
        "a": {"$ref": "#/components/schemas/A"},
        "b": {"$ref": "#/components/schemas/Any"},
    }


@pytest.mark.parametrize("made", [OLD, NEW])
def test_nothing_is_lost(made: Any) -> None:
    assert {change.code for change in diff(made, normal_form(made))} <= {"address-changed"}


def test_what_is_no_document_is_refused() -> None:
    with pytest.raises(DocumentError, match="isn't as AsyncAPI asks"):
        normal_form({"channels": {"a": 1}})
