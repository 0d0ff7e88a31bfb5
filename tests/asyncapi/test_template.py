from __future__ import annotations

import sys
from typing import Any

import pytest

from chanx.asyncapi import Server
from chanx.asyncapi.read import _yaml, read_document
from chanx.asyncapi.template import from_template, titled
from chanx.core.errors import ConfigurationError, DocumentError

SERVER = Server("example.com:8443", "wss")


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("{{ WS_HOST }}", "example.com:8443"),
        ("{{WS_HOST}}", "example.com:8443"),
        ("{{ws_host}}", "example.com:8443"),
        ("{{  Ws_Host\t}}", "example.com:8443"),
        ("{{ ws_protocol }}", "wss"),
        ("{{WS_PROTOCOL}}://{{WS_HOST}}", "wss://example.com:8443"),
        ("{{ other }} {{ WS_HOSTS }} { ws_host }", "{{ other }} {{ WS_HOSTS }} { ws_host }"),
    ],
)
def test_places_are_filled_in(written: str, filled: str) -> None:
    assert from_template(f"a: '{written}'", "a.yaml", SERVER) == {"a": filled}


def titles(document: dict[str, Any]) -> Any:
    return [
        message.get("payload", {}).get("title")
        for owner in (document.get("components", {}), *document.get("channels", {}).values())
        for message in owner.get("messages", {}).values()
    ]


def test_payloads_get_the_titles_of_their_messages() -> None:
    document = {
        "components": {
            "messages": {
                "a": {"name": "chat_message", "payload": {"type": "object"}},
                "user-left": {"payload": {"type": "object", "required": ["x"]}},
                "mine": {"payload": {"title": "My own", "type": "string"}},
                "!": {"payload": {"type": "integer"}},
                "nothing": {},
            }
        }
    }
    assert titles(titled(document)) == ["ChatMessage", "UserLeft", "My own", "Message", None]
    assert titles(document) == [None, None, "My own", None, None]


def test_messages_in_channels_get_titles_too() -> None:
    message = {
        "payload": {"schemaFormat": "application/schema+json;version=draft-07", "schema": {"type": "object"}}
    }
    document = {
        "channels": {"room": {"messages": {"say": {"payload": {}}, "multi": message}}, "other": 1},
        "components": {"channels": {"spare": {"messages": {"leave": {"payload": {}}}}}},
    }
    made = titled(document)
    assert made["channels"]["room"]["messages"]["say"]["payload"] == {"title": "Say"}
    assert made["channels"]["room"]["messages"]["multi"]["payload"]["schema"]["title"] == "Multi"
    assert made["components"]["channels"]["spare"]["messages"]["leave"]["payload"] == {"title": "Leave"}


def test_different_payloads_get_different_titles() -> None:
    say: dict[str, Any] = {"payload": {"type": "object"}}
    channels = {
        name: {"messages": {"say": {"payload": payload}}}
        for name, payload in {
            "a": {},
            "b": say["payload"],
            "c": {},
            "c_": {"type": "null"},
            "c-": {"type": "array"},
        }.items()
    }
    assert titles(titled({"channels": channels})) == ["Say", "BSay", "Say", "CSay", "CSay2"]


def test_a_reference_gets_no_title() -> None:
    document = {
        "components": {"messages": {"a": {"name": "a", "payload": {"$ref": "#/components/schemas/A"}}}},
        "channels": {"a": {"messages": {"a": {"$ref": "#/components/messages/a"}, "b": 1}}},
    }
    assert titled(document) == document


@pytest.mark.parametrize(
    "strange", [{}, {"components": 1, "channels": []}, {"components": {"messages": [], "channels": 1}}]
)
def test_what_is_no_document_is_left_as_it_is(strange: Any) -> None:
    assert titled(strange) == strange


def test_yaml_is_read_as_yaml_1_2_is() -> None:
    text = "on: yes\ndate: 2024-01-02\n1: [true, no, 1.5, ~]\nback: &a {x: 1}\nalias: *a\n"
    read = read_document(text, "a.yaml")
    assert read == {
        "on": "yes",
        "date": "2024-01-02",
        "1": [True, "no", 1.5, None],
        "back": {"x": 1},
        "alias": {"x": 1},
    }
    assert read["back"] is not read["alias"]


def test_json_is_read() -> None:
    assert read_document('{"a": "\\u0061"}', "a.json") == {"a": "a"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "a.yaml is neither JSON nor YAML"),
        ("a: !!python/name:os.system", "a.yaml is neither JSON nor YAML"),
        ("- a", "a.yaml is no document"),
        ("", "a.yaml is no document"),
        ("a: &a [*a]", "a.yaml contains itself"),
    ],
)
def test_a_text_that_is_no_document_is_refused(text: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        read_document(text, "a.yaml")


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _yaml.cache_clear()
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ConfigurationError, match=r"chanx\[django\]"):
        read_document("a: b", "a.yaml")
    assert read_document("{}", "a.json") == {}
