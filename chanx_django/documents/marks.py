"""Finding the documented methods of a consumer class, over its whole MRO."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from chanx_django.documents.decorators import DOCUMENT_MARKS, DocumentMark

SPECTACULAR = {
    "_channels_spectacular_action": ("action", "action"),
    "_channels_spectacular_event": ("event", "event_type"),
}
"""The attributes in which django-channels-spectacular keeps what its decorators say: our kind, and its key of the name."""
_foreign: WeakKeyDictionary[Any, tuple[DocumentMark, ...]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Method:
    """A documented method."""

    name: str
    owner: type[Any]
    """The class whose body has the marks."""
    function: Callable[..., Any]
    """What is called: an override without marks, where there is one."""
    marks: tuple[DocumentMark, ...]


def marked_methods(consumer: type[Any]) -> Iterator[Method]:
    """
    List the documented methods, those of bases first.

    An override without a decorator keeps what its base says; one that is None is documented no more.
    """
    names = dict.fromkeys(name for owner in reversed(consumer.__mro__) for name in vars(owner))
    for name in names:
        owners = [owner for owner in consumer.__mro__ if name in vars(owner)]
        if vars(owners[0])[name] is None:
            continue
        for owner in owners:
            if marks := marks_of(vars(owner)[name]):
                yield Method(name, owner, _function(vars(owners[0])[name]), marks)
                break


def marks_of(value: Any) -> tuple[DocumentMark, ...]:
    """Return the marks of a method, also through wrappers that say what they wrap."""
    function = _function(value)
    # Not getattr(), which would evaluate lazy objects.
    attributes = getattr(function, "__dict__", {})
    if DOCUMENT_MARKS in attributes:
        marks: tuple[DocumentMark, ...] = attributes[DOCUMENT_MARKS]
        return marks
    if any(isinstance(attributes.get(name), Mapping) for name in SPECTACULAR):
        if function not in _foreign:
            _foreign[function] = tuple(_spectacular(attributes))
        return _foreign[function]
    wrapped = attributes.get("__wrapped__", attributes.get("func"))
    return marks_of(wrapped) if callable(wrapped) else ()


def _spectacular(attributes: Mapping[str, Any]) -> Iterator[DocumentMark]:
    for name, (kind, key) in SPECTACULAR.items():
        said = attributes.get(name)
        if isinstance(said, Mapping):
            responses = said.get("responses") or {}
            yield DocumentMark(
                kind,
                said.get(key) or None,
                # It keeps an empty text where nothing was said.
                summary=said.get("summary") or None,
                description=said.get("description") or None,
                payload=said.get("payload"),
                responses=_named(responses),
                examples=tuple(said.get("examples") or ()),
                deprecated=bool(said.get("deprecated")),
                tags=tuple(said.get("tags") or ()),
            )


def _named(responses: Any) -> dict[str, Any]:
    """Keep the responses that have a name; it never showed any, so that others may be anything."""
    named = responses.items() if isinstance(responses, Mapping) else ()
    return {name: payload for name, payload in named if isinstance(name, str) and name}


def _function(value: Any) -> Any:
    return value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
