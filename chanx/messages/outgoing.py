"""Messages that the framework itself sends."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, Field, GetJsonSchemaHandler, SerializerFunctionWrapHandler, model_serializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from chanx.messages.base import BaseMessage


class ErrorCode(StrEnum):
    """Every reason for which an ``error`` frame is sent."""

    MALFORMED_FRAME = "malformed_frame"
    UNKNOWN_ACTION = "unknown_action"
    VALIDATION_ERROR = "validation_error"
    NOT_AUTHENTICATED = "not_authenticated"
    PERMISSION_DENIED = "permission_denied"
    NOT_FOUND = "not_found"
    THROTTLED = "throttled"
    TOO_LARGE = "too_large"
    TOO_MANY_PENDING = "too_many_pending"
    CANCELLED = "cancelled"
    INTERNAL_ERROR = "internal_error"


class ErrorDetail(BaseModel):
    """One place in a frame that failed validation."""

    loc: list[str | int] = Field(description="The path to the value, outermost key first.")
    msg: str = Field(description="What was expected.")
    type: str = Field(description="Pydantic's name of the error.")


class ErrorPayload(BaseModel):
    """What went wrong; keys that don't apply are absent."""

    code: ErrorCode = Field(description="The reason, for programs.")
    detail: str = Field(description="The reason, for people.")
    errors: list[ErrorDetail] | None = Field(default=None, description="Where validation failed.")
    retry_after: float | None = Field(default=None, description="Seconds to wait before trying again.")
    error_id: str | None = Field(default=None, description="The id under which the server logged it.")

    @model_serializer(mode="wrap")
    def _leave_out_absent(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value is not None}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Show the fields that the serializer hides from Pydantic; those that may be absent are never null."""
        fields: Any = {key: value for key, value in schema.items() if key != "serialization"}
        shown = handler.resolve_ref_schema(handler(fields))
        for name, field in shown["properties"].items():
            if "default" in field:
                del field["default"]
                field.update(next(choice for choice in field.pop("anyOf") if choice != {"type": "null"}))
                shown["required"] = [required for required in shown["required"] if required != name]
        return shown


class ErrorMessage(BaseMessage):
    """Tells the client that a frame failed."""

    action: Literal["error"] = "error"
    payload: ErrorPayload


class AuthenticationPayload(BaseModel):
    """How the authentication of the connection ended."""

    status_code: int = Field(description="An HTTP status code; 200 is success.")
    status_text: str = Field(description="The status in words.")
    data: Any = Field(default=None, description="What the authenticator adds.")


class AuthenticationMessage(BaseMessage):
    """Tells the client how its authentication ended; no frame is handled before it."""

    action: Literal["authentication"] = "authentication"
    payload: AuthenticationPayload


class PongMessage(BaseMessage):
    """Answers a ping."""

    action: Literal["pong"] = "pong"
    payload: None = None


class CompleteMessage(BaseMessage):
    """Ends the answer to a frame."""

    action: Literal["complete"] = "complete"
    payload: None = None


class GroupCompleteMessage(BaseMessage):
    """Follows a message that came through a group."""

    action: Literal["group_complete"] = "group_complete"
    payload: None = None


class EventCompleteMessage(BaseMessage):
    """Follows the handling of an event."""

    action: Literal["event_complete"] = "event_complete"
    payload: None = None
