"""Other packages, each in a process of its own: one of them has the import name of this project."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent
PACKAGES = ("djangochannelsrestframework", "chanx")


class Peer:
    """
    A subject in another interpreter.

    It is given one JSON object a line: ``{"messages": 100, "turns": false}``; it answers
    ``{"microseconds": 12.3}``. First it says who it is: ``{"name": "package 1.2"}``.
    """

    def __init__(self, python: str, package: str) -> None:
        # -I: neither this directory nor PYTHONPATH, so that only what is installed there is found.
        command = [python, "-I", str(HERE / "serve.py"), package]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name: str = self._read()["name"]

    def measure(self, messages: int, *, turns: bool) -> float:
        """Return the microseconds of one message."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"messages": messages, "turns": turns}) + "\n")
        self._process.stdin.flush()
        return float(self._read()["microseconds"])

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the peer ended; its error stands above")
        found: dict[str, Any] = json.loads(line)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.communicate()


@contextmanager
def installed(pythons: Sequence[str]) -> Iterator[list[Peer]]:
    """Start each peer that one of the interpreters has."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(Peer(python, package))
            for python in pythons
            for package in PACKAGES
            if _has(python, package)
        ]


def _has(python: str, package: str) -> bool:
    """Whether a package is installed there; this project has the name of one of them."""
    look = (
        "import sys; from importlib.metadata import version; from importlib.util import find_spec; "
        "version(sys.argv[1]); sys.exit(sys.argv[1] == 'chanx' and find_spec('chanx_django') is not None)"
    )
    return subprocess.run([python, "-Ic", look, package], capture_output=True, check=False).returncode == 0
