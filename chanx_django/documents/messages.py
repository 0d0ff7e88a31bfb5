"""Messages made of what documentation declares."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal
from weakref import WeakKeyDictionary

from pydantic import PydanticUserError, TypeAdapter, create_model
from pydantic.errors import PydanticUndefinedAnnotation

from chanx.asyncapi.documented import DocumentedMessage
from chanx.core.errors import ContractError
from chanx_django.documents.decorators import DocumentMark
from chanx_django.documents.payloads import read_payload

DocumentedType = type[DocumentedMessage]
_made: WeakKeyDictionary[DocumentMark, dict[tuple[str, str, str], DocumentedType]] = WeakKeyDictionary()
"""What was made for each mark: consumers that inherit a method share its messages."""


def message_for(
    mark: DocumentMark, name: str, payload: Any, *, key: str, suffix: str, module: str, place: str
) -> DocumentedType:
    """
    Make the message of a declaration, once.

    Args:
        mark: The declaration.
        name: The message's name in the frame.
        payload: What stands beside the name.
        key: The key of the name.
        suffix: What follows the name in that of the class: ``Action``, which clients send, ``Event`` or ``Reply``.
        module: The module of the method.
        place: The qualified name of the method.

    Raises:
        ContractError: The payload is nothing that can be described.
    """
    made = _made.setdefault(mark, {})
    if (suffix, key, name) not in made:
        title = "".join(word[:1].upper() + word[1:] for word in re.split(r"[\W_]+", name))
        try:
            incoming = suffix == "Action"
            annotation, samples = read_payload(payload, name=title, module=module, incoming=incoming)
            # Annotations that aren't classes need not be hashable.
            fields = _of_class(annotation) if isinstance(annotation, type) else _described(annotation)
        except (PydanticUserError, PydanticUndefinedAnnotation) as error:
            reason = str(error).partition("\n")[0]
            raise ContractError(
                f"{place}() has the payload {payload!r} for {name!r}, which can't be described: {reason} "
                "Use None, a Pydantic model, a dataclass, a TypedDict, a serializer of Django REST framework or a dict."
            ) from error
        named: dict[str, Any] = {"action": (Literal[name], name)}
        message = create_model(f"{title}{suffix}", __base__=DocumentedMessage, __module__=module, **named)
        message.__qualname__ = f"{place}.{title}{suffix}"
        message.key, message.fields, message.samples = key, fields, samples
        made[suffix, key, name] = message
    return made[suffix, key, name]


def _described(annotation: Any) -> TypeAdapter[Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    adapter.rebuild()
    return adapter


_of_class = lru_cache(maxsize=512)(_described)
"""Lets Pydantic read a class once for all the messages that have it."""
