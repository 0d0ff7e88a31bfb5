"""The documented names of `chanx_django.apps`."""

from chanx_django.apps import ChanxConfig as ChanxConfig
