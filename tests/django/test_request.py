"""A handshake as an HTTP request."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from chanx.core.authenticator import Credential
from chanx_django.request import HandshakeRequest, path_arguments
from tests.django.handshakes import make_scope


def test_method_path_query_and_headers_are_those_of_the_handshake() -> None:
    scope = make_scope(
        "/ws/rooms/5/",
        query_string=b"page=2&name=caf%C3%A9",
        headers=[(b"user-agent", b"browser"), (b"x-forwarded-for", b"198.51.100.1")],
    )
    request = HandshakeRequest(scope, method="PATCH")
    assert request.method == "PATCH"
    assert request.path == request.path_info == "/ws/rooms/5/"
    assert request.GET.dict() == {"page": "2", "name": "caf\N{LATIN SMALL LETTER E WITH ACUTE}"}
    assert request.META["QUERY_STRING"] == "page=2&name=caf%C3%A9"
    assert request.META["HTTP_USER_AGENT"] == request.headers["User-Agent"] == "browser"
    assert request.META["HTTP_X_FORWARDED_FOR"] == "198.51.100.1"
    assert request.body == b""


def test_the_prefix_under_which_a_project_is_served_is_taken_off() -> None:
    request = HandshakeRequest(make_scope("/site/ws/", root_path="/site"))
    assert (request.path, request.path_info, request.META["SCRIPT_NAME"]) == ("/site/ws/", "/ws/", "/site")


def test_the_clients_address_is_set() -> None:
    request = HandshakeRequest(make_scope(client=("203.0.113.7", 1234)))
    assert (request.META["REMOTE_ADDR"], request.META["REMOTE_PORT"]) == ("203.0.113.7", 1234)


def test_a_client_without_an_address_has_none() -> None:
    """A server behind a Unix socket says None."""
    request = HandshakeRequest(make_scope(client=None, server=None))
    assert "REMOTE_ADDR" not in request.META


@pytest.mark.parametrize(("scheme", "secure"), [("ws", False), ("wss", True)])
def test_a_secure_websocket_is_a_secure_request(scheme: str, secure: bool) -> None:
    request = HandshakeRequest(make_scope(scheme=scheme, headers=[]))
    assert request.is_secure() is secure
    assert request.build_absolute_uri() == f"{'https' if secure else 'http'}://testserver/ws/rooms/"


def test_a_scope_with_the_least_keys_is_enough() -> None:
    request = HandshakeRequest({"type": "websocket", "path": "/", "headers": [(b"host", b"testserver")]})
    assert request.build_absolute_uri() == "http://testserver/"
    assert request.GET == {}


def test_a_query_that_is_no_utf8_is_read_as_latin1() -> None:
    assert (
        HandshakeRequest(make_scope(query_string=b"name=\xe9")).GET["name"]
        == "\N{LATIN SMALL LETTER E WITH ACUTE}"
    )


def test_a_query_may_be_text() -> None:
    assert HandshakeRequest(make_scope(query_string="a=1")).GET["a"] == "1"


def test_cookies_of_the_scope_win_over_the_header() -> None:
    header = [(b"cookie", b"theme=dark")]
    assert HandshakeRequest(make_scope(headers=header)).COOKIES == {"theme": "dark"}
    assert HandshakeRequest(make_scope(headers=header, cookies={"theme": "light"})).COOKIES == {
        "theme": "light"
    }


def test_a_token_becomes_the_authorization_header() -> None:
    request = HandshakeRequest(make_scope(query_string=b"jwt=abc"), credentials=[Credential("jwt", "query")])
    assert request.headers["Authorization"] == "Bearer abc"


def test_without_a_token_there_is_no_authorization_header() -> None:
    request = HandshakeRequest(
        make_scope(), credentials=[Credential("jwt", "query"), Credential("jwt", "subprotocol")]
    )
    assert "Authorization" not in request.headers


def test_without_the_app_of_sessions_there_is_neither_session_nor_user() -> None:
    names = [name for name in settings.INSTALLED_APPS if name != "django.contrib.sessions"]
    apps.set_installed_apps(names)
    try:
        request = HandshakeRequest(make_scope())
    finally:
        apps.unset_installed_apps()
    assert not hasattr(request, "session")
    assert not hasattr(request, "user")


@pytest.mark.django_db
def test_without_a_session_cookie_the_user_is_anonymous() -> None:
    request = HandshakeRequest(make_scope())
    assert request.user == AnonymousUser()
    assert request.session.is_empty()


def test_path_arguments_are_those_of_the_router() -> None:
    scope = make_scope(url_route={"args": ("a",), "kwargs": {"pk": 1}})
    assert path_arguments(scope) == (("a",), {"pk": 1})
    assert path_arguments({"type": "websocket"}) == ((), {})
