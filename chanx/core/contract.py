"""The contract of a consumer: everything it accepts and sends, frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from chanx.core.authenticator import BaseAuthenticator
from chanx.messages.base import BaseMessage, actions_of
from chanx.messages.incoming import CancelMessage, PingMessage
from chanx.messages.outgoing import (
    AuthenticationMessage,
    CompleteMessage,
    ErrorMessage,
    EventCompleteMessage,
    GroupCompleteMessage,
    PongMessage,
)

Message = type[BaseMessage]
PROTOCOL_OUTGOING: tuple[Message, ...] = (
    ErrorMessage,
    AuthenticationMessage,
    CompleteMessage,
    GroupCompleteMessage,
    EventCompleteMessage,
)


@dataclass(frozen=True, slots=True, eq=False)
class Handler:
    """A method that handles one action, or several that its parameter's union names."""

    name: str
    kind: str
    """``message`` or ``event``."""
    function: Callable[..., Any]
    messages: tuple[Message, ...]
    replies: tuple[Message, ...]
    """What it returns or yields, for the caller alone."""
    broadcasts: tuple[Message, ...]
    """What its ``output_type`` names beside that."""
    arguments: bool
    """Whether the payload was made from the signature, so that its fields are the arguments."""
    streaming: bool
    optional: bool
    """Whether it may answer nothing, so that ``complete`` answers instead."""
    sync: bool
    concurrent: bool
    summary: str
    description: str
    tags: tuple[str, ...]
    examples: tuple[Any, ...]
    deprecated: bool

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that it handles."""
        return tuple(action for message in self.messages for action in actions_of(message))


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """Everything one consumer class accepts and sends."""

    consumer: type[Any]
    name: str
    description: str
    tags: tuple[str, ...]
    handlers: Mapping[str, Handler]
    """The handlers of messages, by action."""
    events: Mapping[str, Handler]
    """The handlers of events, by action."""
    passthrough: tuple[Message, ...]
    """Events that go to the client as they are."""
    emits: tuple[Message, ...]
    """What the consumer sends on its own account."""
    params: type[BaseModel] | None
    authenticator: type[BaseAuthenticator] | None
    subprotocols: tuple[str, ...]
    groups: tuple[str, ...]
    """The groups that every connection joins."""
    options: Mapping[str, Any] = field(repr=False)
    """The class attributes that override settings."""

    @property
    def builtin_ping(self) -> bool:
        """Whether ``ping`` is answered by the framework."""
        return "ping" not in self.handlers

    @property
    def protocol_incoming(self) -> tuple[Message, ...]:
        """What every consumer accepts."""
        return (PingMessage, CancelMessage) if self.builtin_ping else (CancelMessage,)

    @property
    def protocol_outgoing(self) -> tuple[Message, ...]:
        """What every consumer may send."""
        return (*PROTOCOL_OUTGOING, PongMessage) if self.builtin_ping else PROTOCOL_OUTGOING

    @property
    def incoming(self) -> tuple[Message, ...]:
        """All messages that clients may send."""
        declared = (message for handler in self.handlers.values() for message in handler.messages)
        return tuple(dict.fromkeys((*declared, *self.protocol_incoming)))

    @property
    def incoming_events(self) -> tuple[Message, ...]:
        """All events that may come through the layer."""
        handled = [message for handler in self.events.values() for message in handler.messages]
        return tuple(dict.fromkeys((*handled, *self.passthrough)))

    @property
    def outgoing(self) -> tuple[Message, ...]:
        """All messages that clients may receive."""
        handlers = (*self.handlers.values(), *self.events.values())
        sent = [message for handler in handlers for message in (*handler.replies, *handler.broadcasts)]
        return tuple(dict.fromkeys((*sent, *self.passthrough, *self.emits, *self.protocol_outgoing)))
