"""
Golden documents: what the generator makes must be what stands in the file.

Write them anew with ``CHANX_UPDATE_GOLDEN=1 pytest tests/asyncapi tests/django``, and read the difference before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from chanx.asyncapi import to_yaml
from tests.asyncapi.official import OfficialParser
from tests.asyncapi.structure import NEWER_VERSION, example_problems, problems


def assert_golden(document: dict[str, Any], file: Path) -> None:
    """Compare a document with its file."""
    text = to_yaml(document)
    if os.environ.get("CHANX_UPDATE_GOLDEN") == "1":
        file.write_text(text)
    assert text == file.read_text(), f"{file.name} differs; see {__name__} for how to write it anew"
    assert yaml.safe_load(text) == document


def assert_valid(document: dict[str, Any], parser: OfficialParser) -> None:
    """Check a document by the official parser, by our own rules, and its examples by its schemas."""
    assert problems(document) == []
    assert example_problems(document) == []
    newest, older = parser.diagnostics(
        to_yaml({**document, "asyncapi": "3.1.0"}), to_yaml({**document, "asyncapi": "3.0.0"})
    )
    assert newest == []
    assert [diagnostic["code"] for diagnostic in older] == [NEWER_VERSION]
