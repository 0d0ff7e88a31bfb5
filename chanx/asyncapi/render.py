"""A document from channels, schemas and their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from chanx.asyncapi.bindings import address_parameters, ws_binding
from chanx.asyncapi.collect import Channel, Frame, Operation, summary_of
from chanx.asyncapi.dialect import JsonSchema, references, rename_references
from chanx.asyncapi.examples import examples_of
from chanx.asyncapi.name import Names
from chanx.asyncapi.schemas import Schemas
from chanx.asyncapi.security import Security
from chanx.asyncapi.server import Server
from chanx.asyncapi.tags import tagged
from chanx.core.contract import PROTOCOL_OUTGOING
from chanx.messages.base import actions_of
from chanx.messages.incoming import CancelMessage, PingMessage
from chanx.messages.outgoing import PongMessage

Object = dict[str, Any]
PROTOCOL = {PingMessage, PongMessage, CancelMessage, *PROTOCOL_OUTGOING}
"""The messages of the framework itself, marked as ``x-protocol``."""


class Renderer:
    """Writes the objects of one document."""

    def __init__(
        self,
        channels: Sequence[Channel],
        schemas: Schemas,
        names: Names,
        answers: set[Frame],
        security: Security,
    ) -> None:
        self._channels = channels
        self._schemas = schemas
        self._names = names
        self._security = security
        self._answers = answers

    def document(self, *, info: Mapping[str, Any], servers: Mapping[str, Server], version: str) -> Object:
        """Write the whole document."""
        tags = sorted({tag for channel in self._channels for tag in _tags_of(channel)})
        document: Object = {
            "asyncapi": version,
            "info": {**info, **({"tags": _tags(tags)} if tags else {}), "x-generator": "chanx"},
            "defaultContentType": "application/json",
        }
        if servers:
            document["servers"] = {key: self._server(server) for key, server in servers.items()}
        by_key = sorted(self._channels, key=lambda channel: self._names.channels[channel])
        document["channels"] = {self._key(channel): self._channel(channel) for channel in by_key}
        document["operations"] = {
            self._names.operations[operation]: self._operation(channel, operation)
            for channel in by_key
            for operation in channel.operations
        }
        components = self._components(document)
        return {**document, "components": components} if components else document

    def _key(self, channel: Channel) -> str:
        return self._names.channels[channel]

    def _message(self, frame: Frame) -> str:
        """Name the component of a frame: it is that of its schema."""
        return self._names.schemas[self._schemas.frames[frame]]

    def _final(self, schema: JsonSchema) -> JsonSchema:
        renamed: JsonSchema = rename_references(schema, self._names.schemas)
        return renamed

    def _server(self, server: Server) -> Object:
        references = [_reference("components", "securitySchemes", name) for name in self._security.all]
        return {**server.as_object(), **({"security": references} if references else {})}

    def _channel(self, channel: Channel) -> Object:
        route = channel.route
        written: Object = {"address": route.path, "title": channel.name}
        if channel.description:
            written["description"] = channel.description
        names = sorted({self._message(frame) for frame in channel.frames})
        written["messages"] = {name: _reference("components", "messages", name) for name in names}
        if route.parameters:
            parameters = address_parameters(channel, self._schemas)
            for parameter in parameters.values():
                parameter["x-schema"] = self._final(parameter["x-schema"])
            written["parameters"] = parameters
        if channel.tags:
            written["tags"] = _tags(channel.tags)
        binding = ws_binding(channel, self._schemas)
        if "query" in binding:
            binding["query"] = self._final(binding["query"])
        written["bindings"] = {"ws": binding}
        return written

    def _operation(self, channel: Channel, operation: Operation) -> Object:
        key = self._key(channel)
        written: Object = {"action": operation.action, "channel": _reference("channels", key)}
        for name in ("summary", "description"):
            if text := getattr(operation, name):
                written[name] = text
        if tags := dict.fromkeys((*channel.tags, *operation.tags)):
            written["tags"] = _tags(tags)
        if names := self._security.names_for(channel):
            written["security"] = [_reference("components", "securitySchemes", name) for name in names]
        written["messages"] = self._messages(key, operation.frames)
        if operation.replies:
            messages = self._messages(key, operation.replies)
            written["reply"] = {"channel": _reference("channels", key), "messages": messages}
        if operation.deprecated:
            written["x-deprecated"] = True
        if operation.streaming:
            written["x-streaming"] = True
        return written

    def _messages(self, channel: str, frames: Iterable[Frame]) -> list[Object]:
        names = dict.fromkeys(self._message(frame) for frame in frames)
        return [_reference("channels", channel, "messages", name) for name in names]

    def _components(self, document: Object) -> Object:
        components: Object = {}
        messages = self._message_components()
        if messages:
            components["messages"] = messages
        if schemas := self._schema_components([document, messages]):
            components["schemas"] = schemas
        if any("correlationId" in message for message in messages.values()):
            components["correlationIds"] = {
                "id": {
                    "description": "The id of a frame; each answer to the frame has it.",
                    "location": "$message.payload#/id",
                }
            }
        if schemes := self._security.schemes:
            components["securitySchemes"] = dict(sorted(schemes.items()))
        return components

    def _message_components(self) -> Object:
        examples: defaultdict[str, dict[bytes, Any]] = defaultdict(dict)
        frames: dict[str, Frame] = {}
        for channel in self._channels:
            for frame in channel.frames:
                frames.setdefault(self._message(frame), frame)
            for operation in channel.operations:
                for frame, example in examples_of(operation, channel.place):
                    schemas = self._schemas.schemas
                    shown = tagged(example, schemas[self._schemas.frames[frame]], schemas)
                    examples[self._message(frame)].setdefault(to_json(shown), shown)
        return {
            name: self._message_object(name, frames[name], examples[name].values()) for name in sorted(frames)
        }

    def _message_object(self, name: str, frame: Frame, examples: Iterable[Any]) -> Object:
        actions = actions_of(frame.message)
        written: Object = {
            "name": actions[0] if len(actions) == 1 else name,
            "title": self._title(name, frame),
            "contentType": "application/json",
            "payload": _reference("components", "schemas", name),
        }
        if summary := summary_of(frame.message):
            written["summary"] = summary
        if (frame.incoming and frame.max_id) or frame in self._answers:
            written["correlationId"] = _reference("components", "correlationIds", "id")
        if shown := list(examples):
            written["examples"] = [{"payload": example} for example in shown]
        if frame.message in PROTOCOL:
            written["x-protocol"] = True
        if getattr(frame.message, "__deprecated__", None):
            written["x-deprecated"] = True
        return written

    def _title(self, name: str, frame: Frame) -> str:
        title = self._schemas.schemas[self._schemas.frames[frame]].get("title", frame.message.__name__)
        return _retitled(title, name, frame.message.__name__)

    def _schema_components(self, users: Iterable[Any]) -> Object:
        """Write the schemas that something in the document uses."""
        by_name = {name: key for key, name in self._names.schemas.items()}
        found: Object = {}
        waiting = [by_name[name] for user in users for name in _mentioned(user)]
        while waiting:
            key = waiting.pop()
            name = self._names.schemas[key]
            if name not in found:
                schema = self._schemas.schemas[key]
                found[name] = self._final(schema)
                if "title" in schema:
                    found[name]["title"] = _retitled(
                        schema["title"], name, self._schemas.origins[key].place.rpartition(".")[2]
                    )
                waiting.extend(references(schema))
        return dict(sorted(found.items()))


def _retitled(title: str, name: str, default: str) -> str:
    """Keep the titles of different schemas apart: generators of clients merge what is titled alike."""
    _, dash, form = name.partition("-")
    if "[" in title or ("__" in name and title == default):
        return name
    return f"{title}{dash}{form}"


def _mentioned(value: Any) -> Iterable[str]:
    """List the schemas that a part of a document refers to."""
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/components/schemas/"):
            yield reference.rpartition("/")[2]
        for inner in value.values():
            yield from _mentioned(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _mentioned(inner)


def _reference(*parts: str) -> Object:
    return {"$ref": "#/" + "/".join(parts)}


def _tags(tags: Iterable[str]) -> list[Object]:
    return [{"name": tag} for tag in tags]


def _tags_of(channel: Channel) -> Iterable[str]:
    yield from channel.tags
    for operation in channel.operations:
        yield from operation.tags
