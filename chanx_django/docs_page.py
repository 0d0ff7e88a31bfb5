"""An AsyncAPI document, read for the docs page: from the client's side, with schemas as trees."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Object = Mapping[str, Any]
MAX_NODES = 500
MAX_DEPTH = 12
"""How much of one message is shown: models that all refer to each other would make an endless tree."""
_NOTES = {
    "format": "format {}",
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "like {}",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a schema: its type in words, and what is inside."""

    name: str
    type: str
    optional: bool = False
    description: str = ""
    notes: Sequence[str] = ()
    children: Sequence[Node] = ()
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message that the page shows."""

    key: str
    name: str
    summary: str
    protocol: bool
    fields: Sequence[Node]
    examples: Sequence[str]
    deprecated: bool
    anchored: bool = True
    """Whether links to the message lead here: a message that passes in several places is linked to in the first."""


@dataclass(frozen=True, slots=True)
class OperationView:
    """Something to send, with its answers; or something to receive."""

    key: str
    name: str
    summary: str
    description: str
    tags: Sequence[str]
    messages: Sequence[MessageView]
    replies: Sequence[MessageView]
    deprecated: bool
    streaming: bool

    @property
    def protocol(self) -> bool:
        """Whether it belongs to the framework."""
        return all(message.protocol for message in self.messages)


@dataclass(frozen=True, slots=True)
class ChannelView:
    """One address, and what is sent and received there."""

    key: str
    title: str
    address: str
    description: str
    tags: Sequence[str]
    parameters: Sequence[Node]
    query: Sequence[Node]
    security: Sequence[tuple[str, str]]
    subprotocols: Sequence[str]
    close_codes: Mapping[str, str]
    sends: Sequence[OperationView]
    receives: Sequence[OperationView]

    @property
    def protocol_messages(self) -> Sequence[MessageView]:
        """The messages of the framework that may pass here."""
        operations = [*self.sends, *self.receives]
        found = [message for operation in operations for message in (*operation.messages, *operation.replies)]
        return list({message.key: message for message in found if message.protocol}.values())


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    title: str
    version: str
    description: str
    servers: Sequence[tuple[str, str]]
    """URL and description of each."""
    channels: Sequence[ChannelView]
    protocol: Sequence[MessageView]


def read_page(document: Object) -> Page:
    """Read a document for the page."""
    return _Reader(document).page()


class _Reader:
    """Reads one document, each message once."""

    def __init__(self, document: Object) -> None:
        self._document = document
        self._left = MAX_NODES
        self._anchors: set[str] = set()
        components = document.get("components", {})
        self._schemas: Object = components.get("schemas", {})
        self._schemes: Object = components.get("securitySchemes", {})
        self._messages = {
            name: self._message(name, each) for name, each in components.get("messages", {}).items()
        }

    def page(self) -> Page:
        info = self._document["info"]
        return Page(
            title=info["title"],
            version=info["version"],
            description=info.get("description", ""),
            servers=[
                (
                    f"{server['protocol']}://{server['host']}{server.get('pathname', '')}",
                    server.get("description", ""),
                )
                for server in self._document.get("servers", {}).values()
            ],
            channels=[self._channel(key, channel) for key, channel in self._document["channels"].items()],
            protocol=[message for message in self._messages.values() if message.protocol],
        )

    def _channel(self, key: str, channel: Object) -> ChannelView:
        operations = {
            name: operation
            for name, operation in self._document["operations"].items()
            if operation["channel"]["$ref"] == f"#/channels/{key}"
        }
        binding = channel["bindings"]["ws"]
        self._left = MAX_NODES
        references = {
            _last(each): None for operation in operations.values() for each in operation.get("security", ())
        }
        return ChannelView(
            key=key,
            title=channel["title"],
            address=channel["address"],
            description=channel.get("description", ""),
            tags=_tags(channel),
            parameters=[self._parameter(*each) for each in channel.get("parameters", {}).items()],
            query=self._properties(binding.get("query", {}), ()),
            security=[_security(self._schemes[name]) for name in references],
            subprotocols=binding.get("x-subprotocols", ()),
            close_codes=binding.get("x-close-codes", {}),
            sends=[
                self._operation(key, *each) for each in operations.items() if each[1]["action"] == "receive"
            ],
            receives=[
                self._operation(key, *each) for each in operations.items() if each[1]["action"] == "send"
            ],
        )

    def _operation(self, channel: str, key: str, operation: Object) -> OperationView:
        return OperationView(
            key=key,
            name=key.removeprefix(f"{channel}_"),
            summary=operation.get("summary", ""),
            description=operation.get("description", ""),
            tags=_tags(operation),
            messages=[self._shown(each) for each in operation["messages"]],
            replies=[self._shown(each) for each in operation.get("reply", {}).get("messages", ())],
            deprecated=operation.get("x-deprecated", False),
            streaming=operation.get("x-streaming", False),
        )

    def _shown(self, reference: Object) -> MessageView:
        message = self._messages[_last(reference)]
        anchored = not message.protocol and message.key not in self._anchors
        self._anchors.add(message.key)
        return replace(message, anchored=anchored)

    def _message(self, key: str, message: Object) -> MessageView:
        return MessageView(
            key=key,
            name=message["name"],
            summary=message.get("summary", ""),
            protocol=message.get("x-protocol", False),
            fields=self._fields(message),
            examples=[
                json.dumps(example["payload"], indent=2, ensure_ascii=False)
                for example in message.get("examples", ())
            ],
            deprecated=message.get("x-deprecated", False),
        )

    def _fields(self, message: Object) -> list[Node]:
        """Read the fields of a frame; its ``id``, which all frames with answers have, is explained once."""
        self._left = MAX_NODES
        children = self.node("", message["payload"]).children
        return [child for child in children if child.name != "id" or "correlationId" not in message]

    def _parameter(self, name: str, parameter: Object) -> Node:
        self._left = MAX_NODES
        described = {"description": parameter.get("description", ""), **parameter["x-schema"]}
        return self.node(name, described)

    def node(self, name: str, schema: Object, above: tuple[str, ...] = (), *, optional: bool = False) -> Node:
        """Read a schema as a tree; where it contains itself, or has grown too large, the tree ends."""
        target, inside = self._resolve(schema, above)
        self._left -= 1
        ends = target is None or len(above) >= MAX_DEPTH or self._left < 0
        target = target or {}
        return Node(
            name=name,
            type=self._type(schema),
            optional=optional,
            description=schema.get("description") or target.get("description", "") if name else "",
            notes=_notes({**target, **schema}, optional=optional),
            children=() if ends else self._children(target, inside),
            deprecated=schema.get("deprecated", False),
        )

    def _resolve(self, schema: Object, above: tuple[str, ...]) -> tuple[Object | None, tuple[str, ...]]:
        if "$ref" not in schema:
            return schema, above
        name = _last(schema)
        return (None, above) if name in above else (self._schemas[name], (*above, name))

    def _type(self, schema: Object) -> str:
        if "$ref" in schema:
            target = self._schemas[_last(schema)]
            if "enum" in target:
                return self._type(target)
            return str(target.get("title", _last(schema))).removesuffix("-Input").removesuffix("-Output")
        if "const" in schema:
            return json.dumps(schema["const"], ensure_ascii=False)
        if "enum" in schema:
            return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
        if choices := _choices(schema):
            return " or ".join(dict.fromkeys(self._type(choice) for choice in choices))
        kind = schema.get("type", "any")
        if kind == "array" and isinstance(items := schema.get("items"), list):
            return f"[{', '.join(self._type(item) for item in items)}]"
        if kind == "array":
            return f"array of {self._type(schema.get('items', {}))}"
        return " or ".join(kind) if isinstance(kind, list) else str(kind)

    def _children(self, schema: Object, above: tuple[str, ...]) -> list[Node]:
        children = self._properties(schema, above)
        if isinstance(extra := schema.get("additionalProperties"), dict):
            children.append(self.node("any other key", extra, above))
        if isinstance(items := schema.get("items"), dict):
            children += self._inside(items, above)
        members = (
            items
            if isinstance(items, list)
            else [each for each in _choices(schema) if each != {"type": "null"}]
        )
        if len(members) == 1:
            children += self._inside(members[0], above)
        else:
            nodes = (replace(self.node(self._type(member), member, above), type="") for member in members)
            children += [node for node in nodes if node.children]
        return children

    def _inside(self, schema: Object, above: tuple[str, ...]) -> Sequence[Node]:
        return self.node("", schema, above).children

    def _properties(self, schema: Object, above: tuple[str, ...]) -> list[Node]:
        required = schema.get("required", ())
        return [
            self.node(name, inner, above, optional=name not in required)
            for name, inner in schema.get("properties", {}).items()
        ]


def _choices(schema: Object) -> Sequence[Any]:
    return schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or ()


def _notes(schema: Object, *, optional: bool) -> list[str]:
    notes = [text.format(schema[key]) for key, text in _NOTES.items() if key in schema]
    if optional and "default" in schema:
        notes.append(f"default {json.dumps(schema['default'], ensure_ascii=False)}")
    examples = (json.dumps(example, ensure_ascii=False) for example in schema.get("examples", ()))
    return [*notes, *(f"for example {example}" for example in examples)]


def _security(scheme: Object) -> tuple[str, str]:
    where = (
        f"{scheme['in']} {scheme['name']}" if scheme["type"] == "httpApiKey" else f"HTTP {scheme['scheme']}"
    )
    return where, scheme.get("description", "")


def _tags(value: Object) -> list[str]:
    return [tag["name"] for tag in value.get("tags", ())]


def _last(reference: Object) -> str:
    return str(reference["$ref"]).rpartition("/")[2]
