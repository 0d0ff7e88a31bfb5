"""A Redis of the benchmark's own, on a free port."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def redis_server() -> Iterator[str]:
    """
    Run a Redis that stores nothing on disk; yield its address.

    Raises:
        RuntimeError: It didn't start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            _wait(process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if "Ready to accept connections" in line:
            return
    raise RuntimeError("redis-server did not start")
