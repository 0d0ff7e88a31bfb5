"""The pages; what changes in them comes over the WebSocket."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from sandbox.chat.forms import AnnouncementForm, RoomForm
from sandbox.chat.models import Room


@login_required
def rooms(request: HttpRequest) -> HttpResponse:
    """Show the rooms; a POST makes one."""
    form = RoomForm(request.POST or None)
    if form.is_valid():
        form.instance.owner = request.user
        return redirect("room", form.save().pk)
    return render(request, "chat/rooms.html", {"rooms": Room.objects.all(), "form": form})


@login_required
def room(request: HttpRequest, room: int) -> HttpResponse:
    """Show a room, whether or not it exists: the WebSocket decides who may enter what."""
    return render(request, "chat/room.html", {"room": room})


@login_required
@require_POST
def announce(request: HttpRequest) -> HttpResponse:
    """Save an announcement, which pushes it to the browsers; this answer holds nothing of it."""
    form = AnnouncementForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    room = form.cleaned_data["room"]
    if room is not None and not room.admits(request.user):
        return HttpResponseForbidden()
    form.instance.author = request.user
    form.save()
    return HttpResponse(status=204)
