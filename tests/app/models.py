"""Models for the tests."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Room(models.Model):
    """A room that belongs to somebody."""

    name = models.CharField(max_length=50)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="rooms")
    archived = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """Somebody's place in a room."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"
