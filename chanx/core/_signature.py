"""Messages made from the parameters of a handler."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from warnings import catch_warnings
from weakref import WeakKeyDictionary

from pydantic import BaseModel, create_model

from chanx.messages.base import BaseMessage

Message = type[BaseMessage]
_made: WeakKeyDictionary[Callable[..., Any], dict[str, Message]] = WeakKeyDictionary()
"""What was made, by action: consumers that inherit a handler share its message."""


def message_from_signature(
    function: Callable[..., Any],
    action: str,
    parameters: Sequence[inspect.Parameter],
    hints: Mapping[str, Any],
) -> Message:
    """
    Make the message whose payload has the parameters as fields.

    Raises:
        PydanticUserError, NameError, ValueError: The name or the type of a parameter can be no field's.
    """
    made = _made.setdefault(function, {})
    if action not in made:
        title = "".join(word.capitalize() for word in re.split(r"\W|_", action))
        content: dict[str, Any] = {"action": (Literal[action], action)}
        if parameters:
            payload: Any = _payload(f"{title}Payload", function, parameters, hints)
            required = any(field.is_required() for field in payload.model_fields.values())
            content["payload"] = (payload, ... if required else payload())
        made[action] = create_model(
            f"{title}Message", __base__=BaseMessage, __module__=function.__module__, **content
        )
    return made[action]


def _payload(
    title: str,
    function: Callable[..., Any],
    parameters: Sequence[inspect.Parameter],
    hints: Mapping[str, Any],
) -> type[BaseModel]:
    fields: dict[str, Any] = {
        parameter.name: (
            hints[parameter.name],
            ... if parameter.default is parameter.empty else parameter.default,
        )
        for parameter in parameters
    }
    with catch_warnings(action="ignore"):  # a parameter may be named like a method of models
        payload: type[BaseModel] = create_model(title, __module__=function.__module__, **fields)
    if private := fields.keys() - payload.model_fields.keys():
        raise NameError(f"{min(private)!r} begins with an underscore.")
    return payload
