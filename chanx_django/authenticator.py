"""Authentication by the classes of Django REST framework."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from channels.db import database_sync_to_async
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db.models import Manager, Model, QuerySet
from django.http import HttpResponseBadRequest
from django.http.response import HttpResponseBase

from chanx.core.authenticator import BaseAuthenticator
from chanx.core.errors import ConfigurationError
from chanx.core.ports import Scope
from chanx.messages.outgoing import AuthenticationMessage, AuthenticationPayload
from chanx_django.request import HandshakeRequest, path_arguments

try:
    from rest_framework.generics import GenericAPIView
    from rest_framework.request import Request
    from rest_framework.status import is_success
    from rest_framework.views import APIView

    from chanx_django._admission import Admission, body_of
except ModuleNotFoundError as error:
    if error.name is None or error.name.split(".")[0] != "rest_framework":
        raise
    raise ConfigurationError(
        "DjangoAuthenticator needs Django REST framework. Install it with the extra: chanx[drf]."
    ) from error


class ChanxAuthView(GenericAPIView[Any]):
    """The view whose checks are run where an authenticator names no other; it answers no HTTP request."""


class DjangoAuthenticator(BaseAuthenticator):
    """
    Lets Django REST framework decide, as it would for an HTTP request with the same path, headers and cookies.

    ::

        class MemberAuthenticator(DjangoAuthenticator):
            permission_classes = [IsAuthenticated, IsMember]
            queryset = Room.objects.all()

    Where there is a queryset or a ``get_object``, the object that the path names is fetched, once; a missing
    one is answered with 404 and closes with 4404, and the object permissions of `permission_classes` hold.
    A route without parameters names no object.

    The close code is 4000 + DRF's status. There is one exception: DRF answers 403 to an unknown client when its
    first authentication class has no ``WWW-Authenticate`` header (``SessionAuthentication``); such a client may
    come back after a login, so the close code is 4401, while the message has DRF's 403.
    """

    authentication_classes: ClassVar[Sequence[Any] | None] = None
    """Who the client may be; the view's own by default, which are those of DRF's settings."""
    permission_classes: ClassVar[Sequence[Any] | None] = None
    """What is asked of the client; the view's own by default."""
    queryset: ClassVar[QuerySet[Any] | Manager[Any] | None] = None
    """Where the object is looked up; a copy is made for each connection."""
    lookup_field: ClassVar[str | None] = None
    """The field of the model that identifies the object; the view's own by default, which is ``pk``."""
    lookup_url_kwarg: ClassVar[str | None] = None
    """The parameter of the route that has its value; named like the field by default."""
    auth_method: ClassVar[str] = "get"
    """The HTTP method that permission classes see."""
    auth_view_class: ClassVar[type[APIView]] = ChanxAuthView
    """The DRF view whose checks, queryset and object lookup are used."""
    override_http_methods: ClassVar[bool] = True
    """Whether the view's own ``get``, ``post`` ... are left out; if not, the one named by `auth_method` runs and decides."""

    user: Any = None
    """Who was recognised; set before `get_queryset` and `get_object` are called, and written to ``scope["user"]``."""
    obj: Any = None
    """The object that the path names."""
    request: Request | None = None
    """The request that DRF's classes saw."""
    status_code: int | None = None
    """What DRF answered."""

    async def authenticate(self, scope: Scope) -> bool:
        """Run DRF's checks in a thread."""
        response = await database_sync_to_async(self._admit)(scope)
        self.status_code = response.status_code
        self._result = AuthenticationMessage(
            payload=AuthenticationPayload(
                status_code=response.status_code,
                status_text=response.reason_phrase,
                data=body_of(response),
            )
        )
        if is_success(response.status_code):
            scope["user"] = self.user
            return True
        self.close_code = 4000 + response.status_code
        if response.status_code == 403 and self._may_log_in():
            self.close_code = 4401
        return False

    def result(self) -> AuthenticationMessage | None:
        """Tell the client DRF's status and body."""
        return self._result

    def get_queryset(self) -> QuerySet[Any]:
        """Return where the object is looked up."""
        return self._admission.queryset()

    def get_object(self) -> Model | Any:
        """Return the object that the path names; None is answered with 404."""
        return self._admission.object()

    @property
    def kwargs(self) -> dict[str, Any]:
        """The named parameters of the route."""
        return dict(self._admission.view.kwargs)

    _admission: Admission
    _result: AuthenticationMessage | None = None

    def _admit(self, scope: Scope) -> HttpResponseBase:
        self.user = self.obj = self.request = None
        try:
            request = HandshakeRequest(scope, method=self.auth_method.upper(), credentials=self.credentials)
            self._admission = Admission(self, self.auth_view_class())
            return self._admission.run(request, *path_arguments(scope))
        except (SuspiciousOperation, BadRequest):
            return HttpResponseBadRequest()

    def _may_log_in(self) -> bool:
        """Whether nobody was recognised although somebody could be."""
        request = self.request
        return request is not None and bool(request.authenticators) and not self._admission.recognised
