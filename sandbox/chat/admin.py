"""The admin: renaming a room or saving an announcement there is seen in the browsers at once."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest

from sandbox.chat.models import Announcement, Room


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    """Rooms."""

    list_display = ["name", "owner", "private"]


@admin.register(Announcement)
class AnnouncementAdmin(admin.ModelAdmin):
    """Announcements."""

    list_display = ["text", "room", "author", "at"]
    exclude = ["author"]

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:
        """Note who announces."""
        if not change:
            obj.author = cast(User, request.user)
        super().save_model(request, obj, form, change)
