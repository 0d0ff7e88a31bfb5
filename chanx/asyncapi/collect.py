"""What a document is about: routes, read as channels, operations and frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chanx.asyncapi.documented import DocumentedContract, DocumentedMessage
from chanx.core._schema import WireFormat
from chanx.core.authenticator import Credential
from chanx.core.config import Config
from chanx.core.contract import Contract, Handler, Message
from chanx.messages.base import actions_of
from chanx.messages.outgoing import CompleteMessage, ErrorMessage, PongMessage
from chanx.routing import Route

ANSWERS = {CompleteMessage, PongMessage}
"""Messages of the protocol that only ever answer a frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A message as it stands on one wire, in one direction."""

    message: Message
    format: WireFormat
    incoming: bool
    max_id: int
    """The longest id that a client may give it, or that it may answer; 0 where frames have none."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """Something that the server receives or sends."""

    name: str
    action: Literal["receive", "send"]
    frames: tuple[Frame, ...]
    replies: tuple[Frame, ...] = ()
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    examples: tuple[Any, ...] = ()
    deprecated: bool = False
    streaming: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """A route and what goes on there."""

    route: Route
    name: str
    """What its key is made of."""
    description: str
    tags: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    contract: Contract | None = None
    config: Config | None = None

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """Where a client may put its token."""
        authenticator = self.contract.authenticator if self.contract else None
        declared = authenticator.credentials if authenticator else ()
        return tuple(dict.fromkeys((*declared, *self.route.credentials)))

    @property
    def place(self) -> str:
        """The consumer, for errors."""
        return self.contract.consumer.__qualname__ if self.contract else self.name

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Every frame that may pass."""
        found = (frame for op in self.operations for frame in (*op.frames, *op.replies))
        return tuple(dict.fromkeys(found))


def collect(routes: Iterable[Route]) -> list[Channel]:
    """Read routes as channels, sorted by path, so that the order of routers doesn't matter."""
    return [_channel(route) for route in sorted(routes, key=_order)]


def _order(route: Route) -> tuple[Any, ...]:
    consumer = route.consumer
    return route.path, consumer.__module__ if consumer else "", consumer.__qualname__ if consumer else ""


def _channel(route: Route) -> Channel:
    contract = route.contract
    if contract is None:
        return Channel(route, route.name, route.description)
    plain = isinstance(contract, DocumentedContract)
    config: Config | None = None if plain else contract.consumer.get_config()
    operations = tuple(_Reader(contract, config).operations())
    return Channel(
        route=route,
        name=contract.name,
        description=contract.description,
        tags=contract.tags,
        operations=operations,
        contract=contract,
        config=config,
    )


class _Reader:
    """Reads the operations of one contract."""

    def __init__(self, contract: Contract, config: Config | None) -> None:
        self._contract = contract
        self._ours = config is not None
        self._config = config or Config()
        self._format = WireFormat(self._config.message_action_key, self._config.camelize)

    def operations(self) -> Iterator[Operation]:
        handlers = _once(self._contract.handlers.values())
        for handler in handlers:
            yield self._received(handler)
        yield from self._received_by_protocol()
        sent: set[Message] = set()
        for event in _once(self._contract.events.values()):
            if outgoing := (*event.replies, *event.broadcasts):
                sent.update(outgoing)
                yield self._sent_by(event, outgoing)
        broadcasts = (message for handler in handlers for message in handler.broadcasts)
        pushed = (
            *broadcasts,
            *self._contract.passthrough,
            *self._contract.emits,
            *self._contract.protocol_outgoing,
        )
        for message in dict.fromkeys(pushed):
            if message not in sent and message not in ANSWERS:
                yield self._sent(message)

    def _received(self, handler: Handler) -> Operation:
        return Operation(
            name=handler.name,
            action="receive",
            frames=self._frames(handler.messages, incoming=True),
            replies=self._frames(self._replies(handler)),
            summary=handler.summary,
            description=handler.description,
            tags=handler.tags,
            examples=handler.examples,
            deprecated=handler.deprecated,
            streaming=handler.streaming,
        )

    def _replies(self, handler: Handler) -> list[Message]:
        """List what may answer a frame; `complete` where no declared reply need come, or follows them."""
        if not self._ours:
            return list(handler.replies)
        completes = handler.optional or handler.streaming or self._config.send_completion
        return [*handler.replies, *([CompleteMessage] if completes else []), ErrorMessage]

    def _received_by_protocol(self) -> Iterator[Operation]:
        complete = [CompleteMessage] if self._config.send_completion else []
        for message in self._contract.protocol_incoming:
            action = actions_of(message)[0]
            answers = [PongMessage, *complete] if action == "ping" else [CompleteMessage]
            yield Operation(
                name=action,
                action="receive",
                frames=self._frames([message], incoming=True),
                replies=self._frames([*answers, ErrorMessage]),
                summary=summary_of(message),
            )

    def _sent_by(self, handler: Handler, messages: Sequence[Message]) -> Operation:
        return Operation(
            name=handler.name,
            action="send",
            frames=self._frames(messages),
            summary=handler.summary,
            description=handler.description,
            tags=handler.tags,
            examples=handler.examples,
            deprecated=handler.deprecated,
            streaming=handler.streaming,
        )

    def _sent(self, message: Message) -> Operation:
        name = f"send_{'_or_'.join(actions_of(message))}"
        return Operation(
            name=name, action="send", frames=self._frames([message]), summary=summary_of(message)
        )

    def _frames(self, messages: Iterable[Message], *, incoming: bool = False) -> tuple[Frame, ...]:
        max_id = self._config.max_id_bytes if self._ours else 0
        return tuple(
            Frame(message, self._format_of(message), incoming, max_id) for message in dict.fromkeys(messages)
        )

    def _format_of(self, message: Message) -> WireFormat:
        return WireFormat(message.key) if issubclass(message, DocumentedMessage) else self._format


def _once(handlers: Iterable[Handler]) -> list[Handler]:
    """Leave out repetitions: a handler is listed once for each of its actions."""
    return list({handler.name: handler for handler in handlers}.values())


def summary_of(message: Message) -> str:
    """Return the first line of a message's docstring."""
    return (message.__doc__ or "").strip().partition("\n")[0]
