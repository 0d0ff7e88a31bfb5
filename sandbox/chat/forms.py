"""The forms of the pages."""

from __future__ import annotations

from django import forms

from sandbox.chat.models import Announcement, Room


class RoomForm(forms.ModelForm):
    """Makes a room."""

    class Meta:
        model = Room
        fields = ["name", "private"]


class AnnouncementForm(forms.ModelForm):
    """Announces something."""

    class Meta:
        model = Announcement
        fields = ["text", "room"]
        widgets = {"room": forms.HiddenInput}
