"""The handshake of a WebSocket, as the HTTP request that Django's and DRF's classes expect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from django.apps import apps
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse

from chanx.core.authenticator import Credential
from chanx.core.ports import Scope

SCHEMES = {"ws": "http", "wss": "https"}
CONTROL = frozenset(map(chr, (*range(32), 127)))
"""What no header can hold."""


class HandshakeRequest(ASGIRequest):
    """
    An HTTP request made of the scope of a WebSocket connection.

    It has path, query, headers, cookies, host, scheme and client address of the handshake; session and
    user come from the scope, or from the session cookie where no middleware has set them. Its
    ``Authorization`` header is the client's own, or made of the first of `credentials` that is there.
    """

    def __init__(self, scope: Scope, *, method: str = "GET", credentials: Sequence[Credential] = ()) -> None:
        query = scope.get("query_string", b"")
        as_http = {
            **scope,
            "method": method,
            "scheme": SCHEMES.get(scope.get("scheme", "ws"), "http"),
            "query_string": _text(query) if isinstance(query, bytes) else query,
            "headers": _with_one_cookie_header(scope.get("headers", ())),
        }
        super().__init__(as_http, BytesIO())
        # What came was a GET: it has no token against forged requests, and the origin is checked around the consumer.
        self._dont_enforce_csrf_checks = True
        if "cookies" in scope:
            self.COOKIES = dict(scope["cookies"])
        if "HTTP_AUTHORIZATION" not in self.META:
            token = next(filter(None, (_token(self, scope, credential) for credential in credentials)), None)
            if token is not None:
                self.META["HTTP_AUTHORIZATION"] = token
        _identify(self, scope)


def path_arguments(scope: Scope) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the positional and the named arguments that the router took out of the path."""
    route: Mapping[str, Any] = scope.get("url_route") or {}
    return tuple(route.get("args", ())), dict(route.get("kwargs", {}))


def _text(query: bytes) -> str:
    try:
        return query.decode()
    except UnicodeDecodeError:
        return query.decode("latin1")


def _with_one_cookie_header(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Join cookie headers by a semicolon: HTTP/2 allows several, and Django would join them by a comma."""
    given = list(headers)
    cookies = [value for name, value in given if name == b"cookie"]
    others = [header for header in given if header[0] != b"cookie"]
    return [*others, (b"cookie", b"; ".join(cookies))] if cookies else others


def _token(request: HttpRequest, scope: Scope, credential: Credential) -> str | None:
    value = _value(request, scope, credential)
    if not value or not CONTROL.isdisjoint(value):
        return None
    # As a header would have come: bytes of UTF-8, read as Latin-1.
    return f"{credential.scheme} {value}".encode(errors="replace").decode("latin1")


def _value(request: HttpRequest, scope: Scope, credential: Credential) -> str | None:
    name = credential.name
    if credential.location == "query":
        return request.GET.get(name)
    if credential.location == "cookie":
        return request.COOKIES.get(name)
    if credential.location == "header":
        # Not request.headers, which would be cached before Authorization is set.
        return request.META.get(f"HTTP_{name.upper().replace('-', '_')}")
    offered: list[str] = list(scope.get("subprotocols") or ())
    follows = offered.index(name) + 1 if name in offered else len(offered)
    return offered[follows] if follows < len(offered) else None


def _identify(request: HttpRequest, scope: Scope) -> None:
    """Set session and user as Django's middleware would, where the apps behind it are installed."""
    if "session" in scope:
        request.session = scope["session"]
    elif apps.is_installed("django.contrib.sessions"):
        from django.contrib.sessions.middleware import SessionMiddleware

        SessionMiddleware(_no_response).process_request(request)
        # Django renews a session that was signed with an old SECRET_KEY; no answer of ours could tell its new cookie.
        vars(request.session)["cycle_key"] = lambda: None
    if "user" in scope:
        request.user = scope["user"]
    elif hasattr(request, "session") and apps.is_installed("django.contrib.auth"):
        from django.contrib.auth.middleware import AuthenticationMiddleware

        AuthenticationMiddleware(_no_response).process_request(request)


def _no_response(
    request: HttpRequest,
) -> HttpResponse:  # pragma: no cover - middleware asks for one, nobody calls it
    raise NotImplementedError
