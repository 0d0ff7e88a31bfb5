"""The AsyncAPI document of a Django project: settings, routes and servers put together."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from channels.routing import get_default_application
from django.core.signals import setting_changed
from django.http import HttpRequest

from chanx.asyncapi import Server, generate, to_json, to_yaml
from chanx_django.discovery import DjangoRouteDiscovery
from chanx_django.settings import chanx_settings

DEFAULT_URL = "ws://localhost:8000"
WRITERS = {"json": to_json, "yaml": to_yaml}
_generating = threading.RLock()


@dataclass(frozen=True, slots=True)
class DocumentOptions:
    """What goes before the settings; None leaves it to them."""

    title: str | None = None
    version: str | None = None
    """The version of the project's interface."""
    description: str | None = None
    spec_version: str | None = None
    server_url: str | None = None
    discovery_class: type[DjangoRouteDiscovery] = DjangoRouteDiscovery


def build_document(options: DocumentOptions, request: HttpRequest | None = None) -> dict[str, Any]:
    """
    Make the document of the project; made anew only when options or settings differ.

    The server is that of the options, else of ``ASYNCAPI_SERVER_URL``, else of ``WEBSOCKET_BASE_URL``, else the one
    that the request came to, else ``ws://localhost:8000``.

    Raises:
        ChanxError: Something is declared or set wrongly.
        ImproperlyConfigured: There is no ASGI application.
    """
    return _with_server(_document(_filled(options)), server_of(options, request))


def document_text(options: DocumentOptions, request: HttpRequest | None, kind: str) -> str:
    """Write the document of the project as ``json`` or ``yaml``; made anew only when options, settings or server differ."""
    return _text(_filled(options), server_of(options, request), kind)


def server_of(options: DocumentOptions, request: HttpRequest | None = None) -> Server:
    """
    Choose the server that a document names.

    Raises:
        ConfigurationError: The URL of the options or of the settings is none.
        DisallowedHost: The request names a host that isn't in ``ALLOWED_HOSTS``.
    """
    if options.server_url is not None:
        return Server.from_url(options.server_url)
    protocol = chanx_settings.ASYNCAPI_SERVER_PROTOCOL
    url = chanx_settings.ASYNCAPI_SERVER_URL or chanx_settings.WEBSOCKET_BASE_URL
    if url is None and request is not None:
        scheme = "wss" if request.is_secure() else "ws"
        url = f"{scheme}://{request.get_host()}{request.META.get('SCRIPT_NAME', '')}"
    return Server.from_url(url or DEFAULT_URL, protocol)


def _filled(options: DocumentOptions) -> DocumentOptions:
    """Fill in the settings."""
    settings = chanx_settings.document()
    return DocumentOptions(
        title=settings.asyncapi_title if options.title is None else options.title,
        version=settings.asyncapi_version if options.version is None else options.version,
        description=settings.asyncapi_description if options.description is None else options.description,
        spec_version=options.spec_version or settings.asyncapi_spec_version,
        discovery_class=options.discovery_class,
    )


def _document(options: DocumentOptions) -> dict[str, Any]:
    with _generating:
        return _generated(options, get_default_application())


@lru_cache(maxsize=8)
def _generated(options: DocumentOptions, application: Any) -> dict[str, Any]:
    info = {"title": options.title, "version": options.version}
    if options.description:
        info["description"] = options.description
    routes = options.discovery_class(application).discover_routes()
    # A server of any host: it is replaced for each request.
    servers = {"default": Server("localhost")}
    return generate(routes, info=info, servers=servers, spec_version=str(options.spec_version))


def _with_server(document: dict[str, Any], server: Server) -> dict[str, Any]:
    security = {key: value for key, value in document["servers"]["default"].items() if key == "security"}
    return {**document, "servers": {"default": {**server.as_object(), **security}}}


@lru_cache(maxsize=16)
def _text(options: DocumentOptions, server: Server, kind: str) -> str:
    return WRITERS[kind](_with_server(_document(options), server))


def _forget(**_: object) -> None:
    _generated.cache_clear()
    _text.cache_clear()


setting_changed.connect(_forget, dispatch_uid="chanx.asyncapi")
