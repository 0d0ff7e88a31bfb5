"""Views of the AsyncAPI document: as JSON or YAML, and as a page to read."""

from __future__ import annotations

import copy
import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.log import log_response
from django.views import View

from chanx.asyncapi.normal import normal_form
from chanx_django.access import may_read, may_try
from chanx_django.asyncapi import DocumentOptions, build_document, document_choices, document_text
from chanx_django.docs_examples import with_examples
from chanx_django.docs_page import read_page
from chanx_django.settings import chanx_settings
from chanx_django.viewer import SCRIPT, STYLE, asset, frame_policy

MEDIA_TYPES = {
    "application/json": "json",
    "application/vnd.aai.asyncapi+json": "json",
    "application/yaml": "yaml",
    "application/vnd.aai.asyncapi+yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
}
CONTENT_TYPES = {"json": "application/json", "yaml": "application/yaml"}
UNAVAILABLE = "The AsyncAPI document could not be made. The log of the server says why."
logger = logging.getLogger("chanx.asyncapi")

NO_DOCUMENT = "There is no such document."
FORBIDDEN = "You may not read the AsyncAPI document."

Get = Callable[[Any, HttpRequest], HttpResponse]


def generate_asyncapi_schema(request: HttpRequest | None = None) -> dict[str, Any]:
    """
    Make the AsyncAPI document of the project.

    Args:
        request: Its host is the server of the document, unless the settings name one.

    Raises:
        ChanxError: Something is declared or set wrongly.
    """
    return copy.deepcopy(build_document(DocumentOptions(), request))


def options_for(options: DocumentOptions, request: HttpRequest) -> DocumentOptions | None:
    """Return the options of the document that a request asks for; None where there is no such document."""
    name = request.GET.get("document")
    if name is None or options.document is not None or options.consumers:
        return options
    known = any(choice.name == name for choice in document_choices())
    return replace(options, document=name) if known else None


def explained(answer_error: Get) -> Callable[[Get], Get]:
    """Log what goes wrong in a view once, and answer with a text that tells nothing of the server."""

    def decorate(get: Get) -> Get:
        @wraps(get)
        def guarded(view: Any, request: HttpRequest) -> HttpResponse:
            request.get_host()
            try:
                return get(view, request)
            except Exception as error:  # noqa: BLE001 - any module of the project may be imported here, and fail
                response = answer_error(view, request)
                log_response(
                    UNAVAILABLE,
                    response=response,
                    request=request,
                    logger=logger,
                    level="error",
                    exception=error,
                )
                return response

        return guarded

    return decorate


