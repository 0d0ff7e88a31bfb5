from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import yaml
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import include, path, reverse

from chanx.core.errors import ConfigurationError
from chanx_django import asyncapi as project
from chanx_django.asyncapi import DocumentOptions
from chanx_django.views import AsyncAPIDocsView, AsyncAPISchemaView, generate_asyncapi_schema

urlpatterns = [
    path("asyncapi/", include("chanx_django.urls")),
    path("alone/", AsyncAPIDocsView.as_view()),
    path("one/", AsyncAPIDocsView.as_view(document_options=DocumentOptions(document="rooms"))),
    path("titled/", AsyncAPISchemaView.as_view(document_options=DocumentOptions(title="Ours"))),
]
SCHEMA, DOCS = "/asyncapi/schema/", "/asyncapi/docs/"


@pytest.fixture(autouse=True)
def the_project(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.ASGI_APPLICATION = "tests.django.asgi.application"


@pytest.fixture
def broken(settings: Any) -> None:
    settings.ASGI_APPLICATION = "tests.django.asgi.missing"


def server(response: Any) -> Any:
    return response.json()["servers"]["default"]


def test_the_urls_have_names() -> None:
    assert (reverse("chanx:schema"), reverse("chanx:docs")) == (SCHEMA, DOCS)


def test_json_is_the_default(client: Client) -> None:
    response = client.get(SCHEMA)
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response.json()["asyncapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/yaml", "yaml"),
        ("text/yaml", "yaml"),
        ("application/json;q=0.5, application/x-yaml", "yaml"),
        ("text/html, */*;q=0.8", "json"),
        ("text/html", "json"),
    ],
)
def test_the_format_follows_accept(client: Client, accept: str, kind: str) -> None:
    response = client.get(SCHEMA, headers={"accept": accept})
    assert response["Content-Type"].startswith(f"application/{kind}")
    assert "Accept" in response["Vary"]


def test_the_format_in_the_query_goes_before_accept(client: Client) -> None:
    response = client.get(f"{SCHEMA}?format=yaml", headers={"accept": "application/json"})
    assert yaml.safe_load(response.content) == client.get(SCHEMA).json()


def test_an_unknown_format_is_refused(client: Client) -> None:
    response = client.get(f"{SCHEMA}?format=xml")
    assert (response.status_code, response.json()) == (
        400,
        {"detail": "There is no such format. Use json or yaml."},
    )


def test_a_client_that_has_the_document_gets_304(client: Client) -> None:
    etag = client.get(SCHEMA)["ETag"]
    assert client.get(SCHEMA, headers={"if-none-match": etag}).status_code == 304
    assert client.get(f"{SCHEMA}?format=yaml", headers={"if-none-match": etag}).status_code == 200


def test_the_server_is_the_one_of_the_request(client: Client) -> None:
    assert server(client.get(SCHEMA, headers={"host": "a.example:8001"}))["host"] == "a.example:8001"
    assert server(client.get(SCHEMA, secure=True))["protocol"] == "wss"
    assert server(client.get(SCHEMA, SCRIPT_NAME="/live"))["pathname"] == "/live"


def test_the_setting_of_the_document_goes_before_that_of_websockets(client: Client, settings: Any) -> None:
    settings.CHANX = {"WEBSOCKET_BASE_URL": "wss://ws.example/live/"}
    assert server(client.get(SCHEMA))["host"] == "ws.example"
    settings.CHANX = {**settings.CHANX, "ASYNCAPI_SERVER_URL": "https://docs.example"}
    assert (server(client.get(SCHEMA))["host"], server(client.get(SCHEMA))["protocol"]) == (
        "docs.example",
        "wss",
    )


