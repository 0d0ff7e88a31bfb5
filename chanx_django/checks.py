"""System checks of the settings; those of the routes are in `_route_checks`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.layers import InMemoryChannelLayer
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

from chanx.core.config import OPTION_NAMES, Config
from chanx.core.errors import ConfigurationError
from chanx_django import _route_checks
from chanx_django.settings import SETTING_NAMES, DocumentSettings, project_settings


def register_checks() -> None:
    """Register all checks; ``check --tag channels`` runs those that import the ASGI application."""
    register(check_settings, "chanx")
    register(check_channel_layers, "chanx")
    register(_route_checks.check_application, "chanx", "channels")
    register(_route_checks.check_authentication, "chanx", "channels", deploy=True)


def check_settings(**_: Any) -> list[CheckMessage]:
    """Find keys of ``CHANX`` that don't exist, and values that can't be."""
    try:
        chosen = project_settings()
    except ConfigurationError as error:
        return [Error(str(error), id="chanx.E002")]
    return [message for key, value in chosen.items() for message in _check_setting(key, value)]


def check_channel_layers(**_: Any) -> list[CheckMessage]:
    """Find channel layers that lose messages or close connections in production."""
    layers: Mapping[str, Mapping[str, Any]] = getattr(settings, "CHANNEL_LAYERS", {})
    return [message for alias, options in layers.items() for message in _check_layer(alias, options)]


def _check_setting(key: Any, value: Any) -> Iterator[CheckMessage]:
    if key not in SETTING_NAMES:
        near = get_close_matches(str(key).upper(), SETTING_NAMES, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(sorted(SETTING_NAMES))}."
        yield Error(f"CHANX has no setting {key!r}.", hint=hint, id="chanx.E001")
        return
    field = key.lower()
    try:
        (Config if field in OPTION_NAMES else DocumentSettings)(**{field: value})
    except ConfigurationError as error:
        yield Error(f"CHANX: {error}", id="chanx.E002")
    if field == "camelize" and value and find_spec("humps") is None:
        yield _route_checks.pyhumps_is_missing("CHANX has CAMELIZE=True")


def _check_layer(alias: str, options: Mapping[str, Any]) -> Iterator[CheckMessage]:
    try:
        backend = import_string(options["BACKEND"])
    except (ImportError, KeyError):
        return  # Channels says so when it is used.
    if issubclass(backend, InMemoryChannelLayer) and not settings.DEBUG:
        yield Warning(
            f"CHANNEL_LAYERS[{alias!r}] is in memory: other processes get nothing that is sent through it.",
            hint="Use channels_redis.pubsub.RedisPubSubChannelLayer in production (extra: chanx[redis]).",
            id="chanx.W002",
        )
    if find_spec("channels_redis") is not None:
        yield from _check_redis_layer(alias, backend, options.get("CONFIG", {}))


def _check_redis_layer(alias: str, backend: type[Any], config: Mapping[str, Any]) -> Iterator[CheckMessage]:
    from channels_redis.core import RedisChannelLayer
    from channels_redis.utils import decode_hosts

    if not issubclass(backend, RedisChannelLayer):
        return
    wait = backend.brpop_timeout
    timeouts = [_socket_timeout(host) for host in decode_hosts(config.get("hosts"))]
    short = [timeout for timeout in timeouts if timeout is not None and timeout <= wait]
    if short:
        yield Warning(
            f"CHANNEL_LAYERS[{alias!r}] waits {wait} s for messages, and its socket times out after {short[0]:g} s: "
            "connections that receive nothing for so long are closed.",
            hint=(
                "Use channels_redis.pubsub.RedisPubSubChannelLayer, or give each of its hosts a longer timeout: "
                f"{{'address': 'redis://...', 'socket_timeout': {wait * 3}}}."
            ),
            id="chanx.W003",
        )


def _socket_timeout(host: Mapping[str, Any]) -> float | None:
    """Read the timeout of a connection as redis-py will: the address wins, then the option, then its default."""
    from redis.asyncio.connection import AbstractConnection

    query = parse_qs(urlsplit(str(host.get("address", ""))).query)
    if "socket_timeout" in query:
        return float(query["socket_timeout"][-1])
    default = inspect.signature(AbstractConnection.__init__).parameters["socket_timeout"].default
    timeout: float | None = host.get("socket_timeout", default)
    return timeout
