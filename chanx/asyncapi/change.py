"""A change between two documents, and how changes are written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Side = Literal["client", "server"]
Direction = Literal["", "send", "receive"]


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One thing that changed."""

    address: str
    """The channel's; empty for what concerns them all."""
    direction: Direction
    """What clients do with the message: they ``send`` it, or they ``receive`` it; empty where it isn't about one."""
    action: str
    """The name of the message on the wire; empty for what concerns the channel."""
    path: str
    """Where in the message: ``payload.lines[].price``."""
    code: str
    """The name of the kind of change, for programs."""
    message: str
    breaks: tuple[Side, ...] = ()
    """
    Who stops working: a ``client`` made for the old document, with a server of the new one; or a ``server``
    of the old document, with a client made for the new one.
    """

    @property
    def breaking(self) -> bool:
        """Whether clients that are there already stop working."""
        return "client" in self.breaks

    def __str__(self) -> str:
        direction = f"you {self.direction}" if self.direction else ""
        places = (self.address or "all channels", direction, self.action, self.path)
        return f"{' '.join(place for place in places if place)}: {self.message} [{self.code}]"


def as_text(changes: Sequence[Change]) -> str:
    """Write changes for people: those that break clients first."""
    kinds = {
        "Breaks clients that are there already:": [each for each in changes if each.breaking],
        "Update the server before its clients:": [each for each in changes if each.breaks == ("server",)],
        "Breaks nothing:": [each for each in changes if not each.breaks],
    }
    lines: list[str] = []
    for title, found in kinds.items():
        if found:
            lines += [title, *(f"  {each}" for each in found), ""]
    breaking = sum(each.breaking for each in changes)
    total = f"{len(changes)} change{'' if len(changes) == 1 else 's'}"
    return "\n".join([*lines, f"{total}, {breaking} breaking" if changes else "No changes", ""])


def as_json(changes: Sequence[Change]) -> str:
    """Write changes for programs."""
    written = [{**asdict(change), "breaking": change.breaking} for change in changes]
    whole = {"breaking": any(change.breaking for change in changes), "changes": written}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
