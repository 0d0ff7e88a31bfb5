"""Who is on the other side of a connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from chanx.core.ports import Scope
from chanx.messages.base import BaseMessage
from chanx.messages.outgoing import AuthenticationMessage


@dataclass(frozen=True, slots=True)
class Credential:
    """Where a client puts a token, for the authenticator to read and the document to show."""

    name: str
    """The name of the query parameter, header or cookie; for a subprotocol the word before the token."""
    location: Literal["query", "header", "cookie", "subprotocol"]
    scheme: str = "Bearer"
    """The scheme under which the token is handed to authentication classes."""
    description: str = ""


class BaseAuthenticator(ABC):
    """
    Decides whether a connection may stay; made anew for each connection.

    No frame reaches a handler before ``authenticate`` has returned True.
    """

    credentials: ClassVar[Sequence[Credential]] = ()
    """Where the client may put its token."""
    reject_before_accept: ClassVar[bool] = False
    """Authenticate before the handshake is answered, and refuse with an HTTP status instead of a close code."""
    close_code: int = 4401
    """The code that closes a connection which failed."""
    user: Any = None
    """Who was recognised."""

    def __init__(self, send_message: Callable[[BaseMessage], Awaitable[None]]) -> None:
        self.send_message = send_message

    @abstractmethod
    async def authenticate(self, scope: Scope) -> bool:
        """
        Recognise the client of a connection.

        An exception is logged and closes the connection with 4500.
        """

    def result(self) -> AuthenticationMessage | None:
        """Tell the client how it went, after the groups are joined or before the connection is closed."""
        return None
