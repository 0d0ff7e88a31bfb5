"""
Pytest plugin: README.md and the pages of docs/ are test modules.

The Python blocks of a page run in order as one module when the page is collected; the tests in it (functions, and
`TestCase` classes) run as any others. The other blocks are checked by what they are: see `blocks.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.blocks import ROOT, Block, blocks_of, check

PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md")


def is_page(path: Path) -> bool:
    in_docs = path.is_relative_to(ROOT / "docs") and "_build" not in path.parts
    return path.suffix == ".md" and (path in PAGES or in_docs)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    return Page.from_parent(parent, path=file_path) if is_page(file_path) else None


class Page(pytest.Module):
    """A page whose Python blocks together are a test module."""

    def _getobj(self) -> ModuleType:
        relative = self.path.relative_to(ROOT).with_suffix("")
        module = ModuleType("pages." + ".".join(relative.parts))
        module.__file__ = str(self.path)
        sys.modules[module.__name__] = module
        for block in blocks_of(self.path):
            if block.language == "python" and block.runs:
                exec(compile(block.padded, str(self.path), "exec", dont_inherit=True), vars(module))
        return module

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        for block in blocks_of(self.path):
            yield BlockItem.from_parent(self, name=f"{block.language}-{block.line}", block=block)
        yield from super().collect()


class BlockItem(pytest.Item):
    """One block of a page."""

    def __init__(self, *, block: Block, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]  # Pytest's own node arguments, handed on.
        self.block = block

    def runtest(self) -> None:
        check(self.block)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.block.line - 1, f"{self.path.name}:{self.block.line}"
