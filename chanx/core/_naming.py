"""What documents call a consumer and its handlers."""

from __future__ import annotations

import inspect
import re
from typing import Any

from chanx.core.decorators import CHANNEL_MARK, ChannelMark


def describe(consumer: type[Any]) -> dict[str, Any]:
    """Name and describe a consumer class for documents; a name isn't inherited."""
    inherited = getattr(consumer, CHANNEL_MARK, None) or ChannelMark()
    own = vars(consumer).get(CHANNEL_MARK) or ChannelMark()
    return {
        "name": own.name or snake_name(consumer),
        "description": own.description
        or inspect.cleandoc(consumer.__doc__ or "")
        or inherited.description
        or "",
        "tags": inherited.tags,
    }


def snake_name(consumer: type[Any]) -> str:
    """Turn ``ChatRoomConsumer`` into ``chat_room``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", consumer.__name__).lower()
    return words.removesuffix("_consumer") or words


def docstring(consumer: type[Any], name: str) -> str:
    """Find the docstring of a method, which an override without one inherits."""
    texts = (vars(owner)[name].__doc__ for owner in consumer.__mro__ if name in vars(owner))
    return next((str(text) for text in texts if text is not None), "")
