"""The documented names of `chanx_django.urls`."""

from chanx_django.urls import app_name as app_name
from chanx_django.urls import urlpatterns as urlpatterns
