"""Every option of a consumer, with its default, as one frozen value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from chanx.core.errors import ConfigurationError

RESERVED_KEYS = frozenset({"id", "offset", "payload", "topic"})
"""The keys of a frame beside that of its action."""


@dataclass(frozen=True, slots=True)
class Config:
    """
    The options of one connection.

    Each field is a setting in upper case (``MAX_MESSAGE_BYTES``) and a class attribute of a consumer
    in lower case (``max_message_bytes``). Times are in seconds, sizes in bytes.
    """

    message_action_key: str = "action"
    """The key of a frame that names its action."""
    send_completion: bool = False
    """Send ``complete``, ``group_complete`` and ``event_complete`` after each message or event."""
    send_message_immediately: bool = True
    """Give the server a turn after each message of a stream, so that it leaves at once."""
    send_authentication_message: bool = True
    """Send the ``authentication`` message."""
    camelize: bool = False
    """Name fields in camelCase on the wire."""
    log_websocket_message: bool = True
    """Log each message at level INFO, by its action."""
    log_ignored_actions: tuple[str, ...] = ("ping", "pong")
    """Actions that are not logged."""
    authentication_timeout: float = 10.0
    """How long an authenticator may take before the connection is closed with 4408."""
    disconnect_grace: float = 5.0
    """How long frames already received are still handled after the client has gone."""
    max_message_bytes: int = 65_536
    """The largest frame that is parsed."""
    max_message_depth: int = 32
    """The deepest nesting of arrays and objects that is parsed; at most 200."""
    max_id_bytes: int = 128
    """The longest ``id`` of a frame."""
    max_pending_frames: int = 32
    """How many frames are read ahead while a handler runs; then reading stops."""
    max_concurrent_handlers: int = 16
    """How many streaming and concurrent handlers one connection runs at a time."""
    max_subscriptions: int = 100
    """How many groups one connection may be in."""
    error_budget: int = 50
    """How many bad frames are answered within the window; one more closes with 4429."""
    error_budget_window: float = 10.0
    """The length of that window."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _checked(field, getattr(self, field.name)))
        if self.message_action_key in RESERVED_KEYS:
            raise ConfigurationError(
                f"MESSAGE_ACTION_KEY is {self.message_action_key!r}, a key that frames use otherwise. Set it to another name."
            )
        if self.max_message_depth > 200:
            raise ConfigurationError(
                f"MAX_MESSAGE_DEPTH is {self.max_message_depth}. Set it to 200 or less: the JSON parser goes no deeper."
            )

    def replace(self, changes: Mapping[str, Any]) -> Self:
        """
        Return a copy with some options changed.

        Raises:
            ConfigurationError: A value is of a wrong type or out of range.
        """
        return dataclasses.replace(self, **changes) if changes else self


OPTION_NAMES = frozenset(field.name for field in dataclasses.fields(Config))


def _checked(field: dataclasses.Field[Any], value: Any) -> Any:
    default: Any = field.default
    kind = type(default)
    if kind is tuple and isinstance(value, (list, tuple, set, frozenset)):
        return tuple(value)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ConfigurationError(
            f"{field.name.upper()} is {value!r}. Set it to a value of type {kind.__name__}, like {default!r}."
        )
    if kind in (int, float) and not value > 0:
        raise ConfigurationError(f"{field.name.upper()} is {value!r}. Set it to a number above 0.")
    if kind is str and not value:
        raise ConfigurationError(f"{field.name.upper()} is empty. Set it to a name, like {field.default!r}.")
    return value
