"""The official parser of AsyncAPI, as a fixture."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "parser"


class OfficialParser:
    """Runs `@asyncapi/parser` on documents."""

    def __init__(self, node: str, folder: Path) -> None:
        self._node = node
        self._folder = folder

    def diagnostics(self, *texts: str) -> list[list[dict[str, Any]]]:
        """Return what the parser says of each document: errors, warnings, notes and hints alike."""
        given = json.dumps({str(number): text for number, text in enumerate(texts)})
        done = subprocess.run(
            [self._node, "validate.mjs"],
            cwd=self._folder,
            input=given,
            capture_output=True,
            text=True,
            check=True,
        )
        found = json.loads(done.stdout)
        return [found[str(number)] for number in range(len(texts))]


@pytest.fixture(scope="session")
def official_parser(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> OfficialParser:
    """Return the official parser, installed into pytest's cache when it is missing there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no node and npm in PATH")
    version = json.loads((HERE / "package.json").read_text())["dependencies"]["@asyncapi/parser"]
    cache = getattr(request.config, "cache", None)
    folder = (
        cache.mkdir(f"asyncapi-parser-{version}") if cache else tmp_path_factory.mktemp("asyncapi-parser")
    )
    for file in ("package.json", "validate.mjs"):
        shutil.copy(HERE / file, folder)
    if not (folder / "node_modules").exists():
        _install(npm, folder)
    return OfficialParser(node, folder)


def _install(npm: str, folder: Path) -> None:
    """Install beside, and move when it is complete; another run may have been faster."""
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    with tempfile.TemporaryDirectory(dir=folder) as place:
        shutil.copy(HERE / "package.json", place)
        subprocess.run([npm, "install", *options], cwd=place, capture_output=True, text=True, check=True)
        with suppress(OSError):
            (Path(place) / "node_modules").rename(folder / "node_modules")
