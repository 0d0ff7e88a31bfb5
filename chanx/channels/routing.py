"""The documented names of `chanx_django.routing`."""

from chanx_django.routing import include as include
from chanx_django.routing import path as path
from chanx_django.routing import re_path as re_path
