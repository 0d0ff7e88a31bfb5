"""Static files, served by the application itself so that the sandbox needs no web server."""

from __future__ import annotations

from contextlib import closing

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.exceptions import SuspiciousOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse


class StaticFiles(ASGIStaticFilesHandler):
    """Serves what the apps have in ``static/``, without ``collectstatic``."""

    def serve(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """Read the file here, in a thread; ASGI would otherwise warn of a file that blocks."""
        try:
            response = super().serve(request)
        except (SuspiciousOperation, ValueError) as error:  # a path out of the folder, or with a NUL
            raise Http404 from error
        if not isinstance(response, FileResponse):
            return response
        with closing(response):
            content = b"".join(response)
        return HttpResponse(content, headers={**response.headers, "Cache-Control": "no-cache"})
