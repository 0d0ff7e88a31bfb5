from __future__ import annotations

from tests.asyncapi.official import official_parser  # noqa: F401 - a fixture
