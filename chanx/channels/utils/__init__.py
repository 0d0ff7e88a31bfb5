"""The documented import paths of `chanx_django.utils`."""
