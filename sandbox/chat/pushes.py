"""What is saved is pushed: by a view, in the admin, or in a shell."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save

from sandbox.chat.consumers import EVERYBODY, RoomConsumer, RoomsConsumer
from sandbox.chat.messages import Announced, AnnouncedPayload, RoomDeleted, RoomInfo, RoomSaved
from sandbox.chat.models import Announcement, Room


def connect() -> None:
    """Listen to what the models save."""
    post_save.connect(room_saved, Room)
    post_delete.connect(room_deleted, Room)
    post_save.connect(announcement_saved, Announcement)


def room_saved(instance: Room, **_: Any) -> None:
    """Tell those in the room and those who see the list."""
    saved = RoomSaved(payload=RoomInfo.model_validate(instance))
    RoomConsumer.broadcast_on_commit(saved, [instance.group])
    RoomsConsumer.broadcast_on_commit(saved, ["rooms"])


def room_deleted(instance: Room, **_: Any) -> None:
    """Send everybody out."""
    RoomConsumer.broadcast_on_commit(RoomDeleted(), [instance.group])


def announcement_saved(instance: Announcement, *, created: bool, **_: Any) -> None:
    """Announce it once, in its room or everywhere."""
    if created:
        payload = AnnouncedPayload(author=instance.author.get_username(), text=instance.text)
        groups = [instance.room.group] if instance.room else [EVERYBODY]
        RoomConsumer.broadcast_on_commit(Announced(payload=payload), groups)
