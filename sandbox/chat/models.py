"""Rooms, what is said in them, and announcements."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models


class Room(models.Model):
    """A place to talk; a private one is for its members."""

    name = models.CharField(max_length=40)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    private = models.BooleanField(default=False)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def group(self) -> str:
        """The group of everybody who is in the room."""
        return f"room-{self.pk}"

    def admits(self, user: AbstractBaseUser | AnonymousUser) -> bool:
        """Whether somebody may enter."""
        return not self.private or user in (self.owner, *self.members.all())


class Line(models.Model):
    """Something that was said."""

    room = models.ForeignKey(Room, models.CASCADE)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    text = models.CharField(max_length=500)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


class Announcement(models.Model):
    """Something to be read in one room, or in all of them."""

    text = models.CharField(max_length=200)
    room = models.ForeignKey(
        Room, models.CASCADE, null=True, blank=True, help_text="All rooms, when it is left empty."
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.text
