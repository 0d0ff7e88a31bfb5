"""System checks of the consumers that the project routes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, Literal

import pytest
from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, OriginValidator
from django.core.checks import CheckMessage
from django.core.handlers.asgi import ASGIHandler
from django.test import override_settings

from chanx.core.authenticator import BaseAuthenticator
from chanx.core.decorators import event_handler, ws_handler
from chanx.core.ports import Scope
from chanx.messages.base import BaseMessage
from chanx_django import _route_checks
from chanx_django._route_checks import check_application, check_authentication
from chanx_django.routing import path
from chanx_django.websocket import AsyncJsonWebsocketConsumer


class Renamed(BaseMessage):
    action: Literal["renamed"] = "renamed"


class AllowAll(BaseAuthenticator):
    async def authenticate(self, scope: Scope) -> bool:
        return True


class Plain(AsyncJsonWebsocketConsumer):
    pass


class Foreign(AsyncWebsocketConsumer):
    pass


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of ASGI_APPLICATION; a test sets its `application`."""
    package, module = ModuleType("project"), ModuleType("project.asgi")
    monkeypatch.setitem(sys.modules, "project", package)
    monkeypatch.setitem(sys.modules, "project.asgi", module)
    with override_settings(ASGI_APPLICATION="project.asgi.application"):
        yield module


def guarded(*consumers: Any) -> Any:
    """Return an application that has nothing to be warned of around its consumers."""
    router = URLRouter([path(f"{index}/", consumer) for index, consumer in enumerate(consumers)])
    return ProtocolTypeRouter({"websocket": OriginValidator(AuthMiddlewareStack(router), ["example.com"])})


def run(project: ModuleType, application: Any) -> list[CheckMessage]:
    vars(project)["application"] = application
    return check_application()


def texts(messages: list[CheckMessage]) -> list[tuple[str | None, str]]:
    return [(message.id, message.msg) for message in messages]


def test_a_good_application_passes(project: ModuleType) -> None:
    assert run(project, guarded(Plain, Foreign)) == []


# --- the application itself


def test_a_missing_setting_is_a_warning() -> None:
    (message,) = check_application()
    assert message.id == "chanx.W005"
    assert check_authentication() == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "import nowhere",
            "ASGI_APPLICATION='broken.asgi.application' cannot be imported: No module named 'nowhere'.",
        ),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def", "SyntaxError: invalid syntax (asgi.py, line 1)"),
        (
            "from chanx_django.routing import include; include([]); import json as m; include(m)",
            "json has no WebSocket routes. Define router",
        ),
    ],
)
def test_whatever_fails_in_its_module_is_reported(
    source: str, reason: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "asgi.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken", raising=False)
    with override_settings(ASGI_APPLICATION="broken.asgi.application"):
        (message,) = check_application()
        assert check_authentication() == []
    monkeypatch.delitem(sys.modules, "broken", raising=False)
    assert message.id == "chanx.E004"
    assert message.msg.startswith(f"The ASGI application could not be imported. {reason}")
    assert message.hint == "Import broken.asgi in a shell to see where it fails."


@pytest.mark.parametrize("application", [ASGIHandler(), ProtocolTypeRouter({"http": ASGIHandler()})])
def test_an_application_without_websockets_is_a_warning(project: ModuleType, application: Any) -> None:
    (message,) = run(project, application)
    assert message.id == "chanx.W005"


# --- origins


class Tracing:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raise NotImplementedError


def test_consumers_without_an_origin_validator_are_named(project: ModuleType) -> None:
    application = AuthMiddlewareStack(URLRouter([path("a/", Plain), path("b/", Foreign), path("c/", Plain)]))
    ((identity, text),) = texts(run(project, ProtocolTypeRouter({"websocket": application})))
    assert identity == "chanx.W001"
    assert text.endswith(f"to {__name__}.Plain, {__name__}.Foreign.")


def test_an_origin_validator_may_stand_anywhere_on_the_way(project: ModuleType) -> None:
    def validated(application: Any) -> Any:
        return OriginValidator(application, ["example.com"])

    ways = [
        validated(Tracing(AuthMiddlewareStack(URLRouter([path("a/", Plain)])))),
        Tracing(AuthMiddlewareStack(validated(URLRouter([path("a/", Plain)])))),
        URLRouter(
            [path("a/", validated(Plain.as_asgi())), path("b/", validated(URLRouter([path("", Plain)])))]
        ),
    ]
    for way in ways:
        assert run(project, ProtocolTypeRouter({"websocket": way})) == []


def test_a_validator_on_one_route_is_none_for_the_next(project: ModuleType) -> None:
    validated = OriginValidator(Plain.as_asgi(), ["example.com"])
    ((identity, text),) = texts(run(project, URLRouter([path("a/", validated), path("b/", Foreign)])))
    assert identity == "chanx.W001"
    assert text.endswith(f"to {__name__}.Foreign.")


