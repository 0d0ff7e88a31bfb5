"""The generator: consumers with their paths, whether they are routed or not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from channels.generic.websocket import JsonWebsocketConsumer

from chanx.asyncapi import Server
from chanx.channels.documents import AsyncAPIGenerator, document_action
from chanx.core.errors import ConfigurationError
from tests.django import asgi
from tests.django.documents.reading import spec


class Consumer(JsonWebsocketConsumer):
    """Plain."""

    @document_action
    def handle_ping(self) -> None: ...


def server(value: Any) -> Any:
    return spec(Consumer, servers={"one": value})["servers"]["one"]


def test_yaml_is_the_document() -> None:
    generator = AsyncAPIGenerator(consumers=[(Consumer, "/ws/")])
    assert yaml.safe_load(generator.get_yaml()) == generator.get_spec()


def test_our_consumers_and_plain_ones_stand_in_one_document() -> None:
    document = spec(Consumer, asgi.MemberConsumer, asgi.UndocumentedConsumer)
    assert list(document["channels"]) == ["consumer", "member", "undocumented"]
    assert {"consumer_ping", "member_say"} <= set(document["operations"])


@pytest.mark.parametrize("path", ["/ws/{room}/", "ws/{room}/", "/ws/<room>/", "ws/<str:room>/"])
def test_parameters_of_a_path_are_declared(path: str) -> None:
    [channel] = AsyncAPIGenerator([(Consumer, path)]).get_spec()["channels"].values()
    assert (channel["address"], list(channel["parameters"])) == ("/ws/{room}/", ["room"])


def test_paths_that_end_alike_are_told_apart() -> None:
    document = AsyncAPIGenerator([(Consumer, "/ws/v1/chat/"), (Consumer, "/ws/v2/chat/")]).get_spec()
    assert list(document["channels"]) == ["consumer_ws_v1_chat", "consumer_ws_v2_chat"]
    assert len(document["operations"]) == 2


def test_info_goes_before_the_settings(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_TITLE": "Chat", "ASYNCAPI_VERSION": "2.0", "ASYNCAPI_DESCRIPTION": "Talk."}
    info = spec(Consumer, info={"title": "Ours", "contact": {"name": "Ann"}})["info"]
    assert info == {
        "title": "Ours",
        "version": "2.0",
        "description": "Talk.",
        "contact": {"name": "Ann"},
        "x-generator": "chanx",
    }


def test_the_version_of_the_specification_can_be_chosen(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_SPEC_VERSION": "3.0.0"}
    assert spec(Consumer)["asyncapi"] == "3.0.0"
    assert spec(Consumer, spec_version="3.1.0")["asyncapi"] == "3.1.0"


def test_without_servers_those_of_the_settings_are_named(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_SERVERS": {"live": "wss://example.com/live"}}
    assert spec(Consumer)["servers"] == {
        "live": {"host": "example.com", "protocol": "wss", "pathname": "/live"}
    }
    assert "servers" not in spec(Consumer, servers={})


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("https://a.example", {"host": "a.example", "protocol": "wss"}),
        (Server("a.example", "wss", "/x"), {"host": "a.example", "protocol": "wss", "pathname": "/x"}),
        ({"host": "a.example:8000"}, {"host": "a.example:8000", "protocol": "ws"}),
        (
            {"host": "a.example", "protocol": "wss", "pathname": "/x", "description": "Ours."},
            {"host": "a.example", "protocol": "wss", "pathname": "/x", "description": "Ours."},
        ),
        ({"url": "ws://a.example/x"}, {"host": "a.example", "protocol": "ws", "pathname": "/x"}),
    ],
)
def test_a_server_is_written_as_people_write_it(value: Any, written: Any) -> None:
    assert server(value) == written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"hots": "x"}, "A server has 'hots'"),
        ({"host": "x", "url": "ws://x"}, "Give it either a url or a host"),
        ({}, "is no server"),
        ({"host": "x", "protocol": "mqtt"}, "is no URL of a WebSocket server"),
    ],
)
def test_a_wrong_server_is_refused(value: Any, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        server(value)


@pytest.mark.parametrize(
    ("consumers", "text"),
    [
        ([Consumer], r"is no consumer with its path\. Give pairs"),
        ([(Consumer, 5)], "Give pairs"),
        ([(dict, "/ws/")], "dict is no consumer"),
        ([(Consumer, "/ws/"), (asgi.PlainConsumer, "/ws/")], "Two of the consumers have one path"),
    ],
)
def test_consumers_without_a_path_of_their_own_are_refused(consumers: Any, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        AsyncAPIGenerator(consumers).get_spec()
