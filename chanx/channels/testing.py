"""The documented names of `chanx_django.testing`."""

from chanx_django.testing import DjangoWebsocketCommunicator as DjangoWebsocketCommunicator
from chanx_django.testing import WebsocketCommunicator as WebsocketCommunicator
from chanx_django.testing import WebsocketTestCase as WebsocketTestCase
