from __future__ import annotations

import json
import sys

import pytest
import yaml

from chanx.asyncapi import Server, to_json, to_yaml
from chanx.asyncapi.text import _yaml
from chanx.core.errors import ConfigurationError

DOCUMENT = {"text": "two\nlines", "version": "1.0", "on": "yes", "umlaut": "ü", "list": [1, None, True]}


def test_json_and_yaml_say_the_same() -> None:
    assert json.loads(to_json(DOCUMENT)) == DOCUMENT
    assert yaml.safe_load(to_yaml(DOCUMENT)) == DOCUMENT


def test_yaml_is_written_for_people() -> None:
    text = to_yaml(DOCUMENT)
    assert "text: |-\n  two\n  lines\n" in text
    assert "ü" in text


def test_nothing_is_written_by_reference() -> None:
    shared = {"a": [1]}
    assert "&" not in to_yaml({"one": shared, "two": shared})


def test_other_writers_of_yaml_are_left_alone() -> None:
    to_yaml(DOCUMENT)
    shared = ["x\ny"]
    assert yaml.safe_dump({"one": shared, "two": shared}) == "one: &id001\n- 'x\n\n  y'\ntwo: *id001\n"


def test_yaml_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    _yaml.cache_clear()
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ConfigurationError, match=r"chanx\[django\]"):
        to_yaml(DOCUMENT)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("wss://example.com/live/", Server("example.com", "wss", "/live")),
        ("https://example.com:8443", Server("example.com:8443", "wss")),
        ("http://example.com", Server("example.com", "ws")),
        ("example.com:8000", Server("example.com:8000", "ws")),
        ("ws://user:secret@[::1]:80/", Server("[::1]:80", "ws")),
    ],
)
def test_a_server_is_read_from_a_url(url: str, server: Server) -> None:
    assert Server.from_url(url) == server


def test_the_protocol_of_a_server_can_be_given() -> None:
    assert Server.from_url("ws://example.com", "wss").protocol == "wss"


@pytest.mark.parametrize("url", ["ftp://x", "ws://", "", "ws://x/?a=b", "ws://x/#a"])
def test_what_is_no_url_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="Give one like"):
        Server.from_url(url)


def test_a_server_is_written_without_what_it_lacks() -> None:
    assert Server("x").as_object() == {"host": "x", "protocol": "ws"}
    full = {"host": "x", "protocol": "wss", "pathname": "/p", "description": "d"}
    assert Server("x", "wss", "/p", "d").as_object() == full
