"""
What mypy and pyright accept and refuse of code that uses chanx.

A line of a `refuse_*.py` that must be refused says so: ``# refused: mypy=<code> pyright=<rule>``. Both checkers must
report exactly these lines, and nothing in `accept_*.py`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
FILES = sorted(Path(__file__).parent.glob("accept_*.py")) + sorted(Path(__file__).parent.glob("refuse_*.py"))
EXPECTATION = re.compile(r"# refused: mypy=(?P<mypy>\S+) pyright=(?P<pyright>\S+)")

Finding = tuple[str, int, str]
"""File, line, and the checker's name of the error."""


def planted(checker: str) -> set[Finding]:
    return {
        (path.name, number, match[checker])
        for path in FILES
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (match := EXPECTATION.search(line))
    }


def run(*command: str) -> str:
    """Run a checker over the files; its exit code only says whether it found anything."""
    done = subprocess.run(
        [sys.executable, "-m", *command, *(str(path) for path in FILES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def mypy_findings() -> Iterator[Finding]:
    for line in run("mypy", "--strict", "--output=json", "--no-error-summary").splitlines():
        found: dict[str, Any] = json.loads(line)
        # mypy also names what it finds in the packages; `nox -s types` judges those.
        if found["severity"] == "error" and ROOT / found["file"] in FILES:
            yield Path(found["file"]).name, found["line"], found["code"]


def pyright_findings() -> Iterator[Finding]:
    report = json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable))
    for found in report["generalDiagnostics"]:
        if found["severity"] == "error":
            yield Path(found["file"]).name, found["range"]["start"]["line"] + 1, found["rule"]


def test_the_files_plant_mistakes_and_there_are_files_without() -> None:
    assert len(planted("mypy")) >= 4
    assert any(path.name.startswith("accept_") for path in FILES)


@pytest.mark.parametrize(("checker", "findings"), [("mypy", mypy_findings), ("pyright", pyright_findings)])
def test_a_checker_refuses_exactly_the_planted_mistakes(checker: str, findings: Any) -> None:
    assert set(findings()) == planted(checker)
