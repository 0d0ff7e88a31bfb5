"""
The checks of the project, each in an environment of its own.

`nox` alone runs what a change must pass; `nox -l` lists everything. Interpreters are found as
pythonX.Y on the PATH; one that is missing is skipped, or fails when CI is set.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

HERE = Path(__file__).parent
OLDEST, NEWEST = "3.11", "3.13"
DJANGO_LTS, DJANGO_CURRENT = "5.2", "6.1"

nox.needs_version = ">=2025.2.9"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = [
    "lint",
    "types",
    "docs",
    f"core-{NEWEST}",
    f"tests(python='{OLDEST}', django='{DJANGO_LTS}', deps='lowest')",
    f"tests(python='{NEWEST}', django='{DJANGO_CURRENT}', deps='newest')",
]

# Django 6.1 needs Python 3.12.
MATRIX = [
    (python, django, deps)
    for python in ("3.11", "3.12", "3.13")
    for django in (DJANGO_LTS, DJANGO_CURRENT)
    for deps in ("lowest", "newest")
    if (python, django) != ("3.11", DJANGO_CURRENT)
]


@nox.session(default=False)
def sandbox(session: nox.Session) -> None:
    """Serve the sandbox on http://127.0.0.1:8000."""
    session.install("-e", ".[sandbox]")
    session.run("python", "-m", "sandbox", *session.posargs)


@nox.session
@nox.parametrize(("python", "django", "deps"), MATRIX)
def tests(session: nox.Session, django: str, deps: str) -> None:
    """Run all tests on one Python, one Django, and the lowest or the newest dependencies."""
    if deps == "lowest":
        session.install("-e", ".[dev]", f"Django=={django}", "-c", "requirements/lowest.txt")
    else:
        session.install("-e", ".[dev]", f"Django=={django}.*")
    coverage = ["--cov"] if deps == "newest" and not session.posargs else []
    session.run("pytest", *coverage, *session.posargs)


@nox.session(python=[OLDEST, NEWEST])
def core(session: nox.Session) -> None:
    """Run the tests of the core from the bare wheel, with no framework installed."""
    session.install(".[camel-case]", "pytest", "pytest-asyncio", "hypothesis", "jsonschema", "pyyaml")
    # Away from the checkout, so that the wheel is what is imported.
    work = Path(session.create_tmp()) / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(HERE / "tests", work / "tests")
    shutil.copy(HERE / "pyproject.toml", work)
    folders = [f"tests/{name}" for name in ("core", "messages", "asyncapi", "routing")]
    with session.chdir(work):
        session.run("pytest", "-o", "addopts=", *(session.posargs or folders))


@nox.session(python=OLDEST)
def lint(session: nox.Session) -> None:
    """Check style, formatting and the directions of imports."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-cache")


@nox.session(python=OLDEST)
def types(session: nox.Session) -> None:
    """Check the types with mypy and with pyright; tests/typing holds what both must refuse."""
    session.install("-e", ".[dev]")
    session.run("mypy")
    session.run("pyright")
    session.run("pytest", "tests/typing")


@nox.session(python=OLDEST)
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    session.install("-e", ".[dev]")
    session.run("sphinx-build", "-W", "--keep-going", "-E", "docs", "docs/_build/html")


@nox.session(python=OLDEST, default=False)
def benchmarks(session: nox.Session) -> None:
    """Measure chanx against plain Channels, interleaved; prints a table, judges nothing."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.benchmarks", *(session.posargs or ["dispatch"]))
