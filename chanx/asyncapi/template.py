"""Documents that are written by hand, with places to be filled in."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from chanx.asyncapi.alternatives import same_text
from chanx.asyncapi.read import read_document
from chanx.asyncapi.server import Server

Object = dict[str, Any]
_PLACE = re.compile(r"\{\{\s*(ws_host|ws_protocol)\s*\}\}", re.IGNORECASE)


def from_template(text: str, name: str, server: Server) -> Object:
    """
    Make a document of a hand-written one: fill in ``{{ WS_HOST }}`` and ``{{ WS_PROTOCOL }}``, and title payloads.

    Args:
        text: JSON or YAML.
        name: What to call it in errors: the name of its file.
        server: Its host and protocol are filled in.

    Raises:
        DocumentError: It is no document.
    """
    values = {"ws_host": server.host, "ws_protocol": server.protocol}
    filled = _PLACE.sub(lambda place: values[place[1].lower()], text)
    return titled(read_document(filled, name))


def titled(document: Object) -> Object:
    """
    Copy a document with a title for each payload that has none; generators of clients name types by it.

    A title is made of the message's name, else of its key; of different payloads that would have one title, the
    second has the name of its channel before it.
    """
    document = copy.deepcopy(document)
    found = list(_payloads(document))
    taken = {payload["title"]: same_text(_untitled(payload)) for _, _, payload in found if "title" in payload}
    for name, channel, payload in found:
        if "title" not in payload:
            text = same_text(payload)
            wanted = [_camel(name), _camel(f"{channel}_{name}")]
            wanted += [f"{wanted[-1]}{number}" for number in range(2, len(found) + 2)]
            payload["title"] = next(title for title in wanted if taken.setdefault(title, text) == text)
    return document


def _payloads(document: Object) -> Iterator[tuple[str, str, Object]]:
    """List the payloads that are written out, each with the name of its message and the key of its channel."""
    components = document.get("components", {})
    yield from _payloads_of("", components)
    for owner in (components, document):
        channels = owner.get("channels", {}) if isinstance(owner, dict) else {}
        for key, channel in channels.items() if isinstance(channels, dict) else ():
            yield from _payloads_of(str(key), channel)


def _payloads_of(channel: str, owner: Any) -> Iterator[tuple[str, str, Object]]:
    messages = owner.get("messages") if isinstance(owner, dict) else None
    for key, message in messages.items() if isinstance(messages, dict) else ():
        payload = message.get("payload") if isinstance(message, dict) else None
        if isinstance(payload, dict) and "schemaFormat" in payload:
            payload = payload.get("schema")
        if isinstance(payload, dict) and "$ref" not in payload:
            yield str(message.get("name", key)), channel, payload


def _untitled(payload: Object) -> Object:
    return {key: value for key, value in payload.items() if key != "title"}


def _camel(name: str) -> str:
    """Write ``chat_message`` as ``ChatMessage``."""
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[^\W_]+", name)) or "Message"
