"""The code blocks of a page, and what each kind must satisfy."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from markdown_it import MarkdownIt

from tests.docs.commands import check_commands

ROOT = Path(__file__).parent.parent.parent
OPTION = re.compile(r":([\w-]+):\s*(.*)")


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is that of its first line of content, counted from 1."""

    page: Path
    line: int
    directive: str
    language: str
    content: str
    options: dict[str, str]
    reason: str
    """The MyST comment (`% ...`) right above it."""

    @property
    def runs(self) -> bool:
        return "no-run" not in self.options.get("class", "").split()

    @property
    def padded(self) -> str:
        """The content on the lines where it stands in the page, so that a traceback points there."""
        return "\n" * (self.line - 1) + self.content


@cache
def blocks_of(page: Path) -> tuple[Block, ...]:
    text = page.read_text()
    lines = text.splitlines()
    fences = [token for token in MarkdownIt().parse(text) if token.type == "fence"]
    return tuple(
        _block(page, token.map[0], token.info, token.content, lines) for token in fences if token.map
    )


def _block(page: Path, start: int, info: str, content: str, lines: list[str]) -> Block:
    directive, _, argument = info.strip().partition("}")
    directive, argument = (
        (directive[1:], argument.strip()) if directive.startswith("{") else ("", info.strip())
    )
    options: dict[str, str] = {}
    body = content.splitlines(keepends=True)
    while directive and body and (match := OPTION.match(body[0])):
        options[match[1]] = match[2].strip()
        body.pop(0)
    above = lines[start - 1] if start else ""
    return Block(
        page=page,
        line=start + 2 + len(options),
        directive=directive,
        language=directive if directive not in {"", "code-block"} else argument,
        content=argument if directive == "literalinclude" else "".join(body),
        options=options,
        reason=above.removeprefix("%").strip() if above.startswith("%") else "",
    )


def check(block: Block) -> None:
    """Fail unless the block is what its language says."""
    assert block.language in CHECKS, f"name the language of the block: one of {', '.join(sorted(CHECKS))}"
    assert block.runs or block.reason, "a block marked no-run says why in a `% comment` above it"
    CHECKS[block.language](block)


def _python(block: Block) -> None:
    """Its page's module has run it; what is marked no-run must at least be Python."""
    ast.parse(block.content)


def _json(block: Block) -> None:
    """One document, or one for each line: frames, which may be marked with their direction."""
    try:
        json.loads(block.content)
    except json.JSONDecodeError:
        for line in block.content.splitlines():
            json.loads(line.lstrip("→←<> "))


def _literalinclude(block: Block) -> None:
    assert (block.page.parent / block.content).resolve().is_file(), f"no file {block.content}"


def _shell(block: Block) -> None:
    lines = block.content.replace("\\\n", "").splitlines()
    check_commands([line[2:] for line in lines if line.startswith("$ ")] or lines)


def _accept(block: Block) -> None:
    """Nothing that could run."""


CHECKS: dict[str, Callable[[Block], None]] = {
    "python": _python,
    "json": _json,
    "yaml": lambda block: yaml.safe_load(block.content),
    "toml": lambda block: tomllib.loads(block.content),
    "console": _shell,
    "bash": _shell,
    "literalinclude": _literalinclude,
    **dict.fromkeys(
        (
            "text",
            "html",
            "css",
            "mermaid",
            "include",
            "toctree",
            "note",
            "tip",
            "warning",
            "admonition",
            "eval-rst",
        ),
        _accept,
    ),
    **dict.fromkeys(
        ("automodule", "autoclass", "autofunction", "seealso", "grid", "figure", "image"), _accept
    ),
}
