"""Who may connect, by the classes of Django REST framework."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client, override_settings
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from chanx.core.authenticator import Credential
from chanx.core.errors import ConfigurationError
from chanx_django import authenticator as authenticator_module
from chanx_django.authenticator import ChanxAuthView, DjangoAuthenticator
from tests.django.handshakes import authenticate, make_scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", password="engine")


@pytest.fixture
def token(ada: User) -> str:
    return Token.objects.create(user=ada).key


@pytest.fixture
def session_cookie(ada: User) -> bytes:
    client = Client()
    client.force_login(ada)
    return f"sessionid={client.cookies['sessionid'].value}".encode()


class ByToken(DjangoAuthenticator):
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]
    credentials = [
        Credential("token", "query", scheme="Token"),
        Credential("X-Token", "header", scheme="Token"),
        Credential("token", "cookie", scheme="Token"),
        Credential("bearer", "subprotocol", scheme="Token"),
    ]


class BySession(DjangoAuthenticator):
    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]


class Anybody(DjangoAuthenticator):
    authentication_classes = []
    permission_classes = [AllowAny]


def payload_of(authenticator: DjangoAuthenticator) -> dict[str, Any]:
    result = authenticator.result()
    assert result is not None
    return result.payload.model_dump()


# --- tokens


async def test_a_token_in_the_authorization_header_is_recognised(ada: User, token: str) -> None:
    scope = make_scope(headers=[(b"authorization", f"Token {token}".encode())])
    authenticator, admitted = await authenticate(ByToken, scope)
    assert admitted
    assert authenticator.user == scope["user"] == ada
    assert payload_of(authenticator) == {"status_code": 200, "status_text": "OK", "data": {"detail": "OK"}}


@pytest.mark.parametrize("place", ["query", "header", "cookie", "subprotocol"])
async def test_a_token_is_read_from_each_place_that_credentials_name(
    place: str, ada: User, token: str
) -> None:
    scopes = {
        "query": make_scope(query_string=f"room=1&token={token}".encode()),
        "header": make_scope(headers=[(b"x-token", token.encode())]),
        "cookie": make_scope(headers=[(b"cookie", f"a=b; token={token}".encode())]),
        "subprotocol": make_scope(subprotocols=["chat.v1", "bearer", token]),
    }
    authenticator, admitted = await authenticate(ByToken, scopes[place])
    assert admitted
    assert authenticator.user == ada


async def test_the_clients_own_authorization_header_wins_over_credentials(token: str) -> None:
    scope = make_scope(headers=[(b"authorization", b"Token wrong")], query_string=f"token={token}".encode())
    authenticator, admitted = await authenticate(ByToken, scope)
    assert not admitted
    assert authenticator.close_code == 4401


async def test_the_first_credential_that_is_there_counts(ada: User, token: str) -> None:
    scope = make_scope(query_string=f"token={token}".encode(), headers=[(b"x-token", b"wrong")])
    assert (await authenticate(ByToken, scope))[1]


@pytest.mark.parametrize(
    "scope",
    [
        make_scope(),
        make_scope(query_string=b"token="),
        make_scope(query_string=b"token=wrong"),
        make_scope(query_string=b"token=a%00b"),
        make_scope(query_string="token=\N{SNOWMAN}".encode()),
        make_scope(query_string=b"token=%F0%9F%98%80"),
        make_scope(query_string=b"token=\xff"),
        make_scope(query_string=b"token=a%0d%0ab"),
        make_scope(query_string=b"token=two words"),
        make_scope(subprotocols=["bearer"]),
        make_scope(subprotocols=None),
        make_scope(headers=[(b"authorization", b"Token \xff\xfe")]),
        make_scope(headers=[(b"x-token", b"\xff\xfe"), (b"\xff", b"\xff")]),
        make_scope(headers=[(b"cookie", b"token=\xff; =; sessionid=\xfe")]),
    ],
    ids=repr,
)
async def test_a_missing_or_wrong_token_closes_with_4401(scope: dict[str, Any]) -> None:
    authenticator, admitted = await authenticate(ByToken, scope)
    assert not admitted
    assert authenticator.close_code == 4401
    assert payload_of(authenticator)["status_code"] == 401
    assert payload_of(authenticator)["status_text"] == "Unauthorized"
    assert "user" not in scope


# --- sessions


async def test_the_session_cookie_is_recognised_without_middleware(ada: User, session_cookie: bytes) -> None:
    authenticator, admitted = await authenticate(BySession, make_scope(headers=[(b"cookie", session_cookie)]))
    assert admitted
    assert authenticator.user == ada


async def test_a_session_of_an_earlier_secret_key_stays_valid(ada: User, session_cookie: bytes) -> None:
    """Django would give it another key, and a handshake cannot tell the client."""
    scope = make_scope(headers=[(b"cookie", session_cookie)])
    with override_settings(SECRET_KEY="a new one", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert (await authenticate(BySession, scope))[1]
        assert (await authenticate(BySession, make_scope(headers=[(b"cookie", session_cookie)])))[1]


async def test_cookies_in_several_headers_are_joined(ada: User, session_cookie: bytes) -> None:
    scope = make_scope(headers=[(b"cookie", b"a=b"), (b"cookie", session_cookie), (b"cookie", b"c=d")])
    assert (await authenticate(BySession, scope))[1]


async def test_the_user_and_session_of_the_scope_are_used(ada: User) -> None:
    session = {"theme": "dark"}

    class Dark(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            return request.session["theme"] == "dark"  # type: ignore[index]

    class ByScope(BySession):
        permission_classes = [IsAuthenticated, Dark]

    authenticator, admitted = await authenticate(ByScope, make_scope(user=ada, session=session))
    assert admitted
    assert authenticator.user is ada


async def test_the_user_is_found_in_the_session_of_the_scope(ada: User, session_cookie: bytes) -> None:
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore(session_cookie.decode().partition("=")[2])
    authenticator, admitted = await authenticate(BySession, make_scope(session=session))
    assert admitted
    assert authenticator.user == ada


async def test_an_unknown_client_gets_drfs_403_and_the_close_code_4401() -> None:
    """SessionAuthentication has no WWW-Authenticate header, so DRF answers 403; a login would help."""
    authenticator, admitted = await authenticate(BySession, make_scope())
    assert not admitted
    assert payload_of(authenticator)["status_code"] == authenticator.status_code == 403
    assert authenticator.close_code == 4401


async def test_a_known_client_without_permission_closes_with_4403(ada: User) -> None:
    class Never(BasePermission):
        message = "Not you."

        def has_permission(self, request: Request, view: APIView) -> bool:
            return False

    class ByScope(BySession):
        permission_classes = [Never]

    scope = make_scope(user=ada)
    authenticator, admitted = await authenticate(ByScope, scope)
    assert not admitted
    assert authenticator.close_code == 4403
    assert payload_of(authenticator) == {
        "status_code": 403,
        "status_text": "Forbidden",
        "data": {"detail": "Not you."},
    }


async def test_where_nobody_can_be_recognised_a_refusal_closes_with_4403() -> None:
    class Closed(DjangoAuthenticator):
        authentication_classes = []
        permission_classes = [IsAuthenticated]

    authenticator, _ = await authenticate(Closed, make_scope())
    assert authenticator.close_code == 4403


async def test_an_inactive_user_closes_with_4401(ada: User, token: str) -> None:
    await User.objects.filter(pk=ada.pk).aupdate(is_active=False)
    authenticator, admitted = await authenticate(ByToken, make_scope(query_string=f"token={token}".encode()))
    assert not admitted
    assert authenticator.close_code == 4401


async def test_an_anonymous_client_that_is_let_in_is_written_to_the_scope() -> None:
    scope = make_scope()
    authenticator, admitted = await authenticate(Anybody, scope)
    assert admitted
    assert isinstance(authenticator.user, AnonymousUser)
    assert scope["user"] is authenticator.user


async def test_a_method_other_than_get_needs_no_csrf_token(ada: User) -> None:
    class Posting(BySession):
        auth_method = "POST"

    authenticator, admitted = await authenticate(Posting, make_scope(user=ada))
    assert admitted
    assert authenticator.request is not None
    assert authenticator.request.method == "POST"


# --- what DRF's settings and classes do


async def test_throttles_of_the_view_tell_clients_apart_by_their_address() -> None:
    class Once(SimpleRateThrottle):
        rate = "1/min"
        cache: Any = None

        def get_cache_key(self, request: Request, view: APIView) -> str:
            return self.get_ident(request)

    class Seen(dict[str, Any]):
        def set(self, key: str, value: Any, duration: int) -> None:
            self[key] = value

    Once.cache = Seen()

    class Throttling(ChanxAuthView):
        throttle_classes = [Once]

    class Throttled(Anybody):
        auth_view_class = Throttling

    assert (await authenticate(Throttled, make_scope(client=("203.0.113.1", 1))))[1]
    assert (await authenticate(Throttled, make_scope(client=("203.0.113.2", 1))))[1]
    authenticator, admitted = await authenticate(Throttled, make_scope(client=("203.0.113.1", 2)))
    assert not admitted
    assert authenticator.close_code == 4429


async def test_an_accept_header_that_no_renderer_meets_refuses_nobody() -> None:
    class JsonOnly(ChanxAuthView):
        renderer_classes = [JSONRenderer]

    class Plain(Anybody):
        auth_view_class = JsonOnly

    assert (
        await authenticate(Plain, make_scope(headers=[(b"accept", b"image/png")], query_string=b"format=png"))
    )[1]


async def test_the_views_own_classes_hold_where_the_authenticator_names_none(ada: User) -> None:
    class Strict(ChanxAuthView):
        authentication_classes = [SessionAuthentication]
        permission_classes = [IsAuthenticated]

    class ByView(DjangoAuthenticator):
        auth_view_class = Strict

    assert not (await authenticate(ByView, make_scope()))[1]
    assert (await authenticate(ByView, make_scope(user=ada)))[1]


async def test_an_exception_of_user_code_propagates() -> None:
    class Broken(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            raise ZeroDivisionError("a secret")

    class Breaking(Anybody):
        permission_classes = [Broken]

    authenticator = Breaking(None)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        await authenticator.authenticate(make_scope())
    assert authenticator.result() is None


async def test_drfs_own_exceptions_decide_status_and_body() -> None:
    class Maintenance(APIException):
        status_code = 503
        default_detail = "Later."

    class Closed(BaseAuthentication):
        def authenticate(self, request: Request) -> None:
            raise Maintenance

    class ByClosed(DjangoAuthenticator):
        authentication_classes = [Closed]

    authenticator, admitted = await authenticate(ByClosed, make_scope())
    assert not admitted
    assert authenticator.close_code == 4503
    assert payload_of(authenticator)["data"] == {"detail": "Later."}


async def test_a_suspicious_request_closes_with_4400_and_no_text() -> None:
    class AsksForHost(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            return bool(request.get_host())

    class ByHost(Anybody):
        permission_classes = [AsksForHost]

    authenticator, admitted = await authenticate(ByHost, make_scope(headers=[(b"x-forwarded-host", b"\xff")]))
    assert admitted
    bad = make_scope()
    bad["headers"] = [(b"host", b"bad host\xff")]
    authenticator, admitted = await authenticate(ByHost, bad)
    assert not admitted
    assert authenticator.close_code == 4400
    assert payload_of(authenticator) == {"status_code": 400, "status_text": "Bad Request", "data": None}


# --- the view's own method


async def test_the_views_own_method_never_runs_by_default() -> None:
    class Deleting(APIView):
        def get(self, request: Request) -> Response:
            raise AssertionError("it ran")

    class ByView(Anybody):
        auth_view_class = Deleting

    assert (await authenticate(ByView, make_scope()))[1]


async def test_the_views_own_method_decides_when_it_is_not_overridden() -> None:
    class Status(APIView):
        def post(self, request: Request, code: int) -> Response:
            return Response({"code": code, "name": request.query_params["name"]}, status=code)

    class ByView(Anybody):
        auth_view_class = Status
        auth_method = "post"
        override_http_methods = False

    authenticator, admitted = await authenticate(
        ByView, make_scope(kwargs={"code": 201}, query_string=b"name=x")
    )
    assert admitted
    assert payload_of(authenticator) == {
        "status_code": 201,
        "status_text": "Created",
        "data": {"code": 201, "name": "x"},
    }
    for code in (302, 402, 404):
        authenticator, admitted = await authenticate(
            ByView, make_scope(kwargs={"code": code}, query_string=b"name=x")
        )
        assert not admitted
        assert authenticator.close_code == 4000 + code


async def test_a_method_that_the_view_lacks_closes_with_4405() -> None:
    class ByView(Anybody):
        override_http_methods = False

    authenticator, admitted = await authenticate(ByView, make_scope())
    assert not admitted
    assert authenticator.close_code == 4405


# --- cost and dependencies


async def test_all_checks_take_one_hop_to_a_thread(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hops = []
    handler = database_sync_to_async.thread_handler
    monkeypatch.setattr(
        database_sync_to_async,
        "thread_handler",
        lambda self, *args, **kwargs: hops.append(1) or handler(self, *args, **kwargs),
    )
    assert (await authenticate(ByToken, make_scope(query_string=f"token={token}".encode())))[1]
    assert len(hops) == 1


def import_without(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import the authenticator once more, as if a module were not installed."""
    monkeypatch.setitem(sys.modules, module, None)
    spec = spec_from_file_location("authenticator_again", authenticator_module.__file__)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(module_from_spec(spec))


def test_a_missing_drf_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"needs Django REST framework\..*chanx\[drf\]"):
        import_without("rest_framework.generics", monkeypatch)


def test_another_missing_module_is_not_taken_for_drf(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModuleNotFoundError, match="_admission"):
        import_without("chanx_django._admission", monkeypatch)
