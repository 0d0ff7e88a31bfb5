"""Tables of the reference that must hold what the code holds."""

from __future__ import annotations

import re
from pathlib import Path

from chanx.messages.outgoing import ErrorCode

ROOT = Path(__file__).parent.parent.parent
REFERENCE = ROOT / "docs" / "reference"


def test_every_system_check_is_listed() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "chanx_django").glob("*check*.py"))
    page = (REFERENCE / "checks.md").read_text()
    assert set(re.findall(r"chanx\.[EW]\d{3}", sources)) == set(re.findall(r"chanx\.[EW]\d{3}", page))


def test_every_error_code_is_listed() -> None:
    page = (REFERENCE / "wire.md").read_text().split("## Errors")[1].split("## Close codes")[0]
    assert {code.value for code in ErrorCode} <= set(re.findall(r"`(\w+)`", page))


def test_every_close_code_in_the_code_is_listed() -> None:
    sources = "".join(
        path.read_text() for package in ("chanx", "chanx_django") for path in (ROOT / package).rglob("*.py")
    )
    page = (REFERENCE / "wire.md").read_text().split("## Close codes")[1]
    assert set(re.findall(r"\b4[45]\d{2}\b", sources)) <= set(re.findall(r"\b4[45]\d{2}\b", page))
