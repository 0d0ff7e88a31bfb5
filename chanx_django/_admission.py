"""One run of a DRF view's checks over a handshake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db.models import Manager, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.generics import GenericAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from chanx.core.errors import ConfigurationError

if TYPE_CHECKING:
    from chanx_django.authenticator import DjangoAuthenticator

GIVEN = ("authentication_classes", "permission_classes", "queryset", "lookup_field", "lookup_url_kwarg")
"""What an authenticator that isn't None about it sets on its view."""


class Admission:
    """
    Binds a view to an authenticator, so that each can use the other's queryset and object.

    The view is a plain instance of the user's class: what differs is set on the instance, and DRF's own ``dispatch``
    runs. So overrides of any of its steps are kept.
    """

    def __init__(self, authenticator: DjangoAuthenticator, view: APIView) -> None:
        self.authenticator = authenticator
        self.view = view
        self.recognised = False
        """Whether an authentication class knew the client."""
        self._permitted: list[Any] = []

    def run(self, request: HttpRequest, args: tuple[Any, ...], kwargs: dict[str, Any]) -> HttpResponseBase:
        """Return what DRF answers."""
        self.view.setup(request, *args, **kwargs)
        self._bind(self.authenticator.auth_method.lower())
        return self.view.dispatch(request, *args, **kwargs)

    def queryset(self) -> QuerySet[Any]:
        """Return the view's own queryset."""
        view = _generic(self.view, self.authenticator)
        # DRF hands out a Manager as it is; its filter backends need a QuerySet.
        found: QuerySet[Any] | Manager[Any] = type(view).get_queryset(view)
        return found if isinstance(found, QuerySet) else found.all()

    def object(self) -> Any:
        """Look the object up as the view does."""
        view = _generic(self.view, self.authenticator)
        return type(view).get_object(view)

    def _bind(self, method: str) -> None:
        view, authenticator = self.view, self.authenticator
        given = {name: getattr(authenticator, name) for name in GIVEN}
        attributes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if "queryset" in attributes:
            attributes["queryset"] = attributes["queryset"].all()
        action = "retrieve" if isinstance(view, ViewSetMixin) else method
        self._own_method = getattr(view, action, view.http_method_not_allowed)
        attributes |= {
            "http_method_names": [method],
            "action_map": {method: action},
            method: self._answer,
            "get_queryset": authenticator.get_queryset,
            "get_object": self._object_once,
            "perform_authentication": self._recognise,
            "perform_content_negotiation": self._negotiate,
            "check_object_permissions": self._permit_once,
        }
        vars(view).update(attributes)

    def _answer(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Stand in for the view's ``get`` or ``post``; DRF calls it after its checks."""
        if self._names_object(args, kwargs):
            self._object_once()
        if self.authenticator.override_http_methods:
            return Response({"detail": "OK"})
        response: HttpResponseBase = self._own_method(request, *args, **kwargs)
        return response

    def _names_object(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        view, authenticator = self.view, self.authenticator
        if _overrides(authenticator, "get_object"):
            return True
        if not isinstance(view, GenericAPIView):
            return "queryset" in vars(view) or _overrides(authenticator, "get_queryset")
        if _overrides(view, "get_object") and authenticator.override_http_methods:
            return True
        sources = (authenticator, view)
        given = getattr(view, "queryset", None) is not None
        if not given and not any(_overrides(source, "get_queryset") for source in sources):
            return False
        lookup = view.lookup_url_kwarg or view.lookup_field
        if lookup in kwargs:
            return True
        if authenticator.override_http_methods and (args or kwargs):
            raise ConfigurationError(
                f"{type(authenticator).__qualname__} has a queryset, but the route has no parameter {lookup!r}; "
                f"it has {', '.join(map(repr, kwargs)) or 'unnamed ones'}. "
                f"Set lookup_url_kwarg to one of them, or override get_object()."
            )
        return False

    def _object_once(self) -> Any:
        """Stand in for the view's ``get_object``."""
        if self.authenticator.obj is None:
            found = self.authenticator.get_object()
            if found is None:
                raise Http404
            self.view.check_object_permissions(self.view.request, found)
            self.authenticator.obj = found
        return self.authenticator.obj

    def _permit_once(self, request: Request, obj: Any) -> None:
        """Stand in for the view's ``check_object_permissions``: whoever calls it, an object is asked about once."""
        if not any(permitted is obj for permitted in self._permitted):
            type(self.view).check_object_permissions(self.view, request, obj)
            self._permitted.append(obj)

    def _recognise(self, request: Request) -> None:
        """Stand in for the view's ``perform_authentication``."""
        self.authenticator.request = request
        type(self.view).perform_authentication(self.view, request)
        self.authenticator.user = request.user
        self.recognised = request.successful_authenticator is not None

    def _negotiate(self, request: Request, *_: Any, **__: Any) -> Any:
        """Stand in for the view's negotiation: a WebSocket has no media type to refuse."""
        return type(self.view).perform_content_negotiation(self.view, request, force=True)


def body_of(response: HttpResponseBase) -> Any:
    """Return what DRF would render, as JSON values; None when there is no data."""
    data = getattr(response, "data", None)
    return None if data is None else json.loads(JSONRenderer().render(data))


def _generic(view: APIView, authenticator: DjangoAuthenticator) -> GenericAPIView[Any]:
    if not isinstance(view, GenericAPIView):
        raise ConfigurationError(
            f"{type(view).__qualname__} looks no objects up. Make it a GenericAPIView, "
            f"or override get_object() in {type(authenticator).__qualname__}."
        )
    return view


def _overrides(instance: object, name: str) -> bool:
    """Whether the instance's class has its own implementation of a method that DRF or chanx declares."""
    owner = next(kind for kind in type(instance).__mro__ if name in vars(kind))
    return owner.__module__ not in {"rest_framework.generics", "chanx_django.authenticator"}
