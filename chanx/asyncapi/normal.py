"""Documents that are written by hand, in the form of those that are made here."""

from __future__ import annotations

import re
from typing import Any

from chanx.asyncapi.pointers import DATA, NAMED, follow
from chanx.core.errors import DocumentError

Object = dict[str, Any]


def normal_form(document: Object) -> Object:
    """
    Write a document so that messages, schemas and security schemes all stand in components, with nothing left out.

    Messages have one key in their channels and in components. Schemas of other languages than JSON schema, and those of other
    files, are shown as any value.

    Raises:
        DocumentError: It is no AsyncAPI 3 document, or a reference leads nowhere.
    """
    try:
        return _Writer(document).document()
    except (AttributeError, KeyError, TypeError) as error:
        raise DocumentError(f"The document isn't as AsyncAPI asks: {error!r}. Validate it.") from error


class _Writer:
    """Writes one document anew."""

    def __init__(self, document: Object) -> None:
        self._document = document
        self._components: dict[str, Object] = {"messages": {}, "schemas": {}, "securitySchemes": {}}
        self._names: dict[tuple[str, int], str] = {}

    def document(self) -> Object:
        channels = {
            str(key): self._follow(value) for key, value in self._document.get("channels", {}).items()
        }
        keys = {id(channel): key for key, channel in channels.items()}
        return {
            **self._document,
            "servers": {
                key: self._secured(self._follow(each))
                for key, each in self._document.get("servers", {}).items()
            },
            "channels": {key: self._channel(key, channel) for key, channel in channels.items()},
            "operations": {
                str(key): self._operation(self._follow(each), keys)
                for key, each in self._document.get("operations", {}).items()
            },
            "components": self._components,
        }

    def _follow(self, value: Any) -> Any:
        return follow(self._document, value)

    def _channel(self, key: str, channel: Object) -> Object:
        bindings = self._follow(channel.get("bindings", {}))
        ws = self._follow(bindings.get("ws", {}))
        described = {
            name: self._end(self._schema(ws[name], f"{key}_{name}"))
            for name in ("query", "headers")
            if name in ws
        }
        messages = [self._message(each, name) for name, each in channel.get("messages", {}).items()]
        return {
            "title": key,
            **channel,
            "address": channel.get("address") or key,
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            "parameters": {
                name: self._parameter(each) for name, each in channel.get("parameters", {}).items()
            },
            "bindings": {**bindings, "ws": {**ws, **described}},
        }

    def _parameter(self, value: Any) -> Object:
        parameter: Object = self._follow(value)
        enum = {"enum": parameter["enum"]} if "enum" in parameter else {}
        return {
            **parameter,
            "x-schema": self._end(self._schema(parameter.get("x-schema", {"type": "string", **enum}), "")),
        }

    def _operation(self, operation: Object, keys: dict[int, str]) -> Object:
        channel = self._follow(operation["channel"])
        written = {
            **self._secured(operation),
            "channel": {"$ref": f"#/channels/{keys[id(channel)]}"},
            "messages": self._messages(operation, channel, keys),
        }
        if "reply" in operation:
            reply = self._follow(operation["reply"])
            elsewhere = self._follow(reply.get("channel", channel))
            written["reply"] = {**reply, "messages": self._messages(reply, elsewhere, keys)}
        return written

    def _messages(self, holder: Object, channel: Object, keys: dict[int, str]) -> list[Object]:
        named = channel.get("messages", {})
        names = {id(self._follow(each)): name for name, each in named.items()}
        chosen = [self._follow(each) for each in holder.get("messages", named.values())]
        found = [self._message(each, names.get(id(each), "message")) for each in chosen]
        return [{"$ref": f"#/channels/{keys[id(channel)]}/messages/{name}"} for name in found]

    def _message(self, value: Any, key: str) -> str:
        """Put a message into components, once, and return its key there."""
        message = self._follow(value)
        name, new = self._name("messages", message, key)
        if new:
            examples = [each for each in message.get("examples", []) if "payload" in each]
            written = {"name": key, **message, "examples": examples}
            written["payload"] = self._schema(message.get("payload", {}), f"{name}_payload")
            if "correlationId" in message:
                written["correlationId"] = self._follow(message["correlationId"])
            self._components["messages"][name] = written
        return name

    def _secured(self, holder: Object) -> Object:
        return {**holder, "security": [self._security(each) for each in holder.get("security", [])]}

    def _security(self, value: Any) -> Object:
        scheme = self._follow(value)
        name, _ = self._name("securitySchemes", scheme, str(scheme["type"]), value)
        if scheme["type"] != "httpApiKey":
            self._components["securitySchemes"][name] = {"scheme": scheme["type"], **scheme}
        return {"$ref": f"#/components/securitySchemes/{name}"}

    def _name(self, kind: str, value: Object, wanted: str, reference: Any = None) -> tuple[str, bool]:
        """Name a component; say whether it is new."""
        known = self._names.get((kind, id(value)))
        if known is not None:
            return known, False
        if isinstance(reference, dict) and "$ref" in reference:
            wanted = str(reference["$ref"]).rpartition("/")[2]
        names = (wanted, *(f"{wanted}{number}" for number in range(2, len(self._names) + 3)))
        name = next(each for each in names if each not in self._components[kind])
        self._names[kind, id(value)] = name
        self._components[kind][name] = value
        return name, True

    def _end(self, schema: Any) -> Any:
        """Return what a reference into the new components leads to."""
        return follow({"components": self._components}, schema)

    def _schema(self, schema: Any, wanted: str) -> Any:
        """Copy a schema, and put what it refers to into components."""
        if not isinstance(schema, dict):
            return {}
        if "schemaFormat" in schema:
            known = re.search("json|vnd.aai.asyncapi", str(schema["schemaFormat"]))
            return self._schema(schema["schema"], wanted) if known else {}
        if "$ref" in schema:
            return {**schema, **self._reference(str(schema["$ref"]))}
        return {key: self._part(key, value) for key, value in schema.items()}

    def _reference(self, reference: str) -> Object:
        if not reference.startswith("#"):
            return {"$ref": self._any()}
        target = self._follow({"$ref": reference})
        if not isinstance(target, dict):
            return {"$ref": self._any()}
        name, new = self._name("schemas", target, reference.rpartition("/")[2])
        if new:
            self._components["schemas"][name] = self._schema(target, name)
        return {"$ref": f"#/components/schemas/{name}"}

    def _any(self) -> str:
        self._components["schemas"].setdefault("Any", {"title": "any value"})
        return "#/components/schemas/Any"

    def _part(self, key: str, value: Any) -> Any:
        if key in DATA or not isinstance(value, (dict, list)):
            return value
        if key in NAMED and isinstance(value, dict):
            return {name: self._schema(each, str(name)) for name, each in value.items()}
        if isinstance(value, dict):
            return self._schema(value, key)
        return [self._schema(each, key) if isinstance(each, (dict, bool)) else each for each in value]
