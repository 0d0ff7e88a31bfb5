"""System checks of the settings."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer
from channels_redis.core import RedisChannelLayer
from django.core.checks import CheckMessage, registry
from django.core.checks import Warning as CheckWarning
from django.test import override_settings
from redis.asyncio.connection import AbstractConnection

from chanx_django import checks
from chanx_django._route_checks import check_application, check_authentication
from chanx_django.checks import check_channel_layers, check_settings


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_all_checks_are_registered_by_tag() -> None:
    ordinary, deploy = (
        registry.registry.get_checks(),
        registry.registry.get_checks(include_deployment_checks=True),
    )
    assert {check_settings, check_channel_layers, check_application} <= set(ordinary)
    assert check_authentication in deploy
    assert check_authentication not in ordinary
    assert check_application.tags == check_authentication.tags == ("chanx", "channels")  # type: ignore[attr-defined]
    assert check_settings.tags == check_channel_layers.tags == ("chanx",)  # type: ignore[attr-defined]


def test_good_settings_pass() -> None:
    for chosen in (
        {},
        {"SEND_COMPLETION": True, "CAMELIZE": True, "WEBSOCKET_BASE_URL": "wss://example.com"},
    ):
        with override_settings(CHANX=chosen):
            assert check_settings() == []


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("SEND_COMPLETIONS", "Did you mean 'SEND_COMPLETION'?"),
        ("camelize", "Did you mean 'CAMELIZE'?"),
        ("ASYNC_API_TITLE", "Did you mean 'ASYNCAPI_TITLE'?"),
        (7, "There are ASYNCAPI_"),
    ],
)
def test_an_unknown_setting_is_an_error_with_the_nearest_name(key: object, hint: str) -> None:
    with override_settings(CHANX={key: True}):
        (message,) = check_settings()
    assert message.id == "chanx.E001"
    assert message.is_serious()
    assert message.msg == f"CHANX has no setting {key!r}."
    assert str(message.hint).startswith(hint)


def test_every_wrong_value_is_an_error() -> None:
    with override_settings(
        CHANX={"MAX_ID_BYTES": "128", "ASYNCAPI_TITLE": 5, "CAMELIZE": "no", "MAX_MESSAGE_DEPTH": 300}
    ):
        messages = check_settings()
    assert ids(messages) == ["chanx.E002"] * 4
    assert messages[0].msg == "CHANX: MAX_ID_BYTES is '128'. Set it to a value of type int, like 128."
    assert "ASYNCAPI_TITLE is 5" in messages[1].msg


def test_settings_that_are_no_dict_are_an_error() -> None:
    with override_settings(CHANX=[]):
        assert ids(check_settings()) == ["chanx.E002"]


def test_camelcase_needs_pyhumps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    with override_settings(CHANX={"CAMELIZE": True}):
        (message,) = check_settings()
    assert message.id == "chanx.E003"
    assert "chanx[camel-case]" in str(message.hint)
    with override_settings(CHANX={"CAMELIZE": False}):
        assert check_settings() == []


# --- channel layers


def layer(backend: str, **config: Any) -> dict[str, Any]:
    return {"default": {"BACKEND": backend, "CONFIG": config}}


class OwnMemoryLayer(InMemoryChannelLayer):
    pass


class PatientRedisLayer(RedisChannelLayer):  # type: ignore[misc]  # channels_redis has no types
    brpop_timeout = 1


MEMORY = "channels.layers.InMemoryChannelLayer"
CORE = "channels_redis.core.RedisChannelLayer"
URL = "redis://127.0.0.1:6379"


@pytest.mark.parametrize("backend", [MEMORY, f"{__name__}.OwnMemoryLayer"])
def test_a_layer_in_memory_is_for_development(backend: str) -> None:
    with override_settings(CHANNEL_LAYERS=layer(backend), DEBUG=False):
        (message,) = check_channel_layers()
        assert message.id == "chanx.W002"
        assert "RedisPubSubChannelLayer" in str(message.hint)
    with override_settings(CHANNEL_LAYERS=layer(backend), DEBUG=True):
        assert check_channel_layers() == []


def test_no_layer_and_one_that_cannot_be_imported_are_not_judged() -> None:
    for layers in ({}, layer("tests.nowhere.Layer"), {"default": {}}):
        with override_settings(CHANNEL_LAYERS=layers):
            assert check_channel_layers() == []


def set_default_timeout(monkeypatch: pytest.MonkeyPatch, value: float | None) -> None:
    """Be a version of redis-py with this default."""
    signature = inspect.signature(AbstractConnection.__init__)
    parameters = [
        parameter.replace(default=value) if name == "socket_timeout" else parameter
        for name, parameter in signature.parameters.items()
    ]
    changed = signature.replace(parameters=parameters)
    monkeypatch.setattr(AbstractConnection.__init__, "__signature__", changed, raising=False)


@pytest.mark.parametrize(
    "hosts",
    [
        None,
        [URL],
        [("127.0.0.1", 6379)],
        [{"address": URL}],
        [{"address": URL, "socket_timeout": 5}],
        [{"address": f"{URL}?socket_timeout=2", "socket_timeout": 60}],
        [{"sentinels": [("127.0.0.1", 26379)], "master_name": "main"}],
        [{"address": URL, "socket_timeout": 60}, URL],
    ],
    ids=repr,
)
def test_a_socket_timeout_that_closes_idle_consumers_is_a_warning(
    hosts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_default_timeout(monkeypatch, 5)
    with override_settings(CHANNEL_LAYERS=layer(CORE, hosts=hosts)):
        (message,) = check_channel_layers()
    assert isinstance(message, CheckWarning)
    assert message.id == "chanx.W003"
    assert "'socket_timeout': 15" in str(message.hint)


@pytest.mark.parametrize(
    "hosts",
    [
        [{"address": URL, "socket_timeout": 15}],
        [{"address": URL, "socket_timeout": None}],
        [f"{URL}?socket_timeout=15"],
        [{"host": "127.0.0.1", "port": 6379, "socket_timeout": 5.5}],
    ],
    ids=repr,
)
def test_a_longer_socket_timeout_or_none_is_fine(hosts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    set_default_timeout(monkeypatch, 5)
    with override_settings(CHANNEL_LAYERS=layer(CORE, hosts=hosts)):
        assert check_channel_layers() == []


def test_a_redis_py_without_a_default_timeout_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to version 7 there was none."""
    set_default_timeout(monkeypatch, None)
    with override_settings(CHANNEL_LAYERS=layer(CORE, hosts=[URL])):
        assert check_channel_layers() == []


def test_the_timeout_is_judged_by_how_long_the_layer_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    set_default_timeout(monkeypatch, 5)
    with override_settings(CHANNEL_LAYERS=layer(f"{__name__}.PatientRedisLayer", hosts=[URL])):
        assert check_channel_layers() == []


def test_the_pubsub_layer_is_fine() -> None:
    with override_settings(
        CHANNEL_LAYERS=layer("channels_redis.pubsub.RedisPubSubChannelLayer", hosts=[URL])
    ):
        assert check_channel_layers() == []


def test_without_channels_redis_no_layer_is_asked_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    with override_settings(CHANNEL_LAYERS=layer(MEMORY), DEBUG=True):
        assert check_channel_layers() == []
