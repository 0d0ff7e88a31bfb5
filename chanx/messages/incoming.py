"""Messages that every consumer understands."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, StrictInt, StrictStr

from chanx.messages.base import BaseMessage

FrameId = StrictStr | StrictInt


class PingMessage(BaseMessage):
    """Ask whether the connection is alive."""

    action: Literal["ping"] = "ping"
    payload: None = None


class CancelPayload(BaseModel):
    """Names the frame whose handler shall stop."""

    id: FrameId = Field(description="The id of the frame to cancel.")


class CancelMessage(BaseMessage):
    """Stop a streaming or concurrent handler."""

    action: Literal["cancel"] = "cancel"
    payload: CancelPayload
