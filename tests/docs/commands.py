"""Commands that pages show: each must exist here, with the arguments that they name."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
SEPARATORS = {"&&", "||", ";", "|", "&"}
ELSEWHERE = {
    "cd",
    "git",
    "curl",
    "redis-server",
    "uvicorn",
    "daphne",
    "npm",
    "npx",
    "docker",
    "export",
    "source",
}
"""Programs of the reader's machine; nothing of ours to check in their arguments."""


def check_commands(lines: Iterable[str]) -> None:
    """Fail on a command that this project, or Django with it, doesn't have."""
    for line in lines:
        words = shlex.split(line, comments=True)
        for command in _split(words):
            _check(command)


def _split(words: list[str]) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for word in words:
        if word in SEPARATORS:
            commands.append([])
        elif commands[-1] or not re.fullmatch(r"[A-Z_]+=.*", word):
            commands[-1].append(word)
    return [command for command in commands if command]


def _check(command: list[str]) -> None:
    program, *arguments = command
    program = program.rsplit("/", 1)[-1] if program.startswith(".venv/bin/") else program
    if program in ELSEWHERE:
        return
    assert program in PROGRAMS, f"{program!r} is no command that the pages may show: see {__name__}"
    PROGRAMS[program](arguments)


def _python(arguments: list[str]) -> None:
    if arguments[:1] == ["-m"]:
        module = arguments[1]
        if module in {"pip", "pytest", "nox"}:
            PROGRAMS[module](arguments[2:])
        elif module not in {"venv", "coverage", "build"}:
            assert (ROOT / module / "__main__.py").is_file(), f"no module {module} to run"
    elif arguments[:1] and arguments[0].endswith("manage.py"):
        _manage(arguments[1:])


def _manage(arguments: list[str]) -> None:
    from django.core.management import get_commands

    assert arguments[0] in get_commands(), f"no management command {arguments[0]}"


def _pip(arguments: list[str]) -> None:
    known = _project()["project"]["optional-dependencies"]
    for extras in re.findall(r"(?:\.|chanx|\.whl)\[([\w,-]+)\]", " ".join(arguments)):
        assert set(extras.split(",")) <= set(known), f"an extra of {extras} is not in pyproject.toml"


def _pytest(arguments: list[str]) -> None:
    for argument in arguments:
        if "/" in argument and not argument.startswith("-"):
            assert (ROOT / argument.split("::")[0]).exists(), f"no tests at {argument}"


def _nox(arguments: list[str]) -> None:
    sessions = re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), re.MULTILINE)
    if "-s" in arguments:
        named = arguments[arguments.index("-s") + 1].split("(")[0].split("-")[0]
        assert named in sessions, f"no nox session {named}"


def _file(path: str) -> Callable[[list[str]], None]:
    def check(arguments: list[str]) -> None:
        assert (ROOT / path).is_file(), f"no file {path}"

    return check


def _installed(arguments: list[str]) -> None:
    """Accept a tool of the development environment."""


@cache
def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


PROGRAMS: dict[str, Callable[[list[str]], None]] = {
    "python": _python,
    "python3": _python,
    "pip": _pip,
    "pytest": _pytest,
    "nox": _nox,
    ".ci/run": _file(".ci/run"),
    **dict.fromkeys(("ruff", "mypy", "pyright", "lint-imports", "sphinx-build"), _installed),
}
