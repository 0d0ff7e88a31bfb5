"""AsyncAPI documents of any Channels consumer: decorators that describe plain ones, and the generator."""

from __future__ import annotations

from chanx_django.documents.decorators import document_action as document_action
from chanx_django.documents.decorators import document_event as document_event
from chanx_django.documents.generator import AsyncAPIGenerator as AsyncAPIGenerator
