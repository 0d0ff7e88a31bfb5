"""A route: the path of a consumer, with the parameters in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from chanx.core.authenticator import Credential
from chanx.core.contract import Contract


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of a path that varies."""

    name: str
    type: str = "string"
    """The JSON type of its value."""
    pattern: str | None = None
    """A regular expression for the whole value, in the syntax that Python and JavaScript share."""
    format: str | None = None
    minimum: int | None = None
    choices: tuple[str, ...] = ()
    """All its values, where they are few."""


@dataclass(frozen=True, slots=True)
class Template:
    """A path, or a piece of one, with its parameters in braces."""

    text: str = ""
    parameters: tuple[Parameter, ...] = ()
    given: frozenset[str] = frozenset()
    """Names that the router supplies although they don't stand in the text."""

    def __add__(self, other: Template) -> Template:
        """Append a piece; of two parameters with one name the later keeps it, as it does in a router."""
        first = self
        for parameter in other.parameters:
            if any(known.name == parameter.name for known in first.parameters):
                first = first.rename(parameter.name, f"outer_{parameter.name}")
        return Template(
            first.text + other.text, first.parameters + other.parameters, first.given | other.given
        )

    def rename(self, old: str, new: str) -> Template:
        """Give a parameter another name."""
        renamed = tuple(replace(known, name=new) if known.name == old else known for known in self.parameters)
        return replace(self, text=self.text.replace(f"{{{old}}}", f"{{{new}}}"), parameters=renamed)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a consumer is reached."""

    path: str
    """The path with a leading slash, and its parameters in braces: ``/ws/chat/{room_id}/``."""
    parameters: tuple[Parameter, ...] = ()
    consumer: type[Any] | None = None
    """The class behind it; None for an ASGI application that is no class."""
    name: str = ""
    """What to call the application behind it; the consumer's class name by default."""
    description: str = ""
    given: frozenset[str] = frozenset()
    """Parameters that the router supplies although they don't stand in the path."""
    credentials: tuple[Credential, ...] = ()
    """Where the framework around it looks for a token, beside what the authenticator declares."""
    documented: Contract | None = None
    """What is documented of a consumer that isn't ours."""

    @property
    def contract(self) -> Contract | None:
        """The contract of the consumer; None for one that isn't ours and says nothing of itself."""
        found = getattr(self.consumer, "contract", None)
        return found if isinstance(found, Contract) else self.documented


def snake_name(name: str) -> str:
    """Turn ``ChatRoomConsumer`` into ``chat_room``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    return words.removesuffix("_consumer") or words