def test_the_protocol_can_be_set(client: Client, settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_SERVER_PROTOCOL": "wss"}
    assert server(client.get(SCHEMA))["protocol"] == "wss"


def test_settings_describe_the_document(client: Client, settings: Any) -> None:
    settings.CHANX = {
        "ASYNCAPI_TITLE": "Chat",
        "ASYNCAPI_VERSION": "2.0",
        "ASYNCAPI_DESCRIPTION": "Talk.",
        "ASYNCAPI_SPEC_VERSION": "3.0.0",
    }
    document = client.get(SCHEMA).json()
    assert document["asyncapi"] == "3.0.0"
    assert document["info"] == {
        "title": "Chat",
        "version": "2.0",
        "description": "Talk.",
        "x-generator": "chanx",
    }


def test_options_of_the_view_go_before_the_settings(client: Client) -> None:
    assert client.get("/titled/").json()["info"]["title"] == "Ours"


def test_the_document_is_made_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get(SCHEMA)
    monkeypatch.setattr(project, "generate", None)
    assert client.get(f"{SCHEMA}?format=yaml", headers={"host": "b.example"}).status_code == 200


@pytest.mark.usefixtures("broken")
def test_a_failure_is_logged_once_and_tells_nothing(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        response = client.get(SCHEMA)
    assert response.status_code == 500
    assert response.json() == {
        "detail": "The AsyncAPI document could not be made. The log of the server says why."
    }
    assert [(record.name, record.levelname) for record in caplog.records] == [("chanx.asyncapi", "ERROR")]
    assert caplog.records[0].exc_info is not None


@pytest.mark.usefixtures("broken")
def test_a_failure_is_not_remembered(client: Client, settings: Any) -> None:
    client.get(SCHEMA)
    settings.ASGI_APPLICATION = "tests.django.asgi.application"
    assert client.get(SCHEMA).status_code == 200


def test_a_host_that_is_not_allowed_is_a_bad_request(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["good.example"]
    assert client.get(SCHEMA, headers={"host": "bad.example"}).status_code == 400


def test_the_document_can_be_had_in_python() -> None:
    request = RequestFactory().get("/", headers={"host": "c.example"})
    document = generate_asyncapi_schema(request)
    document["channels"].clear()
    assert generate_asyncapi_schema(request)["channels"] != {}
    assert document["servers"]["default"] == {
        "host": "c.example",
        "protocol": "ws",
        "security": [
            {"$ref": "#/components/securitySchemes/cookie_sessionid"},
            {"$ref": "#/components/securitySchemes/basic"},
            {"$ref": "#/components/securitySchemes/token"},
        ],
    }


def test_without_a_request_the_server_is_the_local_one() -> None:
    assert generate_asyncapi_schema()["servers"]["default"]["host"] == "localhost:8000"


def test_a_server_that_is_no_url_is_refused(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_SERVER_URL": "ftp://files.example"}
    with pytest.raises(ConfigurationError, match="Give one like"):
        generate_asyncapi_schema()


def test_the_page_shows_the_channels_from_the_clients_side(client: Client) -> None:
    page = client.get(DOCS, headers={"host": "d.example"}).content.decode()
    assert "ws://d.example" in page
    assert "/w/nested/{shard}/deep/room/{room}/" in page
    assert "You send" in page
    assert "Say something." in page


def test_the_page_links_to_the_document(client: Client) -> None:
    page = client.get(DOCS).content.decode()
    assert f'href="{SCHEMA}?format=json"' in page
    assert f'href="{SCHEMA}?format=yaml"' in page


def test_a_page_without_the_view_of_the_document_has_no_links(client: Client) -> None:
    assert "format=json" not in client.get("/alone/").content.decode()


def test_a_page_outside_of_the_urls_is_served() -> None:
    request: HttpRequest = RequestFactory().get("/")
    assert AsyncAPIDocsView.as_view()(request).status_code == 200


def test_the_page_needs_nothing_inline_and_no_other_sites(client: Client) -> None:
    page = client.get(DOCS).content.decode()
    assert page.count("<script") == page.count('<script type="module" src="/static/chanx/')
    assert "style=" not in page
    assert "<style" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_a_page_has_the_document_that_is_asked_for(client: Client, settings: Any) -> None:
    settings.CHANX = {
        "ASYNCAPI_DOCUMENTS": {"all": {"title": "All"}, "rooms": {"title": "Rooms", "paths": ["/w/room/*"]}}
    }
    page = client.get(f"{DOCS}?document=rooms").content.decode()
    assert "<title>Rooms</title>" in page
    assert '<a href="?document=rooms" aria-current="page">' in page
    assert '<a href="?document=all">' in page
    assert f"{SCHEMA}?format=json&amp;document=rooms" in page
    assert "<title>All</title>" in client.get(DOCS).content.decode()


def test_a_page_of_no_document_is_not_found(client: Client) -> None:
    response = client.get(f"{DOCS}?document=none")
    assert response.status_code == 404
    assert "There is no such document." in response.content.decode()


def test_a_page_of_one_document_has_no_switcher(client: Client, settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_DOCUMENTS": {"all": {}, "rooms": {"paths": ["/w/room/*"]}}}
    assert "?document=" not in client.get("/one/").content.decode()


@pytest.mark.usefixtures("broken")
def test_a_page_that_cannot_be_made_says_so(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    response = client.get(DOCS)
    assert response.status_code == 500
    assert "The log of the server says why." in response.content.decode()
    assert "tests.django" not in response.content.decode()
    assert len(caplog.records) == 1


def test_what_users_write_is_escaped(client: Client, settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_TITLE": "<b>bold</b>"}
    assert "<b>bold" not in client.get(DOCS).content.decode()
    assert json.loads(client.get(SCHEMA).content)["info"]["title"] == "<b>bold</b>"
