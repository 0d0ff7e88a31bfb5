"""Real processes for tests: servers and Redis, started on free ports and always ended."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import redis

ROOT = Path(__file__).parent.parent.parent
APPLICATION = "tests.integration.server:application"
PATIENCE = 30.0
"""Seconds after which a process that should have said something is given up."""


class Process:
    """A child process whose output is read line by line; leaving it ends the child."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.command = list(command)
        self.environment = dict(environment or {})
        self.lines: list[str] = []
        self._said = threading.Condition()
        self._child: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        self._child = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, args=[self._child], daemon=True)
        self._reader.start()
        return self

    def wait_for(self, pattern: str, *, after: int = 0) -> re.Match[str]:
        """Await a line of output that matches; earlier lines than number `after` don't count."""
        found: list[re.Match[str]] = []

        def there() -> bool:
            matches = (re.search(pattern, line) for line in self.lines[after:])
            found.extend(match for match in matches if match)
            return bool(found) or not self._reader.is_alive()

        with self._said:
            self._said.wait_for(there, PATIENCE)
        assert found, f"{self.command} did not say {pattern!r}:\n" + "".join(self.lines)
        return found[0]

    def signal(self, number: signal.Signals) -> None:
        assert self._child is not None
        self._child.send_signal(number)

    def wait(self) -> int:
        """Await the end of the process and of its output."""
        assert self._child is not None
        code = self._child.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def kill(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
            self.wait()

    def stop(self) -> None:
        """End the process politely, or else by force."""
        if self._child is None or self._child.poll() is not None:
            return
        self._child.terminate()
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
        self.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _read(self, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        with child.stdout:
            for line in child.stdout:
                with self._said:
                    self.lines.append(line)
                    self._said.notify_all()
        with self._said:
            self._said.notify_all()


class Server(Process):
    """A WebSocket server that runs the application of `tests.integration.server`."""

    name: str
    ready: str
    _url: str | None = None

    @property
    def url(self) -> str:
        """Where it listens, once it does."""
        if self._url is None:
            host, port = self.wait_for(self.ready).groups()
            self._url = f"ws://{host}:{port}"
        return self._url


class Uvicorn(Server):
    name = "uvicorn"
    ready = r"running on http://([\d.]+):(\d+)"

    def __init__(self, *options: str, environment: Mapping[str, str] | None = None) -> None:
        address = () if "--uds" in options else ("--host", "127.0.0.1", "--port", "0")
        command = [sys.executable, "-m", "uvicorn", APPLICATION, "--no-access-log", *address, *options]
        super().__init__(command, environment)


class Daphne(Server):
    name = "daphne"
    ready = r"Listening on TCP address ([\d.]+):(\d+)"

    def __init__(self, *options: str, environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", "0", *options, APPLICATION]
        super().__init__(command, environment)


class Redis(Process):
    """A Redis of the test's own, which forgets everything when it ends."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        super().__init__(
            [
                "redis-server",
                "--bind",
                "127.0.0.1",
                "--port",
                str(self.port),
                "--save",
                "",
                "--appendonly",
                "no",
            ]
        )

    def start(self) -> Self:
        after = len(self.lines)
        super().start()
        self.wait_for("Ready to accept connections", after=after)
        return self

    def names(self, part: str) -> list[str]:
        """List the keys and the channels with subscribers whose name has this part."""
        with redis.Redis(port=self.port, decode_responses=True) as client:
            found = [*client.keys(), *client.pubsub_channels()]
        return [name for name in found if part in name]
