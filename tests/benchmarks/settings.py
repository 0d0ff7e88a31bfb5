"""The tests' settings, with layers that lose nothing."""

from __future__ import annotations

from tests.django_settings import *  # noqa: F403 - settings build on settings

CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 100_000}},
}
