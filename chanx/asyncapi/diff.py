"""What changed between two documents, and whom that breaks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chanx.asyncapi.alternatives import Object
from chanx.asyncapi.change import Change, Direction, Side
from chanx.asyncapi.compare_schemas import Difference, SchemaComparison
from chanx.asyncapi.pairs import pairs
from chanx.asyncapi.wire_view import Request, WireChannel, WireMessage, WireView
from chanx.core.errors import DocumentError

Sides = tuple[Side, ...]
BOTH: Sides = ("client", "server")


def diff(old: Object, new: Object) -> list[Change]:
    """
    List what changed on the wire from an old document to a new one.

    Channels are told by address, messages by what names them in a frame; components and operations may be renamed. Texts,
    examples and defaults don't count.

    Raises:
        DocumentError: One of them is no AsyncAPI document, or a reference leads nowhere.
    """
    for document in (old, new):
        if not str(document.get("asyncapi", "")).startswith("3."):
            raise DocumentError("There is no 'asyncapi: 3.…' in it: this is no AsyncAPI 3 document.")
    try:
        return sorted(set(_Differ(old, new).changes()))
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise DocumentError(
            f"The documents can't be compared: {error!r}. Validate them first: one isn't as AsyncAPI asks."
        ) from error


@dataclass(frozen=True, slots=True)
class _Place:
    """Where changes are found."""

    address: str
    direction: Direction = ""
    action: str = ""

    def change(self, code: str, message: str, breaks: Sides = (), path: str = "") -> Change:
        return Change(self.address, self.direction, self.action, path, code, message, breaks)


class _Differ:
    def __init__(self, old: Object, new: Object) -> None:
        self._old, self._new = WireView(old), WireView(new)
        self._sent = SchemaComparison(old, new, sent=True)
        self._received = SchemaComparison(old, new, sent=False)

    def changes(self) -> Iterator[Change]:
        yield from _security(_Place(""), self._old.server_security(), self._new.server_security())
        paired, removed, added = pairs(
            self._old.channels(),
            self._new.channels(),
            [lambda it: (it.address, it.key), lambda it: it.address, _shape, lambda it: it.key],
        )
        for channel in removed:
            yield _Place(channel.address).change("channel-removed", "The channel was removed.", ("client",))
        for channel in added:
            yield _Place(channel.address).change("channel-added", "The channel was added.", ("server",))
        for one, other in paired:
            yield from self._channel(one, other)

    def _channel(self, old: WireChannel, new: WireChannel) -> Iterator[Change]:
        place = _Place(new.address)
        if _shape(old) != _shape(new):
            yield place.change("address-changed", f"The address was {old.address}.", BOTH)
        yield from self._handshake(place, old, new)
        paired, removed, added = pairs(old.requests, new.requests, [_full_of_request, _action_of_request])
        for request in removed:
            at = _Place(new.address, "send", request.message.action)
            yield at.change("operation-removed", "It is accepted no more.", ("client",))
        for request in added:
            at = _Place(new.address, "send", request.message.action)
            yield at.change("operation-added", "It is accepted now.", ("server",))
        for one, other in paired:
            yield from self._request(_Place(new.address, "send", other.message.action), one, other)
        yield from self._received_messages(new.address, old.received, new.received)
        secured = [(one.security, other.security) for one, other in paired]
        yield from _channel_security(place, secured, [request.message.action for _, request in paired])

    def _handshake(self, place: _Place, old: WireChannel, new: WireChannel) -> Iterator[Change]:
        if _shape(old) == _shape(new):
            for one, other in zip(old.parameters, new.parameters, strict=False):
                if one != other:
                    yield place.change("parameter-renamed", f"The parameter {{{one}}} is called {{{other}}}.")
                found = self._sent.differences(old.parameters[one], new.parameters[other], f"{{{other}}}")
                yield from _schema_changes(place, found, sent=True)
        for part in ("query", "headers"):
            empty = {"type": "object"}
            found = self._sent.differences(old.binding.get(part, empty), new.binding.get(part, empty), part)
            yield from _schema_changes(place, found, sent=True)
        for name, side in (("x-subprotocols", True), ("x-close-codes", False)):
            before, after = set(old.binding.get(name, ())), set(new.binding.get(name, ()))
            what = "subprotocol" if side else "close code"
            code = what.replace(" ", "-")
            for each in sorted(before - after):
                text = f"The {what} {each} was removed."
                yield place.change(f"{code}-removed", text, ("client",) if side else ())
            for each in sorted(after - before):
                text = f"The {what} {each} was added."
                yield place.change(f"{code}-added", text, ("server",) if side else ())

    def _request(self, place: _Place, old: Request, new: Request) -> Iterator[Change]:
        yield from self._message(place, old.message, new.message, self._sent)
        if old.streaming != new.streaming:
            text = (
                "It is answered by a stream now." if new.streaming else "It is answered by a stream no more."
            )
            yield place.change("streaming-changed", text, BOTH)
        if old.deprecated != new.deprecated:
            yield _deprecated(place, new.deprecated)
        _, removed, added = pairs(old.replies, new.replies, [_full, _action])
        first = not old.replies
        none = not new.replies
        for reply in removed:
            sides: Sides = BOTH if none else ("server",)
            yield place.change("reply-removed", f"It is answered by {reply.action!r} no more.", sides)
        for reply in added:
            sides = BOTH if first else ("client",)
            yield place.change("reply-added", f"It may be answered by {reply.action!r} now.", sides)

    def _received_messages(
        self, address: str, old: Iterable[WireMessage], new: Iterable[WireMessage]
    ) -> Iterator[Change]:
        paired, removed, added = pairs(list(old), list(new), [_full, _action])
        for message in removed:
            at = _Place(address, "receive", message.action)
            yield at.change("message-removed", "It is sent no more.", ("client",))
        for message in added:
            at = _Place(address, "receive", message.action)
            yield at.change(
                "message-added", "It may be sent now; clients pass over what they don't know.", ("server",)
            )
        for one, other in paired:
            yield from self._message(_Place(address, "receive", other.action), one, other, self._received)

    def _message(
        self, place: _Place, old: WireMessage, new: WireMessage, schemas: SchemaComparison
    ) -> Iterator[Change]:
        if old.key != new.key:
            yield place.change(
                "action-key-changed", f"It is named by {new.key!r}, and was by {old.key!r}.", BOTH
            )
        if old.content_type != new.content_type:
            text = f"Its content type is {new.content_type!r}, and was {old.content_type!r}."
            yield place.change("content-type-changed", text, BOTH)
        if old.correlation != new.correlation:
            text = f"Its correlation id is at {new.correlation!r}, and was at {old.correlation!r}."
            sides: Sides = (
                ("server",) if not old.correlation else ("client",) if not new.correlation else BOTH
            )
            yield place.change("correlation-changed", text, sides)
        if old.deprecated != new.deprecated:
            yield _deprecated(place, new.deprecated)
        sent = schemas is self._sent
        yield from _schema_changes(place, schemas.differences(old.payload, new.payload), sent=sent)
        yield from _schema_changes(place, schemas.differences(old.headers, new.headers, "headers"), sent=sent)


def _schema_changes(place: _Place, found: Iterable[Difference], *, sent: bool) -> Iterator[Change]:
    """Say whom differences break: what clients send must not become narrower, nor what they receive wider."""
    for each in found:
        client, server = (each.narrower, each.wider) if sent else (each.wider, each.narrower)
        sides: Sides = (*(("client",) if client else ()), *(("server",) if server else ()))
        yield place.change(each.code, f"It {each.message}.", sides, each.path)


def _channel_security(
    place: _Place, secured: list[tuple[frozenset[str], frozenset[str]]], actions: list[str]
) -> Iterator[Change]:
    """Tell once what changed for all operations alike."""
    if len(set(secured)) == 1:
        yield from _security(place, *secured[0])
        return
    for (old, new), action in zip(secured, actions, strict=True):
        yield from _security(_Place(place.address, "send", action), old, new)


def _security(place: _Place, old: frozenset[str], new: frozenset[str]) -> Iterator[Change]:
    """Compare what clients may choose from to prove who they are; without a choice they need not."""
    for scheme in sorted(old - new):
        sides: Sides = ("client",) if new else ("server",)
        yield place.change("security-removed", f"The security scheme {scheme} was removed.", sides)
    for scheme in sorted(new - old):
        sides = ("server",) if old else ("client",)
        yield place.change("security-added", f"The security scheme {scheme} was added.", sides)


def _deprecated(place: _Place, now: bool) -> Change:
    return place.change("deprecated", "It is deprecated now." if now else "It is deprecated no more.")


def _shape(channel: WireChannel) -> str:
    return re.sub(r"\{[^}]*\}", "{}", channel.address)


def _full(message: WireMessage) -> Any:
    return message.key, message.action, str(message.payload)


def _action(message: WireMessage) -> Any:
    return message.action


def _full_of_request(request: Request) -> Any:
    return _full(request.message)


def _action_of_request(request: Request) -> Any:
    return _action(request.message)
