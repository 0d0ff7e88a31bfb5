"""
Golden documents: what the generator makes must be what stands in the file.

Write them anew with ``CHANX_UPDATE_GOLDEN=1 pytest tests/asyncapi tests/django``, and read the difference before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from chanx.asyncapi import to_yaml
from tests.asyncapi.official import OfficialParser
from tests.asyncapi.structure import NEWER_VERSION, Document, problems


def assert_golden(document: Document, file: Path) -> None:
    """Compare a document with its file."""
    text = to_yaml(document)
    if os.environ.get("CHANX_UPDATE_GOLDEN") == "1":
        file.write_text(text)
    assert text == file.read_text(), f"{file.name} differs; see {__name__} for how to write it anew"
    assert yaml.safe_load(text) == document


def assert_valid(documents: Mapping[str, Document], parser: OfficialParser) -> None:
    """Check documents by our own rules, and by the official parser."""
    for document in documents.values():
        assert problems(document) == []
    newest = [to_yaml({**document, "asyncapi": "3.1.0"}) for document in documents.values()]
    older = [to_yaml({**document, "asyncapi": "3.0.0"}) for document in documents.values()]
    found = parser.diagnostics(*newest, *older)
    assert dict(zip(documents, found, strict=False)) == {name: [] for name in documents}
    codes = [[diagnostic["code"] for diagnostic in each] for each in found[len(documents) :]]
    assert dict(zip(documents, codes, strict=True)) == {name: [NEWER_VERSION] for name in documents}
