"""The command ``demo``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.management.base import BaseCommand
from django.db import transaction

from sandbox.chat.models import Line, Room


class Command(BaseCommand):
    """Creates the accounts and rooms of the demonstration, where they are missing."""

    help = "Create the accounts and rooms of the demonstration, where they are missing."

    @transaction.atomic
    def handle(self, **_: Any) -> None:
        """Create them; what is there stays as it is."""
        alice, _bob, carol = [self.account(name) for name in settings.DEMO_ACCOUNTS]
        alice.is_staff = True
        alice.save(update_fields=["is_staff"])
        alice.user_permissions.set(Permission.objects.filter(content_type__app_label="chat"))
        if not Room.objects.exists():
            lobby = Room.objects.create(name="Lobby", owner=alice)
            Line.objects.create(room=lobby, author=alice, text="Welcome! Open this page in a second browser.")
            kitchen = Room.objects.create(name="Kitchen", owner=alice, private=True)
            kitchen.members.add(carol)

    def account(self, name: str) -> User:
        """Return a user, with the password of the demonstration when it is new."""
        user, created = User.objects.get_or_create(username=name)
        if created:
            user.set_password(settings.DEMO_PASSWORD)
            user.save(update_fields=["password"])
        return user
