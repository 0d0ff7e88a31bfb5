"""The project's ASGI application."""

from __future__ import annotations

from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.core.handlers.asgi import ASGIHandler
from django.test import override_settings

from chanx.core.errors import ConfigurationError
from chanx_django.utils.asgi import get_websocket_application

router = URLRouter([])
websockets = OriginValidator(AuthMiddlewareStack(router), ["example.com"])
http = ASGIHandler()
by_protocol = ProtocolTypeRouter({"http": http, "websocket": websockets})
http_only = ProtocolTypeRouter({"http": http})


class Tracing:
    """Middleware around the whole application."""

    def __init__(self, app: Any) -> None:
        self.app = app


traced = Tracing(by_protocol)


async def bare(scope: Any, receive: Any, send: Any) -> None:
    raise NotImplementedError


def application(name: str) -> Any:
    with override_settings(ASGI_APPLICATION=f"{__name__}.{name}"):
        return get_websocket_application()


@pytest.mark.parametrize("name", ["by_protocol", "traced"])
def test_it_is_what_the_protocol_router_has_for_websockets(name: str) -> None:
    assert application(name) is websockets


@pytest.mark.parametrize(
    ("name", "expected"), [("router", router), ("websockets", websockets), ("bare", bare)]
)
def test_an_application_that_routes_by_no_protocol_is_it_itself(name: str, expected: Any) -> None:
    assert application(name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("http_only", r"ASGI_APPLICATION='tests\.django\.utils\.test_asgi\.http_only' has no 'websocket'"),
        ("http", "serves HTTP only"),
        ("nothing", r"test_asgi\.nothing' cannot be imported: .*does not define a \"nothing\""),
    ],
)
def test_an_application_without_websockets_is_refused(name: str, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        application(name)


@pytest.mark.parametrize("setting", [None, ""])
def test_a_missing_setting_is_named(setting: str | None) -> None:
    with override_settings(ASGI_APPLICATION=setting), pytest.raises(ConfigurationError, match="is not set"):
        get_websocket_application()


@pytest.mark.parametrize("setting", ["nowhere", "tests.nowhere.application"])
def test_a_missing_module_is_named(setting: str) -> None:
    with (
        override_settings(ASGI_APPLICATION=setting),
        pytest.raises(ConfigurationError, match=f"{setting}' cannot be"),
    ):
        get_websocket_application()
