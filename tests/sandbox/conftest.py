"""The sandbox as its users have it: real processes, real browsers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from psycopg import sql

from tests.sandbox.places import Server, Visitors, environment, running

# Ten times what it takes, for a machine that does other things, too.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """A browser; while it is open, its event loop is this thread's, so nothing async can run beside it."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that containers don't have.
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def all_visitors(chromium: Browser) -> Visitors:
    return Visitors(chromium)


@pytest.fixture
def visitors(all_visitors: Visitors) -> Iterator[Visitors]:
    """Opens browsers, and closes them when the test ends."""
    yield all_visitors
    all_visitors.leave()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One process with SQLite and the in-memory layer."""
    folder = tmp_path_factory.mktemp("sandbox")
    with running([Server(environment(folder), folder / "log")]) as [alone]:
        yield alone


@pytest.fixture(scope="module")
def own_database(database_url: str) -> Iterator[str]:
    """The address of a new PostgreSQL database."""
    name = sql.Identifier(f"sandbox_{secrets.token_hex(6)}")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield urlunsplit(urlsplit(database_url)._replace(path=f"/{name._obj[0]}"))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="module")
def server_pair(
    own_database: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Server]]:
    """A process of uvicorn and one of daphne, with PostgreSQL and Redis behind them."""
    folder = tmp_path_factory.mktemp("sandbox-pair")
    shared = environment(folder, DATABASE_URL=own_database, REDIS_URL=redis_url)
    servers = [Server(shared, folder / f"{kind}.log", kind) for kind in ("uvicorn", "daphne")]
    with running(servers):
        yield servers


@pytest.fixture(scope="module", params=["one process", "two processes"])
def addresses(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Where two people go to meet."""
    if request.param == "one process":
        alone: Server = request.getfixturevalue("server")
        return alone.address, alone.address
    first, second = request.getfixturevalue("server_pair")
    return first.address, second.address
