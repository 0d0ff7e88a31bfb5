"""The documented names of `chanx_django.utils.asgi`."""

from chanx_django.utils.asgi import get_websocket_application as get_websocket_application
