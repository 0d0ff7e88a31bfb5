"""Several documents of one project, their servers and their security."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import include, path

from chanx.core.authenticator import BaseAuthenticator
from chanx.core.errors import ConfigurationError
from chanx.core.ports import Scope
from chanx_django.asyncapi import (
    DocumentChoice,
    DocumentOptions,
    build_document,
    document_choices,
    servers_of,
)
from chanx_django.settings import chanx_settings
from chanx_django.views import AsyncAPISchemaView
from tests.django import asgi
from tests.django.documents.consumers import NothingConsumer

CONSUMERS = ((NothingConsumer, "/ws/nothing/"),)
urlpatterns = [
    path("asyncapi/", include("chanx_django.urls")),
    path("fixed/", AsyncAPISchemaView.as_view(document_options=DocumentOptions(document="members"))),
    path("plain/", AsyncAPISchemaView.as_view(document_options=DocumentOptions(consumers=CONSUMERS))),
]
SCHEMA = "/asyncapi/schema/"
DOCUMENTS: dict[str, Any] = {
    "rooms": {
        "title": "Rooms",
        "version": "2",
        "description": "Of rooms.",
        "paths": ["/r/ws/*", "/w/nested/*"],
    },
    "members": {"consumers": ["tests.django.asgi.MemberConsumer"], "server_url": "wss://m.example"},
    "module": {"consumers": ["tests.django.asgi"], "spec_version": "3.0.0"},
    "all": {},
}


@pytest.fixture(autouse=True)
def the_project(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.ASGI_APPLICATION = "tests.django.asgi.application"
    settings.CHANX = {"ASYNCAPI_DOCUMENTS": DOCUMENTS, "ASYNCAPI_TITLE": "Ours"}


def addresses(document: Any) -> list[str]:
    return sorted(channel["address"] for channel in document["channels"].values())


def build(name: str | None) -> Any:
    return build_document(DocumentOptions(document=name))


def test_a_document_has_the_routes_of_its_paths() -> None:
    document = build("rooms")
    assert addresses(document) == ["/r/ws/{room}/", "/w/nested/{shard}/deep/room/{room}/"]
    assert (document["info"]["title"], document["info"]["version"]) == ("Rooms", "2")


def test_a_document_has_the_routes_of_its_consumers() -> None:
    titles = {channel["title"] for channel in build("members")["channels"].values()}
    assert titles == {"member"}


def test_a_module_stands_for_its_consumers() -> None:
    titles = {channel["title"] for channel in build("module")["channels"].values()}
    assert titles == {"room", "member", "plain", "undocumented"}


def test_a_document_that_names_nothing_has_all_routes() -> None:
    assert {channel["title"] for channel in build("all")["channels"].values()} > {"bare"}


def test_the_first_document_is_the_default() -> None:
    assert build(None) == build("rooms")


def test_a_document_that_names_what_is_not_routed_is_refused(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_DOCUMENTS": {"x": {"paths": ["/nowhere/*"]}}}
    with pytest.raises(ConfigurationError, match=r"ASYNCAPI_DOCUMENTS\['x'\] names '/nowhere/\*'"):
        build("x")


def test_an_unknown_document_is_refused_with_those_there_are(settings: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"no document 'y'.*use one of: rooms, members, module, all"):
        build("y")
    settings.CHANX = {}
    with pytest.raises(ConfigurationError, match="use one of: none yet"):
        build("y")


def test_the_choices_have_titles(settings: Any) -> None:
    assert document_choices()[:2] == (DocumentChoice("rooms", "Rooms"), DocumentChoice("members", "Ours"))
    settings.CHANX = {}
    assert document_choices() == ()


def test_the_view_shows_the_document_that_is_asked_for(client: Client) -> None:
    assert client.get(SCHEMA).json()["info"]["title"] == "Rooms"
    found = client.get(f"{SCHEMA}?document=module").json()
    assert (found["info"]["title"], found["asyncapi"]) == ("Ours", "3.0.0")


def test_a_document_that_does_not_exist_is_not_found(client: Client) -> None:
    response = client.get(f"{SCHEMA}?document=secret")
    assert (response.status_code, response.json()) == (404, {"detail": "There is no such document."})


@pytest.mark.parametrize(("url", "host"), [("/fixed/", "m.example"), ("/plain/", "testserver")])
def test_a_view_of_one_document_shows_no_other(client: Client, url: str, host: str) -> None:
    found = client.get(f"{url}?document=all").json()
    assert len(found["channels"]) < 5
    assert found["servers"]["default"]["host"] == host


def test_a_wrong_entry_is_refused(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_DOCUMENTS": {"x": {"path": "/a/"}}}
    with pytest.raises(ConfigurationError, match="ASYNCAPI_DOCUMENTS is"):
        _ = chanx_settings.ASYNCAPI_DOCUMENTS


def test_servers_of_the_settings_have_names(settings: Any) -> None:
    settings.CHANX = {
        "ASYNCAPI_SERVER_URL": "ws://other.example",
        "ASYNCAPI_SERVERS": {
            "live": {"url": "wss://live.example", "description": "Live."},
            "local": "ws://localhost:8000",
        },
    }
    found = build(None)["servers"]
    assert {name: (each["protocol"], each["host"]) for name, each in found.items()} == {
        "live": ("wss", "live.example"),
        "local": ("ws", "localhost:8000"),
    }
    assert all("security" in each for each in found.values())


def test_forwarded_headers_count_only_where_django_trusts_them(settings: Any) -> None:
    headers = {"X-Forwarded-Host": "public.example", "X-Forwarded-Proto": "https"}
    request = RequestFactory().get("/", headers=headers)
    settings.CHANX = {}
    plain = servers_of(DocumentOptions(), request)["default"]
    assert (plain.host, plain.protocol) == ("testserver", "ws")
    settings.USE_X_FORWARDED_HOST = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    trusted = servers_of(DocumentOptions(), request)["default"]
    assert (trusted.host, trusted.protocol) == ("public.example", "wss")


SESSION = {"type": "httpApiKey", "in": "cookie", "name": "sessionid", "description": "Ours."}
TICKET = {"type": "httpApiKey", "in": "query", "name": "ticket"}


def security(operation: Any) -> list[str]:
    return [each["$ref"].rpartition("/")[2] for each in operation.get("security", ())]


def documented(settings: Any, **schemes: Any) -> Any:
    settings.CHANX = {"ASYNCAPI_SECURITY_SCHEMES": schemes}
    consumers = (*CONSUMERS, (asgi.MemberConsumer, "/ws/members/"), (asgi.RoomConsumer, "/ws/rooms/"))
    return build_document(DocumentOptions(consumers=consumers))


def test_schemes_of_the_settings_stand_for_consumers_that_name_none(settings: Any) -> None:
    document = documented(settings, ticket=TICKET)
    assert document["components"]["securitySchemes"]["ticket"] == TICKET
    assert security(document["operations"]["nothing_refresh"]) == ["ticket"]
    assert security(document["operations"]["member_say"]) == ["cookie_sessionid", "token", "basic"]
    assert security(document["operations"]["room_say"]) == []
    assert security(document["servers"]["default"]) == ["ticket", "cookie_sessionid", "basic", "token"]


def test_a_scheme_of_the_settings_names_the_credential_that_it_describes(settings: Any) -> None:
    document = documented(settings, session=SESSION)
    assert security(document["operations"]["member_say"]) == ["session", "token", "basic"]
    assert document["components"]["securitySchemes"]["session"] == SESSION
    assert "cookie_sessionid" not in document["components"]["securitySchemes"]


def test_a_name_of_the_settings_is_not_taken_twice(settings: Any) -> None:
    document = documented(settings, token={"type": "userPassword"}, basic={"type": "http", "scheme": "basic"})
    assert security(document["operations"]["member_say"]) == ["cookie_sessionid", "token_derived", "basic"]


def test_a_scheme_without_a_type_is_refused(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_SECURITY_SCHEMES": {"x": {"in": "query"}}}
    with pytest.raises(ConfigurationError, match="ASYNCAPI_SECURITY_SCHEMES is"):
        _ = chanx_settings.ASYNCAPI_SECURITY_SCHEMES


def test_an_authenticator_that_names_no_credential_has_the_schemes_of_the_settings(settings: Any) -> None:
    class Anybody(BaseAuthenticator):
        async def authenticate(self, scope: Scope) -> bool:
            return True

    class Consumer(asgi.RoomConsumer):
        authenticator_class = Anybody

    settings.CHANX = {"ASYNCAPI_SECURITY_SCHEMES": {"ticket": TICKET}}
    document = build_document(DocumentOptions(consumers=((Consumer, "/ws/"),)))
    assert security(document["operations"]["consumer_say"]) == ["ticket"]


def test_a_scheme_that_says_less_than_it_should_names_no_credential(settings: Any) -> None:
    document = documented(settings, half={"type": "httpApiKey"}, web={"type": "http"})
    assert security(document["operations"]["member_say"]) == ["cookie_sessionid", "token", "basic"]
