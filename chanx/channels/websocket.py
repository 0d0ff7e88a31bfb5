"""The documented names of `chanx_django.websocket`."""

from chanx_django.websocket import AsyncJsonWebsocketConsumer as AsyncJsonWebsocketConsumer
