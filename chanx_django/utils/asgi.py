"""The project's ASGI application, and the part of it that serves WebSockets."""

from __future__ import annotations

from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.utils.module_loading import import_string

from chanx.core.errors import ConfigurationError
from chanx.routing.unwrap import unwrap


def get_websocket_application() -> Any:
    """
    Return what serves WebSockets in ``ASGI_APPLICATION``, for tests and to find routes.

    It is what the project's `ProtocolTypeRouter` has for ``"websocket"``, with the middleware around it; an
    application that routes by no protocol is returned as it is.

    Raises:
        ConfigurationError: The setting is missing, cannot be imported, or serves no WebSockets.
    """
    application, path = get_application(), project_path()
    found = unwrap(application, lambda candidate: isinstance(candidate, (ProtocolTypeRouter, URLRouter)))
    if isinstance(found, ProtocolTypeRouter):
        if "websocket" not in found.application_mapping:
            raise ConfigurationError(
                f"The ProtocolTypeRouter in ASGI_APPLICATION={path!r} has no 'websocket'. "
                f"Give it one: 'websocket': AllowedHostsOriginValidator(AuthMiddlewareStack(include('project.routing')))."
            )
        return found.application_mapping["websocket"]
    if isinstance(application, ASGIHandler):
        raise ConfigurationError(
            f"ASGI_APPLICATION={path!r} serves HTTP only. "
            f"Put it into a ProtocolTypeRouter, under 'http', beside a 'websocket'."
        )
    return application


def get_application() -> Any:
    """
    Return the project's ASGI application.

    Raises:
        ConfigurationError: The setting is missing, or names nothing that can be imported.
    """
    path = project_path()
    if not path:
        raise ConfigurationError(
            "ASGI_APPLICATION is not set. Set it to a path like 'project.asgi.application'."
        )
    try:
        return import_string(path)
    except ImportError as error:
        raise ConfigurationError(f"ASGI_APPLICATION={path!r} cannot be imported: {error}.") from error


def project_path() -> str:
    """Return the setting ``ASGI_APPLICATION``; empty when it is not set."""
    return getattr(settings, "ASGI_APPLICATION", None) or ""
