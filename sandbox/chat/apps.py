"""The Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """The chat."""

    name = "sandbox.chat"
    label = "chat"

    def ready(self) -> None:
        """Let what is saved be pushed, whoever saves it."""
        from sandbox.chat import pushes

        pushes.connect()
