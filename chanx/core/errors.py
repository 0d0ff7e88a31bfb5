"""Every exception that chanx raises on purpose."""

from __future__ import annotations

from collections.abc import Sequence

from chanx.messages.outgoing import ErrorCode, ErrorDetail


class ChanxError(Exception):
    """The root of them all."""


class ContractError(ChanxError, TypeError):
    """A consumer or message class is declared in a way that cannot work."""


class ConfigurationError(ChanxError):
    """A setting has a wrong value, or a feature needs an extra that isn't installed."""


class LayerMissingError(ConfigurationError):
    """Something was sent through a channel layer, and there is none."""


class DocumentError(ChanxError):
    """A document can't be made of what was declared: an example that doesn't validate, or a type without a schema."""


class RequestError(ChanxError):
    """
    A frame is refused: raise it in a handler to answer with an ``error`` frame.

    Its text reaches the client, so write it for them.
    """

    def __init__(
        self,
        detail: str,
        code: ErrorCode = ErrorCode.VALIDATION_ERROR,
        *,
        errors: Sequence[ErrorDetail] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = str(detail).encode("utf-8", "replace").decode()
        self.code = ErrorCode(code)
        self.errors = errors and [ErrorDetail.model_validate(error) for error in errors]
        self.retry_after = retry_after and float(retry_after)


class FrameError(RequestError):
    """A frame could not be read as a message of the contract."""

    def __init__(
        self,
        detail: str,
        code: ErrorCode,
        *,
        frame_id: str | int | None = None,
        errors: Sequence[ErrorDetail] | None = None,
    ) -> None:
        super().__init__(detail, code, errors=errors)
        self.frame_id = frame_id
