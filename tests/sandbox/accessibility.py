"""The accessibility checks of axe, as a fixture."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page

PACKAGE = Path(__file__).parent / "axe" / "package.json"
RUN = "async () => (await axe.run()).violations.map(each => `${each.id}: ${each.nodes.map(node => node.html + ' ' + node.failureSummary)}`)"


class Axe:
    """Runs `axe-core` in pages."""

    def __init__(self, script: str) -> None:
        self._script = script

    def violations(self, page: Page) -> list[str]:
        """Return what axe objects to; the script comes through the debugger, so that the page's policy stays as it is."""
        page.evaluate(self._script)
        found: list[str] = page.evaluate(RUN)
        return found


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Axe:
    """Return axe, installed into pytest's cache when it is missing there."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm in PATH")
    version = json.loads(PACKAGE.read_text())["dependencies"]["axe-core"]
    cache = getattr(request.config, "cache", None)
    folder = cache.mkdir(f"axe-core-{version}") if cache else tmp_path_factory.mktemp("axe-core")
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        _install(npm, folder)
    return Axe(script.read_text())


def _install(npm: str, folder: Path) -> None:
    """Install beside, and move when it is complete; another run may have been faster."""
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    with tempfile.TemporaryDirectory(dir=folder) as place:
        shutil.copy(PACKAGE, place)
        subprocess.run([npm, "install", *options], cwd=place, capture_output=True, text=True, check=True)
        with suppress(OSError):
            (Path(place) / "node_modules").rename(folder / "node_modules")