def test_an_application_that_is_no_consumer_is_named_too(project: ModuleType) -> None:
    async def bare(scope: Any, receive: Any, send: Any) -> None:
        raise NotImplementedError

    assert "bare" in texts(run(project, URLRouter([path("a/", bare), path("b/", Tracing(None))])))[0][1]


def test_a_router_within_itself_ends(project: ModuleType) -> None:
    router = URLRouter([path("a/", Plain)])
    router.routes.append(path("b/", router))
    assert [identity for identity, _ in texts(run(project, router))] == ["chanx.W001"]


def test_a_validator_that_lets_every_origin_in_is_a_warning(project: ModuleType) -> None:
    with override_settings(ALLOWED_HOSTS=["*"]):
        application = AllowedHostsOriginValidator(URLRouter([path("a/", Plain)]))
    with override_settings(DEBUG=False):
        ((identity, text),) = texts(run(project, application))
    assert identity == "chanx.W001"
    assert "'*' is allowed" in text
    with override_settings(DEBUG=True):
        assert run(project, application) == []


# --- consumers


def test_a_contract_that_cannot_be_built_is_an_error(project: ModuleType) -> None:
    class Broken(AsyncJsonWebsocketConsumer):
        @event_handler
        async def on_event(self, event: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821 - the mistake
            raise NotImplementedError

    (message,) = run(project, guarded(Broken, Broken, Plain))
    assert message.id == "chanx.E005"
    assert message.obj is Broken
    assert "Broken cannot serve a connection. " in message.msg
    assert "Nowhere" in message.msg


def test_a_message_that_is_not_fully_defined_is_an_error(project: ModuleType) -> None:
    class Unfinished(BaseMessage):
        action: Literal["unfinished"] = "unfinished"
        payload: Nowhere  # type: ignore[name-defined]  # noqa: F821 - the mistake

    class Handling(AsyncJsonWebsocketConsumer):
        @ws_handler
        async def unfinished(self, message: Unfinished) -> None:
            raise NotImplementedError

    (message,) = run(project, guarded(Handling))
    assert message.id == "chanx.E005"
    assert "Unfinished refers to a class that doesn't exist yet" in message.msg


def test_wrong_settings_are_reported_once_and_not_for_each_consumer(project: ModuleType) -> None:
    with override_settings(CHANX={"MAX_ID_BYTES": "long"}):
        assert run(project, guarded(Plain, Grouped)) == []


def test_camelcase_of_a_consumer_needs_pyhumps(project: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Camel(AsyncJsonWebsocketConsumer):
        camelize = True

    assert run(project, guarded(Camel)) == []
    monkeypatch.setattr(_route_checks, "find_spec", lambda name: None)
    (message,) = run(project, guarded(Camel, Plain))
    assert message.id == "chanx.E003"
    assert "Camel has camelize=True" in message.msg
    with override_settings(CHANX={"CAMELIZE": True}):
        # The setting has its own check.
        assert run(project, guarded(Plain)) == []


class Grouped(AsyncJsonWebsocketConsumer):
    groups = ["lobby"]


class Choosing(AsyncJsonWebsocketConsumer):
    async def get_groups(self) -> Iterable[str]:
        return ["lobby"]


class Hearing(AsyncJsonWebsocketConsumer):
    @event_handler
    async def on_renamed(self, event: Renamed) -> Renamed:
        return event


class Passing(AsyncJsonWebsocketConsumer):
    passthrough_events = [Renamed]


@pytest.mark.parametrize("consumer", [Grouped, Choosing, Hearing, Passing])
def test_groups_and_events_need_a_channel_layer(project: ModuleType, consumer: Any) -> None:
    assert run(project, guarded(consumer)) == []
    with override_settings(CHANNEL_LAYERS={}):
        (message,) = run(project, guarded(consumer, Plain))
    assert message.id == "chanx.E006"
    assert f"{consumer.__qualname__} has groups or events, and CHANNEL_LAYERS has no 'default'" in message.msg


def test_the_layer_is_the_one_that_the_consumer_names(project: ModuleType) -> None:
    class Elsewhere(Grouped):
        channel_layer_alias = "notifications"

    (message,) = run(project, guarded(Elsewhere))
    assert "CHANNEL_LAYERS has no 'notifications'" in message.msg


# --- authentication


class Public(AsyncJsonWebsocketConsumer):
    authenticator_class = None


class AlsoPublic(Public):
    pass


class Private(AsyncJsonWebsocketConsumer):
    authenticator_class = AllowAll


def test_a_consumer_open_to_everybody_has_to_say_so(project: ModuleType) -> None:
    vars(project)["application"] = guarded(Plain, Public, AlsoPublic, Private, Foreign, Plain)
    ((identity, text),) = texts(check_authentication())
    assert identity == "chanx.W004"
    assert text == f"{__name__}.Plain has no authenticator_class: everybody may connect."


def test_opening_a_private_consumer_again_is_said_too(project: ModuleType) -> None:
    class Opened(Private):
        authenticator_class = None

    vars(project)["application"] = guarded(Opened)
    assert check_authentication() == []
