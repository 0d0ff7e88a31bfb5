"""The rules on the shape of the code that no linter knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("chanx", "chanx_django")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
CORE = [path for path in SOURCES if path.is_relative_to(ROOT / "chanx") and "channels" not in path.parts]
FRAMEWORKS = {"django", "channels", "rest_framework", "asgiref", "chanx_django"}
TEXTS = {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".json", ".html", ".js", ".css", ""}
FOLDERS = (*PACKAGES, "sandbox", "tests", "docs", "requirements", ".ci")
# In pieces, so that this file passes its own test.
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:" + "ro" + "ot|ho" + "me|wo" + r"rk)/[\w.]|/opt/ve" + "nv")
BROAD = re.compile(r"\b(Base)?Exception\b")
REASON = re.compile(r"# (noqa: BLE001 - )?(?!noqa)\w.{8,}")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))


def line_of(path: Path, node: ast.ClassDef | ast.ExceptHandler) -> str:
    return path.read_text().splitlines()[node.lineno - 1]


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def body_lines(function: Function) -> int:
    """Count the lines below the docstring."""
    first = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - first[0].lineno + 1 if first else 0


def project_texts() -> Iterator[Path]:
    yield from (
        path
        for path in ROOT.iterdir()
        if path.is_file() and path.suffix in TEXTS and path.name != ".coverage"
    )
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            generated = {"__pycache__", "node_modules", "_build", "staticfiles"} & set(path.parts)
            if path.is_file() and path.suffix in TEXTS and not generated:
                yield path


def test_a_file_has_at_most_400_lines() -> None:
    long = {name(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: lines for path, lines in long.items() if lines > 400} == {}


def test_a_function_has_at_most_40_lines() -> None:
    long = {
        f"{name(path)}:{node.lineno} {node.name}": body_lines(node)
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, Function) and body_lines(node) > 40
    }
    assert long == {}


def test_a_class_has_at_most_15_public_methods_or_says_why() -> None:
    """A class that needs more says so in its first line: ``class X:  # public methods: the reason``."""
    crowded = {}
    for path in SOURCES:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef) and "# public methods: " not in line_of(path, node):
                methods = {n.name for n in node.body if isinstance(n, Function) and n.name[0] != "_"}
                if len(methods) > 15:
                    crowded[f"{name(path)}:{node.lineno} {node.name}"] = len(methods)
    assert crowded == {}


def test_a_broad_except_gives_its_reason() -> None:
    """The reason stands behind it: ``except Exception:  # noqa: BLE001 - the reason``."""
    bare = [
        f"{name(path)}:{node.lineno}"
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or BROAD.search(ast.unparse(node.type)))
        and not REASON.search(line_of(path, node))
    ]
    assert bare == []


def test_the_core_imports_no_framework() -> None:
    wrong = [
        f"{name(path)}:{node.lineno}"
        for path in CORE
        for node in nodes(path)
        for module in imported(node)
        if module.split(".")[0] in FRAMEWORKS or module.startswith("chanx.channels")
    ]
    assert wrong == []


def test_the_shims_hold_names_only() -> None:
    for path in (ROOT / "chanx" / "channels").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            assert docstring or isinstance(node, ast.ImportFrom), f"{name(path)}:{node.lineno} holds code"


def test_no_file_names_a_path_of_a_machine() -> None:
    found = {
        name(path): match.group()
        for path in project_texts()
        if (match := MACHINE_PATH.search(path.read_text(errors="replace")))
    }
    assert found == {}
