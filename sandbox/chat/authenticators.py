"""Who may come in: decided by Django REST framework's classes, before any frame is handled."""

from __future__ import annotations

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from chanx.channels.authenticator import DjangoAuthenticator
from sandbox.chat.models import Room


class MayEnter(BasePermission):
    """A private room is for its owner and its members."""

    message = "This room is private."

    def has_object_permission(self, request: Request, view: APIView, obj: Room) -> bool:
        """Ask the room."""
        return obj.admits(request.user)


class MemberAuthenticator(DjangoAuthenticator):
    """Lets in whoever has signed in."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]


class RoomAuthenticator(MemberAuthenticator):
    """Lets in whoever may enter the room that the address names."""

    permission_classes = [IsAuthenticated, MayEnter]
    queryset = Room.objects.select_related("owner")
    lookup_url_kwarg = "room"
