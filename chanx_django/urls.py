"""
URLs of the AsyncAPI document.

Include them with ``path("asyncapi/", include("chanx.channels.urls"))``; their names are ``chanx:schema`` and
``chanx:docs``.
"""

from __future__ import annotations

from django.urls import path

from chanx_django.views import AsyncAPIDocsView, AsyncAPISchemaView

app_name = "chanx"
urlpatterns = [
    path("schema/", AsyncAPISchemaView.as_view(), name="schema"),
    path("docs/", AsyncAPIDocsView.as_view(), name="docs"),
]
