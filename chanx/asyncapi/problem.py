"""A problem of a document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a document."""

    path: str
    """Where: a JSON pointer like ``#/channels/chat/address``."""
    message: str
    code: str
    """The name of the rule, for programs."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message} [{self.code}]"
