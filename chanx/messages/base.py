"""The base of every message."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel


class BaseMessage(BaseModel):
    """
    A message that travels in one frame, named by its action.

    A subclass names its action with a ``Literal`` and, when it carries data, declares a payload::

        class Say(BaseMessage):
            action: Literal["say"] = "say"
            payload: SayPayload
    """

    action: Any


def actions_of(message: type[BaseMessage]) -> tuple[str, ...]:
    """List the actions that a message class names; empty when it has no string ``Literal``."""
    annotation: Any = message.model_fields["action"].annotation
    if get_origin(annotation) is not Literal:
        return ()
    values = get_args(annotation)
    return values if all(type(value) is str for value in values) else ()
