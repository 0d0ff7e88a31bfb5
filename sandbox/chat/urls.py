"""The addresses of the pages."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.urls import path

from sandbox.chat import views

accounts = {"accounts": settings.DEMO_ACCOUNTS, "password": settings.DEMO_PASSWORD}

urlpatterns = [
    path("", views.rooms, name="rooms"),
    path("rooms/<int:room>/", views.room, name="room"),
    path("announce/", views.announce, name="announce"),
    path("accounts/login/", LoginView.as_view(extra_context=accounts), name="login"),
]
