"""The official viewer: its frame, and how its files come among the static files."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import include, path

from chanx_django import viewer
from chanx_django.viewer import HASHES, SCRIPT, STYLE, VERSION, static_name

urlpatterns = [path("asyncapi/", include("chanx_django.urls"))]
DOCS = "/asyncapi/docs/"


@pytest.fixture(autouse=True)
def the_project(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.ASGI_APPLICATION = "tests.django.asgi.application"
    settings.CHANX = {"ASYNCAPI_DOCS_UI": "react", "ASYNCAPI_TITLE": "Ours"}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know files that are small."""
    hashes = {SCRIPT: f"sha384-{digest(b'script')}", STYLE: f"sha384-{digest(b'style')}"}
    monkeypatch.setattr(viewer, "HASHES", hashes)


def digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha384(content).digest()).decode()


def packed(folder: Path, **contents: bytes) -> Path:
    package = folder / "package.tgz"
    with tarfile.open(package, "w:gz") as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return package


FILES = {SCRIPT: b"script", STYLE: b"style", "LICENSE": b"license"}


def test_the_page_has_a_frame_that_has_no_part_in_the_site(client: Client) -> None:
    page = client.get(f"{DOCS}?a=b").content.decode()
    assert '<iframe title="Ours" sandbox="allow-scripts" src="?a=b&amp;frame=1">' in page


def test_the_frame_may_load_the_viewer_and_nothing_else(client: Client) -> None:
    response = client.get(f"{DOCS}?frame=1")
    assert response["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self' https://unpkg.com 'unsafe-eval'; style-src 'self' https://unpkg.com; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
    )
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_what_comes_from_the_cdn_is_checked_by_the_browser(client: Client) -> None:
    page = client.get(f"{DOCS}?frame=1").content.decode()
    for file, known_hash in HASHES.items():
        url = f"https://unpkg.com/@asyncapi/react-component@{VERSION}/{file}"
        assert f'"{url}" integrity="{known_hash}" crossorigin="anonymous"' in page


@pytest.mark.usefixtures("known")
def test_installed_files_are_used_instead(client: Client, settings: Any, tmp_path: Path) -> None:
    folder = tmp_path / "static"
    folder.mkdir()
    settings.STATICFILES_DIRS = [folder]
    call_command("install_asyncapi_viewer", packed(tmp_path, **FILES), folder, stdout=io.StringIO())
    assert (folder / static_name(SCRIPT)).read_bytes() == b"script"
    assert (folder / static_name("LICENSE")).read_bytes() == b"license"
    response = client.get(f"{DOCS}?frame=1")
    page = response.content.decode()
    assert f'<script defer src="/static/{static_name(SCRIPT)}"></script>' in page
    assert f'<link rel="stylesheet" href="/static/{static_name(STYLE)}">' in page
    assert "unpkg.com" not in page + response["Content-Security-Policy"]


@pytest.mark.usefixtures("known")
def test_other_files_are_refused(tmp_path: Path) -> None:
    package = packed(tmp_path, **{**FILES, SCRIPT: b"another"})
    with pytest.raises(CommandError, match=f"{SCRIPT} of .* isn't that of"):
        call_command("install_asyncapi_viewer", package, tmp_path / "static")
    assert not (tmp_path / "static").exists()


def test_a_package_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no package @asyncapi/react-component"):
        call_command("install_asyncapi_viewer", packed(tmp_path, LICENSE=b""), tmp_path)


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no package @asyncapi/react-component"):
        call_command("install_asyncapi_viewer", tmp_path / "missing.tgz", tmp_path)
