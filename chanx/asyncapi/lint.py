"""What is wrong with a document, beside what the official parser sees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from chanx.asyncapi.lint_schemas import schema_problems
from chanx.asyncapi.pointers import as_fragment, below, follow, look_up, pointer, references
from chanx.asyncapi.problem import Problem
from chanx.core.errors import DocumentError

Object = dict[str, Any]


def lint(document: Object) -> list[Problem]:
    """
    List what is wrong with a document; it may be written by hand, and may be no AsyncAPI document at all.

    It looks for what the official parser lets pass: run that too for the rest.

    Raises:
        ConfigurationError: The library that validates examples isn't installed.
    """
    broken = list(_reference_problems(document))
    found = [*broken, *_server_problems(document), *_channel_problems(document)]
    found += [*_operation_problems(document), *_component_problems(document)]
    if not broken:
        found += schema_problems(document)
    return sorted(found, key=lambda problem: problem.path)


def objects(value: Any) -> Iterator[tuple[str, Object]]:
    """List the objects in a mapping; where something else stands, the official parser says so."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, dict):
            yield str(key), inner


def _reference_problems(document: Object) -> Iterator[Problem]:
    for place, reference in references(document):
        if reference.startswith("#"):
            try:
                follow(document, {"$ref": reference})
            except DocumentError as error:
                yield Problem(place, str(error), "unresolved-reference")


def _server_problems(document: Object) -> Iterator[Problem]:
    for key, server in objects(document.get("servers")):
        host = server.get("host")
        if isinstance(host, str) and ("/" in host or "?" in host or "#" in host):
            text = f"The host {host!r} has more than a name and a port. Use 'protocol' and 'pathname' for the rest."
            yield Problem(pointer("servers", key, "host"), text, "server-host")


def _channel_problems(document: Object) -> Iterator[Problem]:
    for key, channel in objects(document.get("channels")):
        place = pointer("channels", key)
        if re.search(r"[?#]", key):
            yield Problem(
                place, f"The key {key!r} has a '?' or '#'. Use letters, digits and '_'.", "channel-key"
            )
        address = channel.get("address")
        if not isinstance(address, str):
            continue
        if "://" in address:
            text = f"The address {address!r} has a scheme. The server has it; leave the path here."
            yield Problem(below(place, "address"), text, "address-scheme")
        elif re.search(r"[?#\s]", address):
            text = f"The address {address!r} has more than a path. Describe the query in 'bindings.ws.query'."
            yield Problem(below(place, "address"), text, "address-query")
        yield from _parameter_problems(place, address, channel.get("parameters"))


def _parameter_problems(place: str, address: str, parameters: Any) -> Iterator[Problem]:
    declared = parameters if isinstance(parameters, dict) else {}
    used = dict.fromkeys(re.findall(r"\{([^{}]*)\}", address))
    for name in used:
        if name not in declared:
            text = f"The address has {{{name}}}, and 'parameters' doesn't declare it."
            yield Problem(below(place, "address"), text, "parameter-undeclared")
    for name in declared:
        if name not in used:
            text = f"The parameter {name!r} isn't in the address {address!r}."
            yield Problem(below(place, "parameters", str(name)), text, "parameter-unused")
    for name, parameter in objects(declared):
        allowed = parameter.get("enum")
        if isinstance(allowed, list):
            yield from _value_problems(below(place, "parameters", name), parameter, allowed)


def _value_problems(place: str, parameter: Object, allowed: list[Any]) -> Iterator[Problem]:
    for key, code in (("default", "default"), ("examples", "example")):
        values = parameter.get(key, [])
        for value in values if isinstance(values, list) else [values]:
            if value not in allowed:
                text = f"{value!r} is none of {', '.join(map(repr, allowed))}."
                yield Problem(below(place, key), text, code)


def _operation_problems(document: Object) -> Iterator[Problem]:
    for key, operation in objects(document.get("operations")):
        place = pointer("operations", key)
        channel = operation.get("channel")
        yield from _messages_outside(operation, channel, place)
        if operation.get("messages") == []:
            yield Problem(below(place, "messages"), "The operation has no message.", "no-message")
        reply = operation.get("reply")
        if not isinstance(reply, dict):
            continue
        elsewhere = reply.get("channel", channel)
        yield from _messages_outside(reply, elsewhere, below(place, "reply"))
        if "address" in reply and _address(document, elsewhere) is not None:
            text = "The reply has an address, and its channel has one too. One of them must go."
            yield Problem(below(place, "reply", "address"), text, "reply-address")


def _messages_outside(holder: Object, channel: Any, place: str) -> Iterator[Problem]:
    home = channel.get("$ref") if isinstance(channel, dict) else None
    messages = holder.get("messages")
    for number, message in enumerate(messages if isinstance(messages, list) else ()):
        reference = message.get("$ref") if isinstance(message, dict) else None
        if isinstance(home, str) and not str(reference).startswith(f"{home}/messages/"):
            text = f"The message is not one of {home}/messages. Refer to it there."
            yield Problem(below(place, "messages", number), text, "message-outside-channel")


def _address(document: Object, channel: Any) -> Any:
    try:
        found = follow(document, channel)
    except DocumentError:
        return None
    return found.get("address") if isinstance(found, dict) else None


def _component_problems(document: Object) -> Iterator[Problem]:
    used = _reachable(document)
    for kind, components in objects(document.get("components")):
        for name in components:
            place = pointer("components", kind, str(name))
            if place not in used:
                yield Problem(place, "Nothing in the document uses it.", "component-unused")


def _reachable(document: Object) -> set[str]:
    """List the components that the document outside of them uses, through others too."""
    rest = {key: value for key, value in document.items() if key != "components"}
    waiting = [reference for _, reference in references(rest)]
    found: set[str] = set()
    while waiting:
        component = "/".join(unquote(waiting.pop()).split("/")[:4])
        if component not in found:
            found.add(component)
            waiting.extend(_used_by(document, component))
    return found


def _used_by(document: Object, component: str) -> Iterable[str]:
    try:
        value = look_up(document, as_fragment(component))
    except DocumentError:
        return []
    return [reference for _, reference in references(value)]