def _as_json(_: Any, __: HttpRequest) -> HttpResponse:
    return JsonResponse({"detail": UNAVAILABLE}, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _as_page(_: Any, request: HttpRequest) -> HttpResponse:
    context = {"detail": UNAVAILABLE}
    return render(request, "chanx/unavailable.html", context, status=HTTPStatus.INTERNAL_SERVER_ERROR)


class GuardedView(View):
    """A view for those who may read the document."""

    document_options: ClassVar[DocumentOptions] = DocumentOptions()

    def permission(self, request: HttpRequest) -> bool:
        """
        Say whether the request may have the document: as ``ASYNCAPI_ACCESS`` says.

        Override it, or give a function: ``as_view(permission=lambda request: request.user.is_superuser)``.
        """
        return may_read(request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer those who may."""
        if self.permission(request):
            return super().dispatch(request, *args, **kwargs)
        return self.refuse(request)

    def refuse(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002 - the answer may depend on it
        """Answer those who may not."""
        return JsonResponse({"detail": FORBIDDEN}, status=HTTPStatus.FORBIDDEN)


class AsyncAPISchemaView(GuardedView):
    """
    The AsyncAPI document, as JSON or YAML: by ``?format=``, else by ``Accept``, else JSON.

    Of the documents in ``ASYNCAPI_DOCUMENTS`` the one that ``?document=`` names, unless the options name one.

    Set `document_options` in ``as_view()`` to say something other than the settings do.
    """

    @explained(_as_json)
    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer with the document, or with 304 when the client has it."""
        kind = request.GET.get("format")
        if kind is None:
            kind = MEDIA_TYPES[request.get_preferred_type(list(MEDIA_TYPES)) or "application/json"]
        if kind not in CONTENT_TYPES:
            return JsonResponse(
                {"detail": "There is no such format. Use json or yaml."}, status=HTTPStatus.BAD_REQUEST
            )
        options = options_for(self.document_options, request)
        if options is None:
            return JsonResponse({"detail": NO_DOCUMENT}, status=HTTPStatus.NOT_FOUND)
        body = document_text(options, request, kind).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        response = HttpResponse(body, content_type=f"{CONTENT_TYPES[kind]}; charset=utf-8")
        response["ETag"] = etag
        response["Cache-Control"] = "no-cache"
        patch_vary_headers(response, ["Accept"])
        return get_conditional_response(request, etag=etag, response=response) or response


class AsyncAPIDocsView(GuardedView):
    """
    The AsyncAPI document as a page.

    It needs nothing from other sites and nothing inline, so that it works under a strict Content-Security-Policy; all
    of it can be read without scripts.
    """

    template_name = "chanx/docs.html"
    schema_url_name = "schema"
    """The name of the URL of `AsyncAPISchemaView`, in the namespace of this view's URL."""

    @explained(_as_page)
    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer with the page."""
        options = options_for(self.document_options, request)
        if options is None:
            return self._say(request, NO_DOCUMENT, HTTPStatus.NOT_FOUND)
        if chanx_settings.ASYNCAPI_DOCS_UI == "react":
            return self._viewer(request, build_document(options, request))
        return render(request, self.template_name, self._context(request, options))

    def refuse(self, request: HttpRequest) -> HttpResponse:
        """Let people sign in where that could help."""
        user = getattr(request, "user", None)
        if chanx_settings.ASYNCAPI_ACCESS == "staff" and user is not None and not user.is_authenticated:
            # Where there are users there is their app; without it, its views cannot be imported.
            from django.contrib.auth.views import redirect_to_login

            return redirect_to_login(request.get_full_path())
        return self._say(request, FORBIDDEN, HTTPStatus.FORBIDDEN)

    def _context(self, request: HttpRequest, options: DocumentOptions) -> dict[str, Any]:
        document = build_document(options, request)
        if options.template_file is not None:
            document = normal_form(document)
        document = with_examples(document)
        single = self.document_options.document is not None or self.document_options.consumers
        choices = () if single else document_choices()
        return {
            "page": read_page(document),
            "choices": choices if len(choices) > 1 else (),
            "chosen": options.document or (choices[0].name if choices else None),
            "schema_url": self._schema_url(request),
            "console": document if may_try() else None,
        }

    def _viewer(self, request: HttpRequest, document: dict[str, Any]) -> HttpResponse:
        """Show the official viewer, in a frame that has no part in the site."""
        if "frame" not in request.GET:
            query = request.GET.copy()
            query["frame"] = "1"
            context = {"title": document["info"]["title"], "frame_query": query.urlencode()}
            return render(request, "chanx/viewer.html", context)
        script, style = asset(SCRIPT), asset(STYLE)
        response = render(
            request, "chanx/viewer_frame.html", {"document": document, "script": script, "style": style}
        )
        response["Content-Security-Policy"] = frame_policy(script.url, style.url, static("chanx/viewer.js"))
        response["X-Frame-Options"] = "SAMEORIGIN"
        return response

    def _say(self, request: HttpRequest, detail: str, status: HTTPStatus) -> HttpResponse:
        return render(request, "chanx/unavailable.html", {"detail": detail}, status=status)

    def _schema_url(self, request: HttpRequest) -> str | None:
        match = request.resolver_match
        name = (
            f"{match.namespace}:{self.schema_url_name}" if match and match.namespace else self.schema_url_name
        )
        try:
            return reverse(name)
        except NoReverseMatch:
            return None
