"""Who may read the document, and what its page lets them do."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from chanx_django.settings import chanx_settings


def may_read(request: HttpRequest) -> bool:
    """Say whether a request may have the document, as ``ASYNCAPI_ACCESS`` says."""
    access = chanx_settings.ASYNCAPI_ACCESS
    if access == "staff":
        user = getattr(request, "user", None)
        return user is not None and user.is_active and user.is_staff
    return access == "public" or settings.DEBUG


def may_try() -> bool:
    """Say whether the page has the console, as ``TRY_IT_OUT_ENABLED`` says, else ``DEBUG``."""
    enabled = chanx_settings.TRY_IT_OUT_ENABLED
    return settings.DEBUG if enabled is None else enabled
