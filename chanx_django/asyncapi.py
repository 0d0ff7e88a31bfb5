"""The AsyncAPI document of a Django project: settings, routes and servers put together."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from channels.routing import get_default_application
from django.core.signals import setting_changed
from django.http import HttpRequest

from chanx.asyncapi import Server, generate, to_json, to_yaml
from chanx.asyncapi.template import from_template
from chanx.core.errors import ConfigurationError, DocumentError
from chanx.routing import Route
from chanx_django._selection import routes_to, selected
from chanx_django.discovery import DjangoRouteDiscovery
from chanx_django.settings import DocumentDict, chanx_settings

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
    document: str | None = None
    """One of ``ASYNCAPI_DOCUMENTS``; the first of them by default."""
    consumers: tuple[tuple[type[Any], str], ...] = ()
    """Consumers with their paths, instead of what the project routes."""
    routes: tuple[Route, ...] = ()
    """Routes, instead of what the project routes."""
    template_file: str | Path | None = None
    """A document written by hand, instead of one that is made; with ``{{ WS_HOST }}`` and ``{{ WS_PROTOCOL }}``."""


@dataclass(frozen=True, slots=True)
class DocumentChoice:
    """One of several documents, for people to choose from."""

    name: str
    """What stands in ``?document=``."""
    title: str


def document_choices() -> tuple[DocumentChoice, ...]:
    """List the documents of ``ASYNCAPI_DOCUMENTS``; none where there is only the one document of all routes."""
    settings = chanx_settings.document()
    return tuple(
        DocumentChoice(name, chosen.get("title", settings.asyncapi_title))
        for name, chosen in settings.asyncapi_documents.items()
    )


def build_document(options: DocumentOptions, request: HttpRequest | None = None) -> dict[str, Any]:
    """
    Make the document of the project; made anew only when options or settings differ.

    The server is that of the options, else those of ``ASYNCAPI_SERVERS``, else that of ``ASYNCAPI_SERVER_URL``, else of
    ``WEBSOCKET_BASE_URL``, else the one that the request came to, else ``ws://localhost:8000``.

    Raises:
        ChanxError: Something is declared or set wrongly.
        ImproperlyConfigured: There is no ASGI application.
    """
    if options.template_file is not None:
        return _from_template(Path(options.template_file), servers_of(options, request))
    return _with_servers(_document(_filled(options)), servers_of(options, request))


def document_text(options: DocumentOptions, request: HttpRequest | None, kind: str) -> str:
    """Write the document of the project as ``json`` or ``yaml``; made anew only when options, settings or server differ."""
    if options.template_file is not None:
        return WRITERS[kind](build_document(options, request))
    servers = tuple(servers_of(options, request).items())
    return _text(_filled(options), servers, kind)


def servers_of(options: DocumentOptions, request: HttpRequest | None = None) -> dict[str, Server]:
    """
    Choose the servers that a document names; forwarded headers count only where Django trusts them.

    Raises:
        ConfigurationError: The URL of the options or of the settings is none.
        DisallowedHost: The request names a host that isn't in ``ALLOWED_HOSTS``.
    """
    server_url = _filled(options).server_url
    if server_url is not None:
        return {"default": Server.from_url(server_url)}
    if several := chanx_settings.ASYNCAPI_SERVERS:
        return {name: Server.of(server) for name, server in several.items()}
    protocol = chanx_settings.ASYNCAPI_SERVER_PROTOCOL
    url = chanx_settings.ASYNCAPI_SERVER_URL or chanx_settings.WEBSOCKET_BASE_URL
    if url is None and request is not None:
        scheme = "wss" if request.is_secure() else "ws"
        url = f"{scheme}://{request.get_host()}{request.META.get('SCRIPT_NAME', '')}"
    return {"default": Server.from_url(url or DEFAULT_URL, protocol)}


def _filled(options: DocumentOptions) -> DocumentOptions:
    """Fill in the settings."""
    settings = chanx_settings.document()
    several = settings.asyncapi_documents
    name = options.document
    if name is None and not (options.consumers or options.routes or options.template_file):
        name = next(iter(several), None)
    if name is not None and name not in several:
        known = ", ".join(several) or "none yet"
        raise ConfigurationError(
            f"ASYNCAPI_DOCUMENTS has no document {name!r}. Add it there, or use one of: {known}."
        )
    chosen: DocumentDict = several[name] if name is not None else {}
    title = chosen.get("title", settings.asyncapi_title)
    version = chosen.get("version", settings.asyncapi_version)
    description = chosen.get("description", settings.asyncapi_description)
    return replace(
        options,
        title=title if options.title is None else options.title,
        version=version if options.version is None else options.version,
        description=description if options.description is None else options.description,
        spec_version=options.spec_version or chosen.get("spec_version", settings.asyncapi_spec_version),
        server_url=chosen.get("server_url") if options.server_url is None else options.server_url,
        document=name,
    )


def _document(options: DocumentOptions) -> dict[str, Any]:
    with _generating:
        # Without the server, which is put in afterwards.
        application = None if options.consumers or options.routes else get_default_application()
        return _generated(replace(options, server_url=None), application)


@lru_cache(maxsize=32)
def _generated(options: DocumentOptions, application: Any) -> dict[str, Any]:
    info = {"title": options.title, "version": options.version}
    if options.description:
        info["description"] = options.description
    # A server of any host: it is replaced for each request.
    servers = {"default": Server("localhost")}
    return generate(
        _routes(options, application),
        info=info,
        servers=servers,
        security_schemes=chanx_settings.ASYNCAPI_SECURITY_SCHEMES,
        spec_version=str(options.spec_version),
    )


def _routes(options: DocumentOptions, application: Any) -> list[Route]:
    if options.routes:
        return list(options.routes)
    if options.consumers:
        return routes_to(options.consumers)
    routes = options.discovery_class(application).discover_routes()
    if options.document is None:
        return routes
    return selected(routes, chanx_settings.ASYNCAPI_DOCUMENTS[options.document], options.document)


def _from_template(file: Path, servers: Mapping[str, Server]) -> dict[str, Any]:
    """Fill in the first server."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{file} can't be read: {error}.") from error
    return from_template(text, file.name, next(iter(servers.values())))


def _with_servers(document: dict[str, Any], servers: Mapping[str, Server]) -> dict[str, Any]:
    security = {key: value for key, value in document["servers"]["default"].items() if key == "security"}
    written = {name: {**server.as_object(), **security} for name, server in servers.items()}
    return {**document, "servers": written}


@lru_cache(maxsize=32)
def _text(options: DocumentOptions, servers: tuple[tuple[str, Server], ...], kind: str) -> str:
    return WRITERS[kind](_with_servers(_document(options), dict(servers)))


def _forget(**_: object) -> None:
    _generated.cache_clear()
    _text.cache_clear()


setting_changed.connect(_forget, dispatch_uid="chanx.asyncapi")
