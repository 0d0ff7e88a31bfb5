"""Consumers that name the key of the action differently, and share their messages."""

from __future__ import annotations

from chanx.core.decorators import ws_handler
from chanx.core.websocket import WebsocketConsumer
from tests.asyncapi.cases.features import Said, Say


class PlainConsumer(WebsocketConsumer):
    @ws_handler(examples=[{"text": "Hi"}])
    async def say(self, message: Say) -> Said: ...


class RenamedConsumer(WebsocketConsumer):
    message_action_key = "type"

    @ws_handler(
        examples=[
            {"text": "Hi"},
            {"type": "say", "payload": {"text": "Ho"}},
            {"action": "say", "payload": {"text": "Hu"}},
        ]
    )
    async def say(self, message: Say) -> Said: ...
