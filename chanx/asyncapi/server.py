"""The server that a document names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlsplit

from chanx.core.errors import ConfigurationError

_PROTOCOLS = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


@dataclass(frozen=True, slots=True)
class Server:
    """Where the WebSockets of a document are served."""

    host: str
    """The name, and the port where there is one."""
    protocol: str = "ws"
    """``ws`` or ``wss``."""
    pathname: str = ""
    description: str = ""

    @classmethod
    def from_url(cls, url: str, protocol: str | None = None) -> Self:
        """
        Read a URL like ``wss://example.com/prefix``; ``https`` counts as ``wss``, and a bare host is ``ws``.

        Args:
            url: The URL.
            protocol: Use this protocol instead of that of the URL.

        Raises:
            ConfigurationError: It is no such URL.
        """
        parts = urlsplit(url if "://" in url else f"ws://{url}")
        known = _PROTOCOLS.get((protocol or parts.scheme).lower())
        if known is None or not parts.hostname or parts.query or parts.fragment:
            raise ConfigurationError(
                f"{url!r} is no URL of a WebSocket server. Give one like 'wss://example.com'."
            )
        return cls(parts.netloc.rpartition("@")[2], known, parts.path.rstrip("/"))

    @classmethod
    def of(cls, value: Server | str | Mapping[str, Any]) -> Server:
        """
        Read a server as people write it: a URL, or a dict with ``url``, or with ``host`` and ``protocol``.

        Raises:
            ConfigurationError: It is none of them.
        """
        if isinstance(value, Server):
            return value
        if isinstance(value, str):
            return cls.from_url(value)
        if strange := set(value) - {"url", "host", "protocol", "pathname", "description"}:
            raise ConfigurationError(
                f"A server has {min(strange)!r}. Give it url, or host, protocol and pathname; and a description."
            )
        if ("url" in value) == ("host" in value):
            raise ConfigurationError(f"{dict(value)!r} is no server. Give it either a url or a host.")
        read = cls.from_url(value.get("url") or value["host"], value.get("protocol"))
        pathname = value.get("pathname", read.pathname)
        return replace(read, pathname=pathname, description=value.get("description", ""))

    def as_object(self) -> dict[str, Any]:
        """Write it as a Server Object."""
        written = {"host": self.host, "protocol": self.protocol}
        optional = {"pathname": self.pathname, "description": self.description}
        return {**written, **{key: value for key, value in optional.items() if value}}
