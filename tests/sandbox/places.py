"""Processes of the sandbox, and the browsers that visit them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState, expect

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "let-me-in"
DELIBERATE = "LookupError: this text stays in the log of the server"


@dataclass
class Server:
    """One process, by command 1 of the README."""

    environment: dict[str, str]
    log: Path
    kind: str = "uvicorn"
    port: int = 0
    address: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Return when it listens; a server that was stopped takes its port again."""
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port), "--server", self.kind]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout
        found = re.search(r"http://\S+:(\d+)/", self.process.stdout.readline())
        assert found, self.log.read_text()
        self.address, self.port = found[0], int(found[1])

    def stop(self) -> None:
        assert self.process
        assert self.process.stdout
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    @property
    def tracebacks(self) -> list[str]:
        """What failed in it, but for what the page asked to fail."""
        return [
            part
            for part in self.log.read_text().split("Traceback (most recent call last):")[1:]
            if DELIBERATE not in part
        ]


@contextmanager
def running(servers: list[Server]) -> Iterator[list[Server]]:
    """Start servers one after another, and stop them; nothing may have failed in them."""
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            if server.process:
                server.stop()
    assert [server.tracebacks for server in servers] == [[]] * len(servers)


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return what a process sees, without what this one has been told."""
    told = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS"}
    kept = {name: value for name, value in os.environ.items() if name not in told}
    return {**kept, "SANDBOX_DATA_DIR": str(folder), **variables}


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run ``manage.py``, from a folder that is not the project's."""
    command = [sys.executable, str(ROOT / "sandbox" / "manage.py"), *arguments]
    folder = environment["SANDBOX_DATA_DIR"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class Visitor:
    """Somebody with a browser of their own."""

    name: str
    address: str
    page: Page
    complaints: list[str] = field(default_factory=list)
    """What the browser's console has said."""
    tolerated: str = "nothing"
    """What it may say."""

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.settle()

    def settle(self) -> None:
        """Wait until the page has connected or was refused; Chromium complains of pages that are left before."""
        for status in self.page.locator("#status").all():
            expect(status).not_to_have_attribute("data-state", "connecting", timeout=30_000)

    def enter(self, room: str = "Lobby") -> None:
        self.go("")
        self.page.get_by_role("link", name=room).click()
        self.expect_connected()

    def expect_connected(self) -> None:
        expect(self.page.locator("#status")).to_have_text("Connected", timeout=30_000)

    def say(self, text: str) -> None:
        self.page.get_by_label("Your message").fill(text)
        self.page.get_by_role("button", name="Send", exact=True).click()

    def expect_line(self, text: str) -> None:
        expect(self.page.locator("#lines li").filter(has_text=text)).to_have_count(1)

    def shoot(self, name: str) -> None:
        """Take a screenshot, where somebody wants to look at it."""
        if folder := os.environ.get("CHANX_SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


class Visitors:
    """Opens browsers; each person signs in once for each place."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.opened: list[Visitor] = []
        self.sessions: dict[tuple[str, str], StorageState] = {}

    def __call__(self, name: str, address: str, **options: Any) -> Visitor:
        session = self.sessions.get((name, address))
        page = self.browser.new_context(storage_state=session, **options).new_page()
        visitor = Visitor(name, address, page)
        page.on("console", visitor.hear)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        self.opened.append(visitor)
        page.goto(address)
        if session is None:
            visitor.shoot("sign-in")
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            self.sessions[name, address] = page.context.storage_state()
        visitor.expect_connected()
        return visitor

    def leave(self) -> None:
        """Close what is open; the console must have been silent."""
        complaints = [
            f"{visitor.name}: {text}"
            for visitor in self.opened
            for text in visitor.complaints
            if visitor.tolerated not in text
        ]
        for visitor in self.opened:
            visitor.page.context.close()
        self.opened.clear()
        assert not complaints, complaints
