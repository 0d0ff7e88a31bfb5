"""Who may read the document and its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import include, path

from chanx.core.errors import ConfigurationError
from chanx_django.settings import chanx_settings
from chanx_django.views import AsyncAPIDocsView, AsyncAPISchemaView


def asks_politely(request: HttpRequest) -> bool:
    return "please" in request.GET


class PoliteDocsView(AsyncAPIDocsView):
    def permission(self, request: HttpRequest) -> bool:
        return asks_politely(request)


urlpatterns = [
    path("asyncapi/", include("chanx_django.urls")),
    path("polite/schema/", AsyncAPISchemaView.as_view(permission=asks_politely)),
    path("polite/docs/", PoliteDocsView.as_view()),
]
SCHEMA, DOCS = "/asyncapi/schema/", "/asyncapi/docs/"


@pytest.fixture(autouse=True)
def the_project(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.ASGI_APPLICATION = "tests.django.asgi.application"


def statuses(client: Client) -> tuple[int, int]:
    return client.get(SCHEMA).status_code, client.get(DOCS).status_code


def test_everybody_may_read_by_default(client: Client) -> None:
    assert statuses(client) == (200, 200)


@pytest.mark.parametrize(("debug", "status"), [(True, 200), (False, 403)])
def test_debug_opens_them_while_it_is_on(client: Client, settings: Any, debug: bool, status: int) -> None:
    settings.CHANX, settings.DEBUG = {"ASYNCAPI_ACCESS": "debug"}, debug
    assert statuses(client) == (status, status)


@pytest.mark.django_db
def test_staff_alone_may_read(client: Client, settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_ACCESS": "staff"}
    user = User.objects.create_user("ada")
    assert statuses(client) == (403, 302)
    assert client.get(DOCS)["Location"] == f"/accounts/login/?next={DOCS}"
    client.force_login(user)
    assert statuses(client) == (403, 403)
    user.is_staff = True
    user.save()
    assert statuses(client) == (200, 200)


def test_without_authentication_nobody_is_staff(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_ACCESS": "staff"}
    assert AsyncAPIDocsView.as_view()(RequestFactory().get("/")).status_code == 403


@pytest.mark.parametrize("page", ["/polite/schema/", "/polite/docs/"])
def test_a_project_has_its_own_rule(client: Client, page: str) -> None:
    refused = client.get(page)
    assert refused.status_code == 403
    assert "You may not read" in refused.content.decode()
    assert client.get(f"{page}?please").status_code == 200


def test_another_rule_is_no_setting(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_ACCESS": "friends"}
    with pytest.raises(ConfigurationError, match="ASYNCAPI_ACCESS is 'friends'"):
        _ = chanx_settings.ASYNCAPI_ACCESS


@pytest.mark.parametrize(
    ("enabled", "debug", "there"),
    [(None, False, False), (None, True, True), (True, False, True), (False, True, False)],
)
def test_the_console_is_there_when_it_is_enabled(
    client: Client, settings: Any, enabled: bool | None, debug: bool, there: bool
) -> None:
    settings.CHANX, settings.DEBUG = {"TRY_IT_OUT_ENABLED": enabled}, debug
    page = client.get(DOCS).content.decode()
    assert ('id="console"' in page, 'id="asyncapi-document"' in page) == (there, there)


def test_the_console_is_safe_from_what_the_document_says(client: Client, settings: Any) -> None:
    settings.CHANX = {"TRY_IT_OUT_ENABLED": True, "ASYNCAPI_TITLE": "</script><b>"}
    assert "</script><b>" not in client.get(DOCS).content.decode()
