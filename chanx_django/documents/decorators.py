"""Marks that document the methods of any Channels consumer; they change nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from chanx.core.errors import ContractError

F = TypeVar("F", bound=Callable[..., Any])

DOCUMENT_MARKS = "_chanx_documents"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class DocumentMark:
    """What one decorator says of a method."""

    kind: str
    """``action``, which the client sends, or ``event``, which it receives."""
    name: str | None = None
    summary: str | None = None
    description: str | None = None
    payload: Any = None
    responses: Any = ()
    examples: tuple[Any, ...] = ()
    deprecated: bool = False
    tags: tuple[str, ...] = ()


@overload
def document_action(function: F, /) -> F: ...
@overload
def document_action(
    action: str | None = None,
    *,
    summary: str | None = None,
    description: str | None = None,
    payload: Any = None,
    responses: Mapping[str, Any] | Sequence[Any] | str = (),
    examples: Sequence[Any] = (),
    deprecated: bool = False,
    tags: Sequence[str] = (),
) -> Callable[[F], F]: ...
def document_action(action: Any = None, **options: Any) -> Any:
    """
    Document an action that clients send to a plain Channels consumer, above the method that handles it.

    Args:
        action: Its name in the frame; else that of the method without ``handle_``.
        summary: One line; else the first line of the method's docstring.
        description: Else the rest of the docstring.
        payload: The fields beside the name: a Pydantic model, dataclass, TypedDict, serializer of Django REST framework,
            a dict of types or of example values, a JSON schema; None for no fields.
        responses: What answers it, by name: ``{"ride.accepted": RideSerializer}``; or the names of documented events.
        examples: Payloads, or whole frames, that the document shows.
        deprecated: Clients shall no longer send it.
        tags: Names under which the document lists it.
    """
    if callable(action):
        return _mark(action, DocumentMark("action"))
    return _marker("action", action, options)


def document_event(
    event_type: str | None = None,
    *,
    summary: str | None = None,
    description: str | None = None,
    payload: Any = None,
    examples: Sequence[Any] = (),
    deprecated: bool = False,
    tags: Sequence[str] = (),
) -> Callable[[F], F]:
    """
    Document an event that a plain Channels consumer sends, above a method that sends it.

    Several may stand above one method. ``event_type`` is its name in the frame; the other options are those of
    `document_action`.
    """
    options = {
        "summary": summary,
        "description": description,
        "payload": payload,
        "examples": examples,
        "deprecated": deprecated,
        "tags": tags,
    }
    return _marker("event", event_type, options)


def _marker(kind: str, name: Any, options: dict[str, Any]) -> Callable[[F], F]:
    if name is not None and (not isinstance(name, str) or not name):
        raise ContractError(
            f"@document_{kind} names {name!r}. Give the name in the frame, a string, or leave it out."
        )
    for option in ("examples", "tags"):
        value = options.get(option, ())
        if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
            raise ContractError(f"{option}={value!r} is no list. Give one: {option}=[{value!r}].")
        options[option] = tuple(value)
    mark = DocumentMark(kind, name, **options)
    return lambda function: _mark(function, mark)


def _mark(function: Any, mark: DocumentMark) -> Any:
    if not callable(function) or isinstance(function, type):
        raise ContractError(
            f"@document_{mark.kind} stands on {function!r}. Put it on a method of a consumer."
        )
    found = getattr(function, "__dict__", {}).get(DOCUMENT_MARKS, ())
    setattr(function, DOCUMENT_MARKS, (mark, *found))
    return function
