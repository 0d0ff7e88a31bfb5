"""The documented names of `chanx_django.settings`."""

from chanx_django.settings import chanx_settings as chanx_settings
