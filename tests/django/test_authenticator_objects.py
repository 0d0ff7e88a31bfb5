"""The object that a path names: found once, and never without its permissions."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404
from rest_framework.authentication import SessionAuthentication
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.permissions import AllowAny, BasePermission, DjangoModelPermissions, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet

from chanx.core.errors import ConfigurationError
from chanx_django.authenticator import ChanxAuthView, DjangoAuthenticator
from tests.app.models import Room
from tests.django.handshakes import authenticate, make_scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def eve() -> User:
    return User.objects.create_user("eve")


@pytest.fixture
def room(ada: User) -> Room:
    return Room.objects.create(name="attic", owner=ada)


class IsOwner(BasePermission):
    asked: list[Any] = []

    def has_object_permission(self, request: Request, view: APIView, obj: Room) -> bool:
        self.asked.append(obj)
        return obj.owner_id == request.user.pk


@pytest.fixture(autouse=True)
def asked() -> list[Any]:
    IsOwner.asked.clear()
    return IsOwner.asked


class Owners(DjangoAuthenticator):
    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated, IsOwner]


class ByQuerySet(Owners):
    queryset = Room.objects.all()


class ByManager(Owners):
    queryset = Room.objects


class ByGetQueryset(Owners):
    def get_queryset(self) -> QuerySet[Room]:
        assert self.user.is_authenticated
        assert self.request is not None
        assert self.request.user == self.user
        return Room.objects.filter(archived=False)


class ByFilteredQuerySet(Owners):
    queryset = Room.objects

    def get_queryset(self) -> QuerySet[Room]:
        return super().get_queryset().filter(archived=False)


class ByGetObject(Owners):
    def get_object(self) -> Room:
        return Room.objects.get(pk=self.kwargs["pk"])


class ByFirst(Owners):
    def get_object(self) -> Room | None:
        return Room.objects.filter(pk=self.kwargs["pk"]).first()


class BySuperGetObject(Owners):
    queryset = Room.objects.all()

    def get_object(self) -> Room:
        return super().get_object()


class RoomView(GenericAPIView[Room]):
    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated, IsOwner]
    queryset = Room.objects.all()


class ByView(DjangoAuthenticator):
    auth_view_class = RoomView


class ManagerView(RoomView):
    queryset = Room.objects  # type: ignore[assignment]


class ByManagerView(DjangoAuthenticator):
    auth_view_class = ManagerView


class QuerysetView(RoomView):
    queryset = None

    def get_queryset(self) -> QuerySet[Room]:
        return Room.objects.filter(archived=False)


class ByQuerysetView(DjangoAuthenticator):
    auth_view_class = QuerysetView


class ObjectView(RoomView):
    queryset = None

    def get_object(self) -> Room:
        try:
            return Room.objects.get(pk=self.kwargs["pk"])
        except Room.DoesNotExist:
            raise Http404 from None


class ByObjectView(DjangoAuthenticator):
    auth_view_class = ObjectView


class CheckingView(ObjectView):
    def get_object(self) -> Room:
        found = super().get_object()
        self.check_object_permissions(self.request, found)
        return found


class ByCheckingView(DjangoAuthenticator):
    auth_view_class = CheckingView


class RoomSerializer(ModelSerializer[Room]):
    class Meta:
        model = Room
        fields = ["name"]


class RetrieveView(RetrieveAPIView[Room]):
    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated, IsOwner]
    queryset = Room.objects.all()
    serializer_class = RoomSerializer


class ByRealMethod(DjangoAuthenticator):
    auth_view_class = RetrieveView
    override_http_methods = False


class RoomViewSet(ModelViewSet[Room]):
    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated, IsOwner]
    queryset = Room.objects.all()
    serializer_class = RoomSerializer


class ByViewSet(DjangoAuthenticator):
    auth_view_class = RoomViewSet


class ByRealViewSet(ByViewSet):
    override_http_methods = False


WAYS = [
    ByQuerySet,
    ByManager,
    ByGetQueryset,
    ByFilteredQuerySet,
    ByFirst,
    BySuperGetObject,
    ByView,
    ByManagerView,
    ByQuerysetView,
    ByObjectView,
    ByCheckingView,
    ByRealMethod,
    ByViewSet,
    ByRealViewSet,
]
every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


@every_way
async def test_a_permitted_object_is_found(way: type[DjangoAuthenticator], ada: User, room: Room) -> None:
    authenticator, admitted = await authenticate(way, make_scope(user=ada, kwargs={"pk": room.pk}))
    assert admitted
    assert authenticator.obj == room


@every_way
async def test_a_denied_object_closes_with_4403(
    way: type[DjangoAuthenticator], eve: User, room: Room
) -> None:
    authenticator, admitted = await authenticate(way, make_scope(user=eve, kwargs={"pk": room.pk}))
    assert not admitted
    assert authenticator.close_code == 4403
    assert authenticator.obj is None


@every_way
async def test_a_missing_object_closes_with_4404(way: type[DjangoAuthenticator], ada: User) -> None:
    authenticator, admitted = await authenticate(way, make_scope(user=ada, kwargs={"pk": 0}))
    assert not admitted
    assert authenticator.close_code == 4404
    assert authenticator.status_code == 404


@every_way
async def test_no_object_is_looked_up_for_an_unknown_client(
    way: type[DjangoAuthenticator], room: Room, asked: list[Any]
) -> None:
    authenticator, admitted = await authenticate(way, make_scope(kwargs={"pk": room.pk}))
    assert not admitted
    assert authenticator.close_code == 4401
    assert asked == []


@every_way
async def test_an_object_is_fetched_and_asked_about_once(
    way: type[DjangoAuthenticator], ada: User, room: Room, asked: list[Any], rooms_read: list[str]
) -> None:
    await authenticate(way, make_scope(user=ada, kwargs={"pk": room.pk}))
    assert asked == [room]
    assert len(rooms_read) == 1


@pytest.fixture
def rooms_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries for rooms, in whichever thread they run."""
    from django.db.models.sql.compiler import SQLCompiler

    queries: list[str] = []
    execute = SQLCompiler.execute_sql

    def record(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.query.model is Room:
            queries.append(str(self.query))
        return execute(self, *args, **kwargs)

    monkeypatch.setattr(SQLCompiler, "execute_sql", record)
    return queries


async def test_an_exception_of_get_object_propagates(ada: User) -> None:
    with pytest.raises(Room.DoesNotExist):
        await authenticate(ByGetObject, make_scope(user=ada, kwargs={"pk": 0}))


async def test_a_queryset_is_read_anew_for_each_connection(ada: User, room: Room) -> None:
    scope = make_scope(user=ada, kwargs={"pk": room.pk})
    assert (await authenticate(ByQuerySet, scope))[1]
    await Room.objects.filter(pk=room.pk).aupdate(name="cellar")
    assert (await authenticate(ByQuerySet, scope))[0].obj.name == "cellar"
    assert ByQuerySet.queryset._result_cache is None


async def test_the_real_method_answers_with_its_body(ada: User, room: Room) -> None:
    for way in (ByRealMethod, ByRealViewSet):
        authenticator, _ = await authenticate(way, make_scope(user=ada, kwargs={"pk": room.pk}))
        result = authenticator.result()
        assert result is not None
        assert result.payload.data == {"name": "attic"}


async def test_another_field_and_parameter_find_the_object(ada: User, room: Room) -> None:
    class ByName(ByQuerySet):
        lookup_field = "name"
        lookup_url_kwarg = "room"

    authenticator, admitted = await authenticate(ByName, make_scope(user=ada, kwargs={"room": "attic"}))
    assert admitted
    assert authenticator.obj == room


async def test_a_value_that_the_field_cannot_have_closes_with_4404(ada: User) -> None:
    authenticator, _ = await authenticate(ByQuerySet, make_scope(user=ada, kwargs={"pk": "x"}))
    assert authenticator.close_code == 4404


async def test_a_route_without_parameters_names_no_object(ada: User) -> None:
    class Models(DjangoAuthenticator):
        authentication_classes = [SessionAuthentication]
        permission_classes = [DjangoModelPermissions]
        queryset = Room.objects.all()

    authenticator, admitted = await authenticate(Models, make_scope(user=ada))
    assert admitted
    assert authenticator.obj is None


async def test_a_permission_may_fetch_the_object_first(
    ada: User, room: Room, asked: list[Any], rooms_read: list[str]
) -> None:
    class NotArchived(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            assert isinstance(view, GenericAPIView)
            return not view.get_object().archived

    class ByPermission(ByQuerySet):
        permission_classes = [IsAuthenticated, NotArchived, IsOwner]

    authenticator, admitted = await authenticate(ByPermission, make_scope(user=ada, kwargs={"pk": room.pk}))
    assert admitted
    assert authenticator.obj == room
    assert asked == [room]
    assert len(rooms_read) == 1


@pytest.mark.parametrize(
    "route",
    [{"args": (), "kwargs": {"room_id": 1}}, {"args": ("1",), "kwargs": {}}],
    ids=["named", "unnamed"],
)
async def test_a_queryset_whose_parameter_the_route_lacks_is_a_mistake(
    ada: User, route: dict[str, Any]
) -> None:
    """Leaving the object out would leave its permissions out."""
    with pytest.raises(
        ConfigurationError, match="ByQuerySet has a queryset, but the route has no parameter 'pk'"
    ):
        await authenticate(ByQuerySet, make_scope(user=ada, url_route=route))


async def test_a_real_method_decides_itself_where_the_route_names_no_object(ada: User, room: Room) -> None:
    class Listing(ListAPIView[Room]):
        queryset = Room.objects.all()
        serializer_class = RoomSerializer
        pagination_class = None

    class ByList(DjangoAuthenticator):
        auth_view_class = Listing
        override_http_methods = False

    authenticator, admitted = await authenticate(ByList, make_scope(user=ada, kwargs={"team": 1}))
    assert admitted
    result = authenticator.result()
    assert result is not None
    assert result.payload.data == [{"name": "attic"}]


@pytest.mark.parametrize("given", ["queryset", "get_queryset"])
async def test_a_view_that_looks_nothing_up_cannot_have_a_queryset(ada: User, given: str) -> None:
    class Plain(APIView):
        permission_classes = [AllowAny]

        def get(self, request: Request) -> Response:
            raise AssertionError("it ran")

    class ByAttribute(DjangoAuthenticator):
        auth_view_class = Plain
        queryset = Room.objects.all()

    class ByMethod(DjangoAuthenticator):
        auth_view_class = Plain

        def get_queryset(self) -> QuerySet[Room]:
            return Room.objects.all()

    way = ByAttribute if given == "queryset" else ByMethod
    with pytest.raises(ConfigurationError, match="Plain looks no objects up"):
        await authenticate(way, make_scope(user=ada, kwargs={"pk": 1}))


async def test_get_object_needs_no_view_that_looks_up(ada: User, eve: User, room: Room) -> None:
    class Plain(APIView):
        authentication_classes = [SessionAuthentication]
        permission_classes = [IsOwner]

    class ByPlain(ByFirst):
        auth_view_class = Plain

    assert (await authenticate(ByPlain, make_scope(user=ada, kwargs={"pk": room.pk})))[1]
    assert not (await authenticate(ByPlain, make_scope(user=eve, kwargs={"pk": room.pk})))[1]


async def test_without_a_queryset_no_object_is_looked_up(
    ada: User, room: Room, rooms_read: list[str]
) -> None:
    authenticator, admitted = await authenticate(Owners, make_scope(user=ada, kwargs={"pk": room.pk}))
    assert admitted
    assert authenticator.obj is None
    assert rooms_read == []


async def test_an_authenticator_that_runs_again_forgets_what_it_knew(
    ada: User, eve: User, room: Room
) -> None:
    authenticator, _ = await authenticate(ByQuerySet, make_scope(user=ada, kwargs={"pk": room.pk}))
    assert not await authenticator.authenticate(make_scope(user=eve, kwargs={"pk": room.pk}))
    assert (authenticator.user, authenticator.obj) == (eve, None)


async def test_authenticators_of_one_class_share_nothing(ada: User, eve: User, room: Room) -> None:
    scope = {"kwargs": {"pk": room.pk}}
    first, _ = await authenticate(ByQuerySet, make_scope(user=ada, **scope))
    second, _ = await authenticate(ByQuerySet, make_scope(user=eve, **scope))
    assert (first.user, first.obj, first.close_code) == (ada, room, 4401)
    assert (second.user, second.obj, second.close_code) == (eve, None, 4403)
    assert (ByQuerySet.user, ByQuerySet.obj, ChanxAuthView.queryset) == (None, None, None)
