"""What was said in a room, out of the database."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from sandbox.chat.messages import HistoryPage, HistoryPayload, OpenedPayload, RoomInfo, SpokenLine
from sandbox.chat.models import Line, Room

FIRST_PAGE = 30
"""How many lines a page gets when it opens."""


def spoken(line: Line) -> SpokenLine:
    """Turn a row into what travels."""
    return SpokenLine(id=line.pk, author=line.author.get_username(), text=line.text, at=line.at)


def opened(room: Room, user: AbstractBaseUser, since: int) -> OpenedPayload:
    """Return what a page shows first: the room and its last lines, but for those that the page has."""
    page = _page(room, FIRST_PAGE, pk__gt=since)
    return OpenedPayload(
        room=RoomInfo.model_validate(room),
        you=user.get_username(),
        owner=room.owner.get_username(),
        lines=page.lines,
        more=page.more,
    )


def before(room: Room, wanted: HistoryPayload) -> HistoryPage:
    """Return the lines before one."""
    return _page(room, wanted.limit, pk__lt=wanted.before)


def _page(room: Room, limit: int, **limits: int) -> HistoryPage:
    found = Line.objects.filter(room=room, **limits).select_related("author").order_by("-pk")[: limit + 1]
    lines = [spoken(line) for line in found]
    return HistoryPage(lines=lines[:limit][::-1], more=len(lines) > limit)
