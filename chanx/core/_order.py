"""The order of what one process sends through a layer: each group has a channel of its own, and one can overtake another."""

from __future__ import annotations

import itertools
import os
import uuid
from operator import itemgetter
from typing import Any

from chanx.core._hub import OWN_TYPES

_numbers = itertools.count(1)
_start = uuid.uuid4().hex[:12]


def numbered(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message with who sends it and its number there."""
    return {**message, "by": f"{_start}.{os.getpid()}", "number": next(_numbers)}


def put_in_order(messages: list[dict[str, Any]]) -> None:
    """Let the messages of each process stand in the order in which it sent them; others keep their places."""
    places: dict[str, list[int]] = {}
    for place, message in enumerate(messages):
        by, number = message.get("by"), message.get("number")
        if message.get("type") in OWN_TYPES and isinstance(by, str) and isinstance(number, int):
            places.setdefault(by, []).append(place)
    for mine in places.values():
        ordered = sorted((messages[place] for place in mine), key=itemgetter("number"))
        for place, message in zip(mine, ordered, strict=True):
            messages[place] = message
