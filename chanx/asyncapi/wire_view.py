"""What a document says of the wire, whatever its components and operations are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chanx.asyncapi.alternatives import same_text
from chanx.asyncapi.pointers import follow

Object = dict[str, Any]
TAGS = ("action", "type", "event")
"""Names of fields that may name a message by one of several values; by one value, any field may."""


@dataclass(frozen=True, slots=True)
class WireMessage:
    """A message under one of its names."""

    key: str
    """The field that names it; empty where none does."""
    action: str
    payload: Any
    """Its schema, without the field that names it."""
    headers: Any
    content_type: str
    correlation: str
    deprecated: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A message that clients send, and what they get for it."""

    message: WireMessage
    replies: tuple[WireMessage, ...]
    security: frozenset[str]
    streaming: bool
    deprecated: bool


@dataclass(frozen=True, slots=True)
class WireChannel:
    """What clients send and receive at an address."""

    key: str
    address: str
    parameters: dict[str, Any]
    """The schemas of the parameters in the address, in its order."""
    binding: Object
    requests: tuple[Request, ...]
    received: tuple[WireMessage, ...]
    """All that a server may send, replies included."""


class WireView:
    """Reads one document."""

    def __init__(self, document: Object) -> None:
        """Take the document; it may be written by hand."""
        self._document = document

    def channels(self) -> list[WireChannel]:
        """
        List the channels.

        Raises:
            DocumentError: A reference leads nowhere.
        """
        operations: defaultdict[int, list[Object]] = defaultdict(list)
        for operation in map(self._follow, self._document.get("operations", {}).values()):
            operations[id(self._follow(operation["channel"]))].append(operation)
        found = {str(key): self._follow(value) for key, value in self._document.get("channels", {}).items()}
        return [self._channel(key, channel, operations[id(channel)]) for key, channel in found.items()]

    def server_security(self) -> frozenset[str]:
        """List the security schemes of all servers."""
        servers = map(self._follow, self._document.get("servers", {}).values())
        return frozenset(scheme for server in servers for scheme in self._security(server))

    def _follow(self, value: Any) -> Any:
        return follow(self._document, value)

    def _channel(self, key: str, channel: Object, operations: list[Object]) -> WireChannel:
        requests = [
            request
            for operation in operations
            if operation["action"] == "receive"
            for request in self._requests(operation, channel)
        ]
        pushed = [
            message
            for operation in operations
            if operation["action"] == "send"
            for message in self._messages(operation.get("messages"), channel)
        ]
        replies = [message for request in requests for message in request.replies]
        return WireChannel(
            key=key,
            address=str(channel.get("address") or key),
            parameters=self._parameters(channel),
            binding=self._follow(channel.get("bindings", {})).get("ws", {}),
            requests=tuple(requests),
            received=tuple(_once([*pushed, *replies])),
        )

    def _parameters(self, channel: Object) -> dict[str, Any]:
        schemas: dict[str, Any] = {}
        for name, value in channel.get("parameters", {}).items():
            parameter = self._follow(value)
            enum = {"enum": parameter["enum"]} if "enum" in parameter else {}
            schemas[str(name)] = parameter.get("x-schema", {"type": "string", **enum})
        address = str(channel.get("address"))
        return dict(sorted(schemas.items(), key=lambda item: address.find("{" + item[0] + "}")))

    def _requests(self, operation: Object, channel: Object) -> Iterator[Request]:
        reply = self._follow(operation.get("reply", {}))
        replies: list[WireMessage] = []
        if reply:
            replies = self._messages(reply.get("messages"), self._follow(reply.get("channel", channel)))
        for message in self._messages(operation.get("messages"), channel):
            yield Request(
                message,
                tuple(replies),
                self._security(operation),
                bool(operation.get("x-streaming")),
                bool(operation.get("x-deprecated")),
            )

    def _security(self, holder: Object) -> frozenset[str]:
        schemes = map(self._follow, holder.get("security", []))
        return frozenset(
            same_text({key: value for key, value in scheme.items() if key != "description"})
            for scheme in schemes
        )

    def _messages(self, references: list[Any] | None, channel: Object) -> list[WireMessage]:
        """Read messages under each of their names; without references, all of the channel are meant."""
        of_channel = channel.get("messages", {})
        chosen = list(of_channel.values()) if references is None else references
        names = {id(self._follow(value)): str(name) for name, value in of_channel.items()}
        found = [self._follow(value) for value in chosen]
        return [each for message in found for each in self._named(message, names.get(id(message), ""))]

    def _named(self, message: Object, name: str) -> Iterator[WireMessage]:
        payload = self._follow(message.get("payload", {}))
        if isinstance(payload, dict) and "schemaFormat" in payload:
            payload = self._follow(payload["schema"])
        key, actions = self._tag(payload)
        for action in actions or [str(message.get("name", name))]:
            yield WireMessage(
                key=key,
                action=action,
                payload=_without(payload, key) if key else payload,
                headers=message.get("headers", {}),
                content_type=str(message.get("contentType", self._document.get("defaultContentType", ""))),
                correlation=str(self._follow(message.get("correlationId", {})).get("location", "")),
                deprecated=bool(message.get("x-deprecated")),
            )

    def _tag(self, payload: Any) -> tuple[str, list[str]]:
        properties = payload.get("properties", {}) if isinstance(payload, dict) else {}
        fields = {name: self._follow(field) for name, field in properties.items()}
        for name, field in fields.items():
            if isinstance(field, dict) and isinstance(field.get("const"), str):
                return name, [field["const"]]
        for name in TAGS:
            values = fields.get(name, {}).get("enum", [])
            if values and all(isinstance(value, str) for value in values):
                return name, list(values)
        return "", []


def _without(payload: Object, name: str) -> Object:
    properties = {key: value for key, value in payload["properties"].items() if key != name}
    required = [each for each in payload.get("required", []) if each != name]
    return {**payload, "properties": properties, "required": required}


def _once(messages: Iterable[WireMessage]) -> Iterator[WireMessage]:
    seen: set[str] = set()
    for message in messages:
        text = same_text([message.key, message.action, message.payload, message.headers])
        if text not in seen:
            seen.add(text)
            yield message
