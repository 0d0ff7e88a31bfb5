"""The settings of a project."""

from __future__ import annotations

import subprocess
import sys
from typing import get_type_hints

import pytest
from django.test import override_settings

from chanx.channels.settings import chanx_settings as documented
from chanx.core.config import Config
from chanx.core.errors import ConfigurationError
from chanx_django.settings import SETTING_NAMES, ChanxSettings, DocumentSettings, chanx_settings
from chanx_django.websocket import AsyncJsonWebsocketConsumer


def test_every_option_is_a_setting_of_the_same_type() -> None:
    """The annotations of ChanxSettings are a copy, for type checkers; nothing else is."""
    options = {
        name.upper(): hint
        for kind in (Config, DocumentSettings)
        for name, hint in get_type_hints(kind).items()
    }
    assert get_type_hints(ChanxSettings) == options
    assert set(options) == SETTING_NAMES


def test_the_defaults_are_those_of_the_core() -> None:
    assert chanx_settings.config() == Config()
    assert chanx_settings.MESSAGE_ACTION_KEY == "action"
    assert chanx_settings.LOG_IGNORED_ACTIONS == ("ping", "pong")
    assert chanx_settings.ASYNCAPI_TITLE == "AsyncAPI Documentation"
    assert chanx_settings.ASYNCAPI_SPEC_VERSION == "3.1.0"
    assert chanx_settings.WEBSOCKET_BASE_URL is None


def test_the_documented_path_gives_the_same_object() -> None:
    assert documented is chanx_settings


def test_the_settings_follow_an_override_and_come_back() -> None:
    before = chanx_settings.config()
    with override_settings(CHANX={"SEND_COMPLETION": True, "ASYNCAPI_TITLE": "Chat"}):
        assert chanx_settings.SEND_COMPLETION is True
        assert chanx_settings.config().send_completion is True
        assert chanx_settings.ASYNCAPI_TITLE == "Chat"
        assert chanx_settings.MAX_MESSAGE_BYTES == 65_536
        with override_settings(CHANX={"CAMELIZE": True}):
            assert chanx_settings.SEND_COMPLETION is False
            assert chanx_settings.ASYNCAPI_TITLE == "AsyncAPI Documentation"
        assert chanx_settings.SEND_COMPLETION is True
    assert chanx_settings.config() == before


def test_a_consumer_follows_an_override() -> None:
    """So does everything that asks when it needs a value: nothing is read at import."""

    class Loud(AsyncJsonWebsocketConsumer):
        send_completion = True

    with override_settings(
        CHANX={"LOG_WEBSOCKET_MESSAGE": False, "MAX_PENDING_FRAMES": 1, "SEND_COMPLETION": False}
    ):
        config = Loud.get_config()
        assert (config.log_websocket_message, config.max_pending_frames, config.send_completion) == (
            False,
            1,
            True,
        )
    assert Loud.get_config().log_websocket_message is True


def test_the_options_are_one_object_until_the_settings_change() -> None:
    assert chanx_settings.config() is chanx_settings.config()
    assert chanx_settings.document() is chanx_settings.document()
    with override_settings(DEBUG=True):
        assert chanx_settings.config() is chanx_settings.config()


def test_a_list_becomes_a_tuple_and_a_whole_number_a_float() -> None:
    with override_settings(CHANX={"LOG_IGNORED_ACTIONS": ["typing"], "DISCONNECT_GRACE": 1}):
        assert chanx_settings.LOG_IGNORED_ACTIONS == ("typing",)
        assert chanx_settings.DISCONNECT_GRACE == 1.0


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="CHANX has no setting 'SEND_COMPLETIONS'"):
        _ = chanx_settings.SEND_COMPLETIONS


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"MAX_ID_BYTES": "many"}, r"MAX_ID_BYTES is 'many'\. Set it to a value of type int, like 128\."),
        ({"MAX_ID_BYTES": True}, "MAX_ID_BYTES is True"),
        ({"MAX_ID_BYTES": 0}, "MAX_ID_BYTES is 0"),
        ({"ASYNCAPI_TITLE": None}, r"ASYNCAPI_TITLE is None\. Input should be a valid string\."),
        ({"ASYNCAPI_SERVER_URL": 1}, r"ASYNCAPI_SERVER_URL is 1\. Input should be a valid string\."),
        ({"ASYNCAPI_SPEC_VERSION": "2.6.0"}, r"Input should be '3\.0\.0' or '3\.1\.0'\."),
        (["CAMELIZE"], r"CHANX is \['CAMELIZE'\]\. Set it to a dict"),
        (None, r"CHANX is None\. Set it to a dict"),
    ],
    ids=repr,
)
def test_a_wrong_value_is_refused_at_access(chosen: object, expected: str) -> None:
    with override_settings(CHANX=chosen), pytest.raises(ConfigurationError, match=expected):
        _ = (chanx_settings.config(), chanx_settings.document())


def test_an_unknown_key_does_no_harm_at_run_time() -> None:
    """The system check tells; a typo doesn't take a running site down."""
    with override_settings(CHANX={"CAMELISE": True, 5: 6}):
        assert chanx_settings.config() == Config()


def test_importing_the_package_reads_no_settings() -> None:
    modules = ["__init__", "settings", "routing", "websocket", "utils.asgi", "_database", "checks"]
    program = "\n".join(f"import chanx_django.{name}" for name in modules) + "\nprint('imported')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "imported\n"
