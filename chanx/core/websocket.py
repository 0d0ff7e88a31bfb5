"""The consumer that users subclass."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Generic

from typing_extensions import TypeVar

from chanx.core._capture import captured
from chanx.core._declarations import defining_frame
from chanx.core._engine import Declared, Engine
from chanx.core._hub import EVENT_TYPE, MESSAGE_TYPE
from chanx.core._order import numbered
from chanx.core._pool import call, pool
from chanx.core._relay import as_groups, publish, required
from chanx.core._schema import CANONICAL
from chanx.core._session import Session
from chanx.core.authenticator import BaseAuthenticator
from chanx.core.config import Config
from chanx.core.contract import Contract
from chanx.core.errors import ContractError
from chanx.core.ports import ChannelLayer, Housekeeping, Receive, Scope, Send
from chanx.messages.base import BaseMessage

EventT = TypeVar("EventT", bound=BaseMessage, default=BaseMessage)


class ContractProperty:
    """Gives each class its own contract, built when it is first asked for."""

    def __get__(self, instance: object, owner: type[WebsocketConsumer[Any]]) -> Contract:
        return owner._declared.contract  # noqa: SLF001 - a part of that class


class WebsocketConsumer(Generic[EventT]):  # public methods: the hooks and calls that users need, in one place
    """
    A WebSocket endpoint: an ASGI application that lives as long as one connection.

    Subclass it, and mark methods with `ws_handler` and `event_handler`. Every option of `Config` can be
    a class attribute. The type argument names the events that may be sent to it.
    """

    contract = ContractProperty()
    """Everything this class accepts and sends."""
    authenticator_class: ClassVar[type[BaseAuthenticator] | None] = None
    """Who may connect; everybody, when it is None."""
    groups: Sequence[str] | None = None
    """The groups that every connection joins."""
    emits: ClassVar[Sequence[Any]] = ()
    """Messages that are sent beside what handlers return."""
    passthrough_events: ClassVar[Sequence[Any]] = ()
    """Events that go to the client as they are."""
    subprotocols: ClassVar[Sequence[str]] = ()
    """The subprotocols that this class speaks; the first offered one that is known is chosen."""
    params: Any = None
    """The parameters of path and query: annotate it with a Pydantic model."""
    housekeeping: ClassVar[Housekeeping | None] = None
    scope: Any
    user: Any = None
    """Who is connected: what the authenticator found, else the user of the scope."""
    authenticator: Any = None
    """The authenticator of this connection."""
    _session: Session
    _declared: ClassVar[Declared]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._declared = Declared(cls, defining_frame())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        self.scope = scope
        self.user = scope.get("user")
        self._session = Session(self, self._engine(), scope, receive, send)
        if self.contract.authenticator is not None:
            self.authenticator = self.contract.authenticator(self.send_message)
        await self._session.run()

    # -- hooks

    async def connect(self) -> None:
        """Answer the handshake, before authentication; override it to refuse by calling `close`."""
        await self.accept()

    async def get_groups(self) -> Iterable[str]:
        """Name the groups to join beside `groups`, when the user and the parameters are known."""
        return ()

    async def post_authentication(self) -> None:
        """Run when the connection is authenticated and in its groups, before its first frame."""

    async def disconnect(self, code: int) -> None:
        """Run when the connection has ended, always; the groups are left already."""

    async def receive_foreign(self, message: dict[str, Any]) -> None:
        """Handle a message of the layer that chanx didn't send."""

    async def run_sync(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a blocking function in one of the framework's own threads."""
        blocking = functools.partial(contextvars.copy_context().run, call, function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(pool, blocking)

    # -- this connection

    @property
    def config(self) -> Config:
        """The options of this connection."""
        return self._session.config

    @property
    def channel_name(self) -> str:
        """The name of this connection's channel in the layer, for `send_event`."""
        return self._session.relay.channel

    async def accept(
        self, subprotocol: str | None = None, headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        """Answer the handshake; the subprotocol is chosen from what the client offers, unless given."""
        await self._session.accept(subprotocol, list(headers))

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """
        End the connection.

        Args:
            code: 1000, or 4000 and an HTTP status; servers don't pass on others.
            reason: At most 123 bytes.
        """
        await self._session.close(code, reason)

    async def send_message(self, message: BaseMessage) -> None:
        """Send a message to this client; after the end of the connection it is dropped."""
        await self._session.send(message)

    async def broadcast_message(
        self,
        message: BaseMessage,
        groups: str | Iterable[str] | None = None,
        *,
        exclude_current: bool = False,
    ) -> None:
        """
        Send a message to the clients of groups; each gets it once.

        Args:
            message: What to send; it is encoded once.
            groups: One name or several; else the groups that this connection is in.
            exclude_current: Leave out this connection.

        Raises:
            ValueError: There is no group.
            LayerMissingError: There is no channel layer.
        """
        relay, wire = self._session.relay, self._session.wire
        frame = {"type": MESSAGE_TYPE, "text": wire.encode(message), "wire": wire.format.fingerprint}
        names = as_groups(groups, relay.groups)
        if not captured(type(self), message, names, exclude_current=exclude_current):
            exclude = relay.name if exclude_current else None
            await publish(relay.layer, names, frame, exclude=exclude)

    async def join_group(self, group: str) -> None:
        """
        Join a group until the connection ends.

        Raises:
            RequestError: The connection is in MAX_SUBSCRIPTIONS groups.
        """
        await self._session.relay.join(group)

    async def leave_group(self, group: str) -> None:
        """Leave a group."""
        await self._session.relay.leave(group)

    # -- from anywhere

    @classmethod
    async def send_event(cls, event: EventT, channel_name: str) -> None:
        """
        Send an event to one connection, by its `channel_name`.

        Raises:
            ContractError: This class handles no such event.
        """
        await required(cls.get_channel_layer()).send(channel_name, numbered(cls._event(event)))

    @classmethod
    async def broadcast_event(cls, event: EventT, groups: str | Iterable[str] | None = None) -> None:
        """
        Send an event to the connections of groups; each handles it once.

        Raises:
            ContractError: This class handles no such event.
            ValueError: There is no group.
        """
        names, frame = as_groups(groups, cls.groups or ()), cls._event(event)
        if not captured(cls, event, names):
            await publish(cls.get_channel_layer(), names, frame)

    @classmethod
    def get_channel_layer(cls) -> ChannelLayer | None:
        """Return the layer of this class."""
        return None

    @classmethod
    def get_config(cls) -> Config:
        """Return the options of this class: the settings, and the class attributes above them."""
        return cls._settings().replace(cls.contract.options)

    @classmethod
    def _settings(cls) -> Config:
        return Config()

    @classmethod
    def _engine(cls) -> Engine:
        return cls._declared.engine(cls.get_config())

    @classmethod
    def _event(cls, event: BaseMessage) -> dict[str, Any]:
        engine = cls._engine()
        if event.action not in engine.passthrough and event.action not in engine.contract.events:
            raise ContractError(
                f"{cls.__qualname__} handles no event {event.action!r}. "
                "Add an @event_handler for it, or list it in passthrough_events."
            )
        text = engine.wire.encode_event(event)
        return {"type": EVENT_TYPE, "action": event.action, "text": text, "wire": CANONICAL.fingerprint}


WebsocketConsumer._declared = Declared(WebsocketConsumer, None)  # noqa: SLF001 - __init_subclass__ skips the class itself
