"""What every test gets: the rule on skips, and the addresses of the real services."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Generator
from importlib.util import find_spec
from urllib.parse import urlsplit

import pytest

SERVICES_REQUIRED = os.environ.get("CHANX_REQUIRE_SERVICES") == "1"

# The `core` session of nox has neither Django nor Markdown.
if find_spec("pytest_django") and find_spec("markdown_it"):
    pytest_plugins = ["tests.connections", "tests.docs.pages", "pytester"]
    if find_spec("chanx_django.pytest_plugin"):
        pytest_plugins.append("chanx_django.pytest_plugin")


def _skip_is_failure(report: pytest.TestReport | pytest.CollectReport) -> None:
    if SERVICES_REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"Although CHANX_REQUIRE_SERVICES=1: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _skip_is_failure(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _skip_is_failure(report)
    return report


def _running(variable: str, default: str) -> str:
    """Return the address of a service, or skip the test where nothing answers."""
    url = os.environ.get(variable, default)
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=2).close()
    except OSError as error:
        pytest.skip(f"nothing answers at {url}: {error}; set {variable}")
    return url


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Return the address of a real Redis: CHANX_TEST_REDIS_URL, or the usual port."""
    return _running("CHANX_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


@pytest.fixture(scope="session")
def database_url() -> str:
    """Return the address of a real PostgreSQL: CHANX_TEST_DATABASE_URL, or the usual port."""
    return _running("CHANX_TEST_DATABASE_URL", "postgres://chanx:chanx@127.0.0.1:5432/chanx")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of an installed Chromium or Chrome, or skip the test."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    pytest.skip("no chromium in PATH")
