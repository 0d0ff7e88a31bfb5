"""The Django app."""

from __future__ import annotations

from types import ModuleType

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NAMES = frozenset(
    f"{module}{suffix}"
    for module in ("chanx_django", "chanx.channels")
    for suffix in ("", ".apps.ChanxConfig")
)
"""What INSTALLED_APPS may call it."""


class ChanxConfig(AppConfig):
    """The app behind both ``"chanx_django"`` and ``"chanx.channels"`` in INSTALLED_APPS."""

    name = "chanx_django"
    label = "chanx"
    verbose_name = "Chanx"
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        listed = [entry for entry in settings.INSTALLED_APPS if entry in NAMES]
        if len(listed) > 1:
            raise ImproperlyConfigured(
                f"INSTALLED_APPS lists {' and '.join(map(repr, listed))}, which are one app. Remove one of them."
            )
        super().__init__(app_name, app_module)

    def ready(self) -> None:
        """Register the system checks."""
        from chanx_django.checks import register_checks

        register_checks()
