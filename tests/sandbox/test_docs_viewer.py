"""The official viewer in a real browser, from static files, under a strict policy and without other sites."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chanx_django.viewer import PACKAGE, VERSION
from tests.sandbox.places import Server, Visitors, environment, manage, running
from tests.sandbox.test_docs_page import open_docs

pytestmark = pytest.mark.integration
SETTINGS = """
from pathlib import Path
from sandbox.settings import *

CHANX = {**CHANX, "ASYNCAPI_DOCS_UI": "react"}
STATICFILES_DIRS = [Path(__file__).parent / "static"]
"""


@pytest.fixture(scope="module")
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the npm package, fetched into pytest's cache when it is missing there."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm in PATH")
    cache = getattr(request.config, "cache", None)
    folder = Path(
        cache.mkdir(f"asyncapi-viewer-{VERSION}") if cache else tmp_path_factory.mktemp("asyncapi-viewer")
    )
    name = f"asyncapi-react-component-{VERSION}.tgz"
    if not (folder / name).exists():
        place = tmp_path_factory.mktemp("npm")
        command = [npm, "pack", f"{PACKAGE}@{VERSION}"]
        subprocess.run(command, cwd=place, capture_output=True, text=True, check=True)
        shutil.copy(place / name, folder / f"{name}.{os.getpid()}")
        (folder / f"{name}.{os.getpid()}").replace(folder / name)
    return folder / name


@pytest.fixture(scope="module")
def viewer_server(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The sandbox with the viewer, installed by the command."""
    folder = tmp_path_factory.mktemp("viewer")
    (folder / "viewer_settings.py").write_text(SETTINGS)
    (folder / "static").mkdir()
    told = environment(folder, DJANGO_SETTINGS_MODULE="viewer_settings", PYTHONPATH=str(folder))
    manage(told, "install_asyncapi_viewer", str(package), str(folder / "static"))
    with running([Server(told, folder / "log")]) as [server]:
        yield server


def test_the_viewer_shows_the_document_beside_a_strict_policy(
    visitors: Visitors, viewer_server: Server
) -> None:
    bob = open_docs(visitors, viewer_server)
    frame = bob.page.frame_locator("iframe")
    expect(frame.get_by_text("The chanx sandbox").first).to_be_visible()
    expect(frame.get_by_text("/ws/rooms/{room}/").first).to_be_visible()
    bob.shoot("viewer")


def test_what_runs_in_the_viewer_has_no_part_in_the_site(visitors: Visitors, viewer_server: Server) -> None:
    bob = open_docs(visitors, viewer_server)
    expect(bob.page.frame_locator("iframe").get_by_text("/ws/rooms/{room}/").first).to_be_visible()
    bob.tolerated = "Content Security Policy"
    [frame] = bob.page.main_frame.child_frames
    assert frame.evaluate("self.origin") == "null"
    with pytest.raises(Exception, match="sandboxed"):
        frame.evaluate("document.cookie")
    assert frame.evaluate("fetch('/').then(() => 'there', () => 'refused')") == "refused"
