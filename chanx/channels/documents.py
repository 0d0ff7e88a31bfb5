"""The documented names of `chanx_django.documents`."""

from chanx_django.documents import AsyncAPIGenerator as AsyncAPIGenerator
from chanx_django.documents import document_action as document_action
from chanx_django.documents import document_event as document_event
