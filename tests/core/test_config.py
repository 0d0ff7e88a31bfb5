from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from chanx.core.config import OPTION_NAMES, Config
from chanx.core.errors import ConfigurationError


def test_the_defaults_are_the_documented_ones() -> None:
    config = Config()
    assert config.message_action_key == "action"
    assert config.log_ignored_actions == ("ping", "pong")
    assert config.max_pending_frames == 32
    assert config.error_budget == 50


def test_every_option_has_a_docstring_name_in_lower_case() -> None:
    assert "max_message_bytes" in OPTION_NAMES
    assert all(name == name.lower() for name in OPTION_NAMES)


def test_options_are_values_that_can_be_compared_and_hashed() -> None:
    assert Config() == Config().replace({})
    assert hash(Config(camelize=True)) == hash(Config().replace({"camelize": True}))
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().camelize = True  # type: ignore[misc]


def test_nothing_changed_is_the_same_value() -> None:
    config = Config()
    assert config.replace({}) is config


@pytest.mark.parametrize(
    "value", [["a"], ("a",), {"a"}, frozenset(["a"])], ids=["list", "tuple", "set", "frozenset"]
)
def test_lists_become_tuples(value: Any) -> None:
    assert Config(log_ignored_actions=value).log_ignored_actions == ("a",)


def test_whole_seconds_are_times() -> None:
    grace = Config(disconnect_grace=3).disconnect_grace
    assert (grace, type(grace)) == (3.0, float)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("camelize", 1, "CAMELIZE is 1. Set it to a value of type bool, like False."),
        ("max_message_bytes", True, "MAX_MESSAGE_BYTES is True. Set it to a value of type int, like 65536."),
        ("max_message_bytes", 1.5, "of type int"),
        ("max_message_bytes", 0, "MAX_MESSAGE_BYTES is 0. Set it to a number above 0."),
        ("max_pending_frames", -1, "above 0"),
        ("authentication_timeout", "5", "of type float"),
        ("authentication_timeout", float("nan"), "above 0"),
        ("authentication_timeout", 0, "above 0"),
        ("log_ignored_actions", "ping", "of type tuple"),
        ("message_action_key", "", "MESSAGE_ACTION_KEY is empty. Set it to a name, like 'action'."),
        (
            "message_action_key",
            "payload",
            "MESSAGE_ACTION_KEY is 'payload', a key that frames use otherwise.",
        ),
        ("message_action_key", "id", "a key that frames use otherwise"),
        ("max_message_depth", 201, "MAX_MESSAGE_DEPTH is 201. Set it to 200 or less"),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_do(name: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config().replace({name: value})
    assert says in str(caught.value)


def test_the_deepest_nesting_is_what_the_parser_takes() -> None:
    assert Config(max_message_depth=200).max_message_depth == 200
