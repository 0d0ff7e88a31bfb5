from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from chanx.routing import Route
from chanx_django.discovery import DjangoRouteDiscovery


class OnlyPlain(DjangoRouteDiscovery):
    def discover_routes(self) -> list[Route]:
        return [route for route in super().discover_routes() if route.contract is None]


@pytest.fixture(autouse=True)
def the_project(settings: Any) -> None:
    settings.ASGI_APPLICATION = "tests.django.asgi.application"


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("generate_asyncapi_schema", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_yaml_is_written_to_the_standard_output() -> None:
    document = yaml.safe_load(run()[0])
    assert document["asyncapi"] == "3.1.0"
    assert document["servers"]["default"]["host"] == "localhost:8000"


def test_json_can_be_chosen() -> None:
    assert json.loads(run("--format", "json")[0]) == yaml.safe_load(run()[0])


@pytest.mark.parametrize(("name", "read"), [("a.json", json.loads), ("a.yaml", yaml.safe_load)])
def test_a_file_is_written_in_the_format_of_its_name(tmp_path: Path, name: str, read: Any) -> None:
    out, err = run("--file", str(tmp_path / name))
    assert (out, err.strip()) == ("", f"Wrote {tmp_path / name}.")
    assert read((tmp_path / name).read_text())["asyncapi"] == "3.1.0"


def test_options_go_before_settings(settings: Any) -> None:
    settings.CHANX = {
        "WEBSOCKET_BASE_URL": "wss://set.example",
        "ASYNCAPI_TITLE": "Set",
        "ASYNCAPI_SERVER_PROTOCOL": "wss",
    }
    chosen = [
        "--title",
        "Given",
        "--api-version",
        "9",
        "--description",
        "All of it.",
        "--spec-version",
        "3.0.0",
    ]
    document = yaml.safe_load(run("--base-url", "ws://given.example/live", *chosen)[0])
    assert document["asyncapi"] == "3.0.0"
    assert document["info"]["title"] == "Given"
    assert document["info"]["version"] == "9"
    assert document["info"]["description"] == "All of it."
    server = {key: document["servers"]["default"][key] for key in ("host", "protocol", "pathname")}
    assert server == {"host": "given.example", "protocol": "ws", "pathname": "/live"}


def test_the_settings_name_the_server(settings: Any) -> None:
    settings.CHANX = {"WEBSOCKET_BASE_URL": "wss://set.example"}
    assert yaml.safe_load(run()[0])["servers"]["default"]["host"] == "set.example"


def test_a_discovery_class_chooses_the_routes() -> None:
    document = yaml.safe_load(run("--discovery-class", f"{__name__}.OnlyPlain")[0])
    assert sorted(document["channels"]) == ["bare", "plain", "undocumented"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [("nowhere.Discovery", "can't be imported"), ("pathlib.Path", "is no subclass of DjangoRouteDiscovery")],
)
def test_a_wrong_discovery_class_is_refused(path: str, reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run("--discovery-class", path)


def test_a_file_that_is_up_to_date_passes_the_check(tmp_path: Path) -> None:
    file = tmp_path / "asyncapi.yaml"
    run("--file", str(file))
    before = file.stat().st_mtime_ns
    assert run("--file", str(file), "--check") == ("", f"{file} is up to date.\n")
    assert file.stat().st_mtime_ns == before


def test_a_file_that_is_out_of_date_fails_the_check_with_a_diff(tmp_path: Path) -> None:
    file = tmp_path / "asyncapi.json"
    run("--file", str(file), "--title", "Old")
    out = StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command(
            "generate_asyncapi_schema", "--file", str(file), "--check", stdout=out, stderr=StringIO()
        )
    assert exit_.value.code == 1
    assert f"--- {file}\n" in out.getvalue()
    assert '-    "title": "Old",\n+    "title": "AsyncAPI Documentation",\n' in out.getvalue()


def test_the_check_needs_a_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--check needs --file"):
        run("--check")
    with pytest.raises(CommandError, match="does not exist"):
        run("--check", "--file", str(tmp_path / "missing.yaml"))


def test_what_is_declared_wrongly_is_told(settings: Any) -> None:
    settings.ASGI_APPLICATION = "tests.django.asgi.missing"
    with pytest.raises(CommandError, match="ASGI_APPLICATION"):
        run()
    with pytest.raises(CommandError, match="is no URL"):
        run("--base-url", "ftp://x")


def test_one_of_several_documents_can_be_chosen(settings: Any) -> None:
    settings.CHANX = {"ASYNCAPI_DOCUMENTS": {"all": {}, "nested": {"title": "N", "paths": ["/w/nested/*"]}}}
    document = yaml.safe_load(run("--document", "nested")[0])
    assert (document["info"]["title"], len(document["channels"])) == ("N", 1)
    with pytest.raises(CommandError, match="no document 'none'"):
        run("--document", "none")
