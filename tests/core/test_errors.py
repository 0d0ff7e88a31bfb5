from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from chanx.core.errors import (
    ChanxError,
    ConfigurationError,
    ContractError,
    DocumentError,
    FrameError,
    LayerMissingError,
    RequestError,
)
from chanx.messages.outgoing import ErrorCode, ErrorDetail


@pytest.mark.parametrize(
    "error", [ContractError, ConfigurationError, LayerMissingError, DocumentError, RequestError, FrameError]
)
def test_every_error_is_one_of_ours(error: type[Exception]) -> None:
    assert issubclass(error, ChanxError)


def test_a_refusal_is_a_validation_error_unless_it_says_another_code() -> None:
    assert RequestError("Wrong.").code is ErrorCode.VALIDATION_ERROR
    assert RequestError("Gone.", "not_found").code is ErrorCode.NOT_FOUND  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="odd"):
        RequestError("Odd.", "odd")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("detail", "shown"), [("é", "é"), ("a\ud800b", "a?b"), (ValueError("no"), "no"), (5, "5")], ids=ascii
)
def test_the_detail_is_text_that_can_be_sent(detail: Any, shown: str) -> None:
    error = RequestError(detail)
    assert error.detail == shown


def test_details_are_checked_where_they_are_given() -> None:
    error = RequestError("Wrong.", errors=[{"loc": ["a"], "msg": "m", "type": "t"}], retry_after=3)  # type: ignore[list-item]
    assert error.errors == [ErrorDetail(loc=["a"], msg="m", type="t")]
    assert type(error.retry_after) is float
    with pytest.raises(ValidationError):
        RequestError("Wrong.", errors=["a"])  # type: ignore[list-item]


def test_a_frame_error_knows_the_frame() -> None:
    error = FrameError("Wrong.", ErrorCode.MALFORMED_FRAME, frame_id=3)
    assert (error.frame_id, error.errors, error.retry_after, str(error)) == (3, None, None, "Wrong.")
