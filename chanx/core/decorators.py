"""Marks for handlers and consumers; they set one record and change nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from chanx.core.errors import ContractError

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type[Any])

HANDLER_MARK = "_chanx_handler"
CHANNEL_MARK = "_chanx_channel"


@dataclass(frozen=True, slots=True)
class HandlerMark:
    """What a decorator says of a method."""

    kind: str
    """``message`` or ``event``."""
    action: str | None = None
    summary: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    input_type: Any = None
    output_type: Any = None
    examples: tuple[Any, ...] = ()
    deprecated: bool = False
    concurrent: bool = False


@dataclass(frozen=True, slots=True)
class ChannelMark:
    """What ``@channel`` says of a consumer."""

    name: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()


@overload
def ws_handler(function: F, /) -> F: ...
@overload
def ws_handler(
    action: str | None = None,
    /,
    *,
    summary: str | None = None,
    description: str | None = None,
    tags: Sequence[str] = (),
    input_type: Any = None,
    output_type: Any = None,
    examples: Sequence[Any] = (),
    deprecated: bool = False,
    concurrent: bool = False,
) -> Callable[[F], F]: ...
def ws_handler(action: Any = None, /, **options: Any) -> Any:
    """
    Make a method the handler of the message that its parameter names.

    Without a message parameter, the payload is made from the signature, and the action is the
    method's name or the one given here.

    Args:
        action: The action, where the payload is made from the signature.
        summary: One line for the document; else the first line of the docstring.
        description: The rest of the docstring, unless given.
        tags: Names under which the document lists the operation.
        input_type: The message, where the parameter has no annotation.
        output_type: What is sent or broadcast beside the return value: a message, a union or a list of them.
        examples: Messages, or their payloads, that the document shows.
        deprecated: Clients shall no longer send it.
        concurrent: Run beside other frames of the connection, out of order.
    """
    if callable(action):
        return _mark(action, HandlerMark(kind="message"))
    mark = _record("message", action=action, **options)
    return lambda function: _mark(function, mark)


@overload
def event_handler(function: F, /) -> F: ...
@overload
def event_handler(
    *,
    summary: str | None = None,
    description: str | None = None,
    tags: Sequence[str] = (),
    input_type: Any = None,
    output_type: Any = None,
    deprecated: bool = False,
) -> Callable[[F], F]: ...
def event_handler(function: Any = None, /, **options: Any) -> Any:
    """
    Make a method the handler of an event: a message from server to server, whose result goes to the client.

    The options are those of `ws_handler`.
    """
    if callable(function):
        return _mark(function, HandlerMark(kind="event"))
    mark = _record("event", **options)
    return lambda function: _mark(function, mark)


def channel(
    name: str | None = None, description: str | None = None, tags: Sequence[str] = ()
) -> Callable[[C], C]:
    """
    Name and describe a consumer in the document.

    Args:
        name: The key of the channel; else the class name in snake case without ``Consumer``.
        description: Else the docstring of the class.
        tags: Names under which the document lists the channel.
    """
    if isinstance(name, type):
        raise ContractError("@channel stands on a class without parentheses. Write @channel().")
    record = ChannelMark(name, description, _sequence("tags", tags))

    def mark(consumer: C) -> C:
        if not isinstance(consumer, type):
            raise ContractError(f"@channel stands on {consumer!r}. Put it on a consumer class.")
        setattr(consumer, CHANNEL_MARK, record)
        return consumer

    return mark


def _record(kind: str, **options: Any) -> HandlerMark:
    for name in ("tags", "examples"):
        options[name] = _sequence(name, options.get(name, ()))
    return HandlerMark(kind=kind, **options)


def _sequence(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, str):
        raise ContractError(f"{name}={value!r} is a string. Give a list: {name}=[{value!r}].")
    return tuple(value)


def _mark(function: Any, mark: HandlerMark) -> Any:
    if not callable(function) or isinstance(function, type):
        raise ContractError(f"A handler decorator stands on {function!r}. Put it on a method of a consumer.")
    setattr(function, HANDLER_MARK, mark)
    return function
