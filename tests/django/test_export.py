from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import RequestFactory

from chanx_django.asyncapi import DocumentOptions
from chanx_django.views import AsyncAPIDocsView, AsyncAPISchemaView
from tests.asyncapi.official import OfficialParser, official_parser  # noqa: F401 - a fixture
from tests.asyncapi.structure import NEWER_VERSION

TEMPLATE = Path(__file__).parent / "golden" / "by_hand.yaml"
ROOM = "tests.django.asgi.RoomConsumer"
PLAIN = "tests.django.documents.consumers.DictConsumer"


@pytest.fixture(autouse=True)
def the_project(settings: Any) -> None:
    settings.ASGI_APPLICATION = "tests.django.asgi.application"


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("export_asyncapi", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def exported(*arguments: str) -> Any:
    return yaml.safe_load(run(*arguments)[0])


def test_without_options_it_is_the_document_of_the_project() -> None:
    out = StringIO()
    call_command("generate_asyncapi_schema", stdout=out)
    assert run() == (out.getvalue(), "")


def test_a_consumer_is_exported_where_the_project_routes_it() -> None:
    addresses = [channel["address"] for channel in exported("--consumer", ROOM)["channels"].values()]
    assert len(addresses) == 7
    assert "/r/archive/{part1}/{room}/" in addresses


def test_several_consumers_are_exported_where_they_would_be() -> None:
    document = exported("--consumer", f"{ROOM}:/ws/<int:room>/", "--consumer", f"{PLAIN}:/ws/plain/")
    assert [channel["address"] for channel in document["channels"].values()] == ["/ws/plain/", "/ws/{room}/"]


def test_several_documents_of_a_project_stand_in_no_ones_way(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_DOCUMENTS": {"one": {"title": "One", "paths": ["/r/ws/*"]}}}
    assert [each["address"] for each in exported()["channels"].values()] == ["/r/ws/{room}/"]
    assert exported("--consumer", f"{PLAIN}:/ws/plain/")["info"]["title"] == "AsyncAPI Documentation"
    assert exported("--template", str(TEMPLATE))["info"]["title"] == "By hand"


@pytest.mark.parametrize(
    ("options", "server"),
    [
        ([], ("localhost:8000", "ws")),
        (["--host", "a.example"], ("a.example", "ws")),
        (["--host", "a.example:8443", "--protocol", "wss"], ("a.example:8443", "wss")),
        (["--host", "wss://a.example"], ("a.example", "wss")),
        (["--protocol", "wss"], ("localhost:8000", "wss")),
    ],
)
@pytest.mark.parametrize("what", [[], ["--template", str(TEMPLATE)], ["--consumer", f"{PLAIN}:/ws/plain/"]])
def test_host_and_protocol_go_before_settings(
    what: list[str], options: list[str], server: tuple[str, str]
) -> None:
    found = exported(*what, *options)["servers"]["default"]
    assert (found["host"], found["protocol"]) == server


def test_a_template_is_filled_in_and_its_payloads_are_titled() -> None:
    document = exported("--template", str(TEMPLATE), "--validate", "--host", "a.example")
    assert document["servers"]["default"] == {"host": "a.example", "protocol": "ws"}
    assert document["channels"]["echo"]["messages"]["say"]["payload"]["title"] == "Say"
    assert document["components"]["messages"]["said"]["payload"]["title"] == "ChatSaid"


@pytest.mark.parametrize(("name", "read"), [("a.json", json.loads), ("a.yaml", yaml.safe_load)])
def test_a_file_is_written_in_the_format_of_its_name(tmp_path: Path, name: str, read: Any) -> None:
    file = tmp_path / name
    assert run("--output", str(file)) == ("", f"Wrote {file}.\n")
    assert read(file.read_text())["asyncapi"] == "3.1.0"
    assert json.loads(run("--format", "json")[0])["asyncapi"] == "3.1.0"


def test_what_is_wrong_with_a_template_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    wrong, out, err = tmp_path / "wrong.yaml", StringIO(), StringIO()
    wrong.write_text(
        TEMPLATE.read_text().replace("address: /ws/echo/{room}/", "address: /ws/echo/{hall}/?a=b")
    )
    with pytest.raises(SystemExit) as exit_:
        call_command("export_asyncapi", "--template", str(wrong), "--validate", stdout=out, stderr=err)
    assert (exit_.value.code, out.getvalue()) == (1, "")
    for code in ("address-query", "parameter-undeclared", "parameter-unused"):
        assert f"[{code}]\n" in err.getvalue()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--consumer", "a.B:/x/", "--template", "a.yaml"], "--template is a whole document"),
        (["--consumer", "nowhere.Consumer"], "can't be imported"),
        (["--consumer", "os.sep"], "is no class"),
        (["--consumer", PLAIN], "routes .*DictConsumer nowhere"),
        (["--template", "missing.yaml"], "missing.yaml can't be read"),
        (["--host", "a/b?c"], "is no URL"),
    ],
)
def test_what_cant_be_exported_is_told(options: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run(*options)


def test_exported_documents_satisfy_the_official_parser(official_parser: OfficialParser) -> None:  # noqa: F811
    consumers = ["--consumer", f"{ROOM}:/ws/{{room}}/", "--consumer", f"{PLAIN}:/ws/plain/"]
    whole, some, template = official_parser.diagnostics(
        run("--validate")[0],
        run("--validate", *consumers)[0],
        run("--validate", "--template", str(TEMPLATE))[0],
    )
    assert (whole, some) == ([], [])
    assert [found["code"] for found in template] == [NEWER_VERSION]


def test_a_view_serves_a_document_that_is_written_by_hand() -> None:
    options = DocumentOptions(template_file=TEMPLATE)
    request = RequestFactory().get("/docs/", HTTP_HOST="testserver")
    document = json.loads(AsyncAPISchemaView.as_view(document_options=options)(request).content)
    assert document["servers"]["default"] == {"host": "testserver", "protocol": "ws"}


def test_the_page_shows_a_document_that_is_written_by_hand() -> None:
    options = DocumentOptions(template_file=TEMPLATE)
    request = RequestFactory().get("/docs/", HTTP_HOST="testserver")
    page = AsyncAPIDocsView.as_view(document_options=options)(request).content.decode()
    for shown in ("By hand", "/ws/echo/{room}/", "say", "said"):
        assert shown in page
