"""What somebody sees who has no business here: nothing, on every route of the URL configuration.

The routes are read from the resolver, so that a new one is covered from its first day. One that
strangers may read must be added to PUBLIC on purpose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from appointments.api.feed import cursor
from appointments.feed import Position
from appointments.models import Appointment, HiddenColumns, WaitlistEntry
from businesses.identifiers import new_id
from businesses.keys import revoke_key
from businesses.models import (
    ApiKey,
    BookingQuestion,
    Business,
    Closure,
    Resource,
    ResourceNeed,
    ServiceCategory,
    ServiceInCategory,
    WebhookAttempt,
    WebhookDelivery,
)
from staff.models import ExternalEvent, Staff, StaffStatus, User
from staff.roles import Role
from tests.appointments.api.clinic import NOW, OURS, TEN, Clinic, Reply, sent, tables_of, wire
from tests.factories import (
    EIGHT_TO_EIGHT,
    PASSWORD,
    BusinessFactory,
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    UserFactory,
    api_key,
    blocks,
    member,
    webhook,
    works,
)

MARK = "Zarathustra"  # in every text of the hidden clinic
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PARAMETER = re.compile(r"(?<!\?P)<(?:\w+:)?(\w+)>")
IN_A_PATH = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


# --- A clinic with something to hide ------------------------------------------------------------


@dataclass(frozen=True)
class House:
    """A clinic in which every row bears the mark, and which has a row of every model."""

    clinic: Clinic
    owner: User
    rows: dict[str, UUID]  # by model label

    def row(self, label: str) -> str:
        return str(self.rows[label])


def build_house() -> House:
    business = BusinessFactory(name=f"{MARK} Clinic", alias="hidden", email=f"{MARK}@x.example")
    place = LocationFactory(business=business, name=f"{MARK} house", address=f"1 {MARK} Street")
    service = ServiceFactory(
        business=business, name=f"{MARK} therapy", location=place, bookings_per_timeslot=2
    )
    category = ServiceCategory.objects.create(business=business, name=f"{MARK} category")
    ServiceInCategory.objects.create(business=business, service=service, category=category)
    BookingQuestion.objects.create(
        business=business, service=service, variable_name="x", question=f"{MARK}?"
    )
    staff, second = (
        StaffFactory(business=business, name=f"{MARK} {one}", email=f"{MARK}{one}@x.example")
        for one in ("Doctor", "Nurse")
    )
    room = Resource.objects.create(
        business=business, name=f"{MARK} room", kind="room", location=place
    )
    ResourceNeed.objects.create(business=business, service=service, resource=room)
    holiday = date(2026, 12, 25)
    Closure.objects.create(
        business=business, name=f"{MARK} day", date_start=holiday, date_end=holiday
    )
    patient = PatientFactory(
        business=business, name=f"{MARK} Patient", email=f"{MARK}@mail.example"
    )
    works(staff, EIGHT_TO_EIGHT, date_start=NOW.date())
    blocks(staff, TEN + timedelta(hours=3), 30, reason=f"{MARK} meeting")
    ExternalEvent.objects.create(
        business=business,
        staff=staff,
        starts_at=TEN + timedelta(hours=4),
        ends_at=TEN + timedelta(hours=5),
        title=f"{MARK} event",
    )
    webhook(business, f"https://hooks.example/{MARK}")
    owner = member(business, Role.OWNER, name=f"{MARK} Owner", email="zarathustra@x.example")
    clinic = Clinic(business, service, staff, patient, api_key(business))
    ApiKey.objects.update(description=f"{MARK} key")
    clinic.booked(
        key=f"{MARK} request",
        additionalStaffIds=[str(second.pk)],
        notes=f"{MARK} notes",
        tags=[MARK],
    )
    clinic.booked(
        without="staffId",
        date=wire(TEN + timedelta(days=14)),
        rrule="FREQ=WEEKLY;COUNT=2",
        notes=f"{MARK} notes",
    )
    WebhookAttempt.objects.create(
        business=business,
        delivery=WebhookDelivery.objects.all()[0],
        at=NOW,
        milliseconds=1,
        answer=f"{MARK} answer",
    )
    WaitlistEntry.objects.create(
        business=business,
        patient=patient,
        service=service,
        minutes=30,
        staff_ids=[staff.pk],
        first_day=NOW.date(),
        note=f"{MARK} wish",
        created_by=f"{MARK} Owner",
    )
    rows: dict[str, Any] = {}  # those of the history have numbers
    for model in apps.get_models():
        if model._meta.app_label in OURS and model._default_manager.exists():
            rows[model._meta.label_lower] = model._default_manager.values_list("pk", flat=True)[0]
    rows["businesses.business"], rows["staff.user"] = business.pk, owner.pk
    return House(clinic, owner, {label: pk for label, pk in rows.items() if isinstance(pk, UUID)})


def everything() -> dict[str, str]:
    """A hash of every table of ours, save the moments at which keys and logins were used."""
    tables = tables_of(*OURS)
    sql = " UNION ALL ".join(
        f"SELECT '{one}', coalesce(md5(string_agg((to_jsonb(t) - 'last_used_at' - 'last_login')"
        f"::text, ',' ORDER BY t::text)), '') FROM {one} t"
        for one in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())


@pytest.fixture
def house(db: None, clock: Any) -> House:
    return build_house()


# --- Every route --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Route:
    name: str
    pattern: str


def walk(resolver: Any, prefix: str = "", space: str = "") -> Iterator[Route]:
    for one in resolver.url_patterns:
        pattern = prefix + str(one.pattern).removeprefix("^")
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from walk(one, pattern, inner)
        else:
            assert isinstance(one, URLPattern)
            yield Route(f"{space}{one.name}", f"/{pattern}")


ROUTES = sorted(set(walk(get_resolver())), key=lambda one: ("logout" in one.name, one.pattern))
# What the interface is, tells of no clinic: both are pages that anybody may open.
DESCRIBING = {"openapi", "api-docs"}
API = [
    one
    for one in ROUTES
    if one.pattern.startswith(("/v1/", "/businesses")) and one.name not in DESCRIBING
]
PAGES = [one for one in ROUTES if one not in API]

# What the pk of a resource is, by the word before it.
RESOURCES = {
    "appointments": "appointments.appointment",
    "waitlist": "appointments.waitlistentry",
    "services": "businesses.service",
    "service-categories": "businesses.servicecategory",
    "categories": "businesses.servicecategory",
    "patients": "patients.patient",
    "locations": "businesses.location",
    "resources": "businesses.resource",
    "rooms": "businesses.resource",
    "closures": "businesses.closure",
    "staff": "staff.staff",
    "working-hours-schedules": "staff.workinghoursschedule",
    "schedules": "staff.workinghoursschedule",
    "time-blockers": "staff.timeblocker",
    "blocked": "staff.timeblocker",
    "external-events": "staff.externalevent",
    "outgoing-webhooks": "businesses.outgoingwebhook",
    "webhooks": "businesses.outgoingwebhook",
    "deliveries": "businesses.webhookdelivery",
    "keys": "businesses.apikey",
}


def address(
    route: Route, house: House, *, missing: bool = False, within: Business | None = None
) -> str:
    """Where the hidden clinic's object is on that route; or one that does not exist.

    Or that object as if it were `within` another business. A parameter that is not known here
    is an error: say what it stands for.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        before = route.pattern[: found.start()].rstrip("/").rpartition("/")[2]
        if name == "business_id":
            row = str(within.pk) if within else house.row("businesses.business")
            return str(new_id()) if missing and within is None else row
        if name == "alias":
            alias = within.alias if within else house.clinic.business.alias
            return "missing" if missing and within is None else alias
        if name == "content_type_id":
            return "1"
        if name in ("uidb64", "token"):
            return "MQ"
        if name in ("pk", "service_id", "staff_id", "webhook_id", "schedule_pk", "delivery_pk"):
            row = house.row(RESOURCES[before])
        elif name == "object_id":
            row = house.row(model_of(route) or "businesses.business")
        else:
            raise KeyError(f"{route.pattern} has the parameter {name}: what does it stand for?")
        return str(new_id()) if missing else row

    path = PARAMETER.sub(value, route.pattern)
    return path.replace(REST_OF_ADMIN, "nonsense").replace(APP_LIST, "appointments/")


REST_OF_ADMIN = "(?P<url>.*)$"
APP_LIST = next(
    one.pattern.removeprefix("/admin/") for one in PAGES if one.name == "admin:app_list"
)


def model_of(route: Route) -> str:
    """Of which model a page of the admin shows one object, if it is one of ours."""
    found = re.match(r"/admin/(\w+)/(\w+)/<path:object_id>", route.pattern)
    return f"{found[1]}.{found[2]}" if found and found[1] in OURS else ""


def test_the_walk_finds_the_routes() -> None:
    names = {route.name for route in ROUTES}
    assert {route.name for route in API} == {
        f"{space}:{name}"
        for space in ("v1", "api")
        for name in (
            "changes",
            "appointments",
            "appointment",
            "appointment-tags",
            "appointment-assignment",
            "appointments-preview",
            "appointments-swap",
            "available-times",
            "next-available-times",
            "service-categories",
            "service-category",
            "patients",
            "patient",
            "businesses",
            "business",
            "services",
            "service",
            "service-resources",
            "service-questions",
            "locations",
            "location",
            "resources",
            "resource",
            "closures",
            "closure",
            "staff",
            "staff-member",
            "staff-capacity",
            "schedules",
            "schedule",
            "time-blockers",
            "time-blocker",
            "external-events",
            "external-event",
            "outgoing-webhooks",
            "outgoing-webhook",
            "outgoing-webhook-secret",
            "outgoing-webhook-test",
            "webhook-deliveries",
            "webhook-delivery-replay",
        )
    }
    assert {"root", "login", "desk", "admin:index", "admin:patients_patient_change"} <= names
    assert len(PAGES) > 50
    models = {model_of(route) for route in PAGES} - {""}
    assert models == {one._meta.label_lower for one in admin.site._registry} - {
        "axes.accessattempt",
        "axes.accesslog",
        "axes.accessfailurelog",
    }


def test_the_walk_asks_what_a_new_parameter_stands_for(house: House) -> None:
    with pytest.raises(KeyError, match="what does it stand for"):
        address(Route("x", "/v1/businesses/<id:business_id>/x/<slug:flavour>"), house)
    with pytest.raises(KeyError, match="beds"):
        address(Route("x", "/v1/businesses/<id:business_id>/beds/<id:pk>"), house)


def asking(route: Route) -> str:
    """A query with which the rightful owner would be shown something."""
    span = f"?startDate={wire(NOW)}&endDate={wire(NOW + timedelta(days=2))}"
    if route.name.endswith((":appointments", ":staff-capacity")):
        return span
    if route.name.endswith(":available-times"):
        return f"{span}&duration=30&explain=true"
    if route.name.endswith(":changes"):
        return f"?since={cursor(Position(0))}"
    if route.name.endswith(":next-available-times"):
        return "?duration=30"
    if route.name.endswith("_changelist"):
        return f"?q={MARK[:4]}"
    if route.name == "admin:autocomplete":
        return f"?app_label=appointments&model_name=appointment&field_name=patient&term={MARK[:4]}"
    if route.name == "desk-undo":  # of what was booked first, and stands
        return f"?seen={wire(NOW)}"
    if route.name.startswith("desk"):
        return "?day=2026-07-02&q=" + MARK[:4]
    return ""


def reveals(headers: dict[str, str], content: bytes, house: House, path: str) -> list[str]:
    """What an answer tells of the hidden clinic beyond what was asked: its mark, its ids."""
    told = content.decode() + "\n".join(headers.values())
    ids = {str(row) for row in house.rows.values()} - set(IN_A_PATH.findall(path))
    return [word for word in (MARK, MARK.lower(), *sorted(ids)) if word in told]


# --- The API ------------------------------------------------------------------------------------

Stranger = Callable[[House], dict[str, Any]]


def bearer(token: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


def session(user: User) -> dict[str, Any]:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return {"client": client}


def no_key(house: House) -> dict[str, Any]:
    return {}


def a_malformed_key(house: House) -> dict[str, Any]:
    return bearer(house.clinic.token[:-1])


def the_hash_of_a_key(house: House) -> dict[str, Any]:
    return bearer(bytes(ApiKey.objects.get().secret_hash).hex())


def the_id_of_a_key(house: House) -> dict[str, Any]:
    return bearer(str(ApiKey.objects.get().pk))


def a_revoked_key(house: House) -> dict[str, Any]:
    token = api_key(house.clinic.business)
    revoke_key(ApiKey.objects.latest("id"))
    return bearer(token)


def an_expired_key(house: House) -> dict[str, Any]:
    return bearer(api_key(house.clinic.business, expires_at=NOW))


def somebody_whose_login_is_off(house: House) -> dict[str, Any]:
    user = member(house.clinic.business, Role.OWNER)
    visitor = session(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    return visitor


def another_business(house: House) -> dict[str, Any]:
    return bearer(api_key(BusinessFactory()))


def an_owner_of_another_business(house: House) -> dict[str, Any]:
    return session(member(BusinessFactory(), Role.OWNER))


def somebody_who_works_nowhere(house: House) -> dict[str, Any]:
    return session(UserFactory())


def somebody_who_has_left(house: House) -> dict[str, Any]:
    user = member(house.clinic.business, Role.OWNER)
    Staff.objects.filter(user=user).update(status=StaffStatus.ARCHIVED)
    return session(user)


def somebody_without_a_role(house: House) -> dict[str, Any]:
    return session(member(house.clinic.business))


STRANGERS: list[tuple[Stranger, tuple[int, str]]] = [
    (no_key, (401, "unauthenticated")),
    (a_malformed_key, (401, "invalid_api_key")),
    (the_hash_of_a_key, (401, "invalid_api_key")),
    (the_id_of_a_key, (401, "invalid_api_key")),
    (a_revoked_key, (401, "invalid_api_key")),
    (an_expired_key, (401, "invalid_api_key")),
    (somebody_whose_login_is_off, (401, "unauthenticated")),
    (another_business, (404, "not_found")),
    (an_owner_of_another_business, (404, "not_found")),
    (somebody_who_works_nowhere, (404, "not_found")),
    (somebody_who_has_left, (404, "not_found")),
    (somebody_without_a_role, (404, "not_found")),
]

# Who has a business of their own, which the list of businesses tells them.
AT_HOME_ELSEWHERE = (another_business, an_owner_of_another_business)

# Bodies that a route which changes something accepts, by its name; an empty object elsewhere.
BODIES: dict[str, Any] = {
    "appointment-tags": {"tags": []},
    "service-category": {"name": "x"},
    "patient": {"name": "x"},
    "business": {"name": "x"},
    "service": {"name": "x"},
    "service-resources": {"resources": []},
    "service-questions": {"questions": []},
    "location": {"name": "x"},
    "resource": {"name": "x"},
    "closure": {"name": "x"},
    "staff-member": {"name": "x"},
    "schedules": {"dateStart": "2020-01-01", "dateEnd": "2020-01-01", "workingHours": {}},
    "external-event": {"title": "x"},
    "outgoing-webhook": {"enabled": False},
}


def asked(route: Route, house: House, method: str, who: dict[str, Any], **more: Any) -> Reply:
    content = b""
    if method in ("POST", "PUT", "PATCH"):
        content = json.dumps(BODIES.get(route.name.partition(":")[2], {})).encode()
    return sent(method, address(route, house, **more) + asking(route), content=content, **who)


@pytest.mark.parametrize(
    ("stranger", "refused"), STRANGERS, ids=[stranger.__name__ for stranger, _ in STRANGERS]
)
def test_the_api_tells_a_stranger_nothing(
    house: House, stranger: Stranger, refused: tuple[int, str]
) -> None:
    who = stranger(house)
    before = everything()
    for route in API:
        for method in METHODS:
            reply = asked(route, house, method, who)
            nowhere = asked(route, house, method, who, missing=True)
            where = f"{method} {route.pattern}"
            assert reveals(dict(reply.headers), reply.content, house, address(route, house)) == []
            # What exists and what does not are the same to a stranger.
            assert (reply.status, reply.content) == (nowhere.status, nowhere.content), where
            if route.name.endswith(":businesses") and stranger in AT_HOME_ELSEWHERE:
                assert reply.status == (200 if method in ("GET", "HEAD") else 405), where
            elif method == "HEAD":
                assert (reply.status, reply.content) == (refused[0], b""), where
            else:
                assert reply.refused == refused, where
            assert ("WWW-Authenticate" in reply.headers) == (refused[0] == 401)
    assert everything() == before


def test_a_stranger_with_a_good_body_books_nothing(house: House) -> None:
    """The body would be accepted: sent by the owner, it is."""
    another = Clinic(
        business=house.clinic.business,
        service=house.clinic.service,
        staff=house.clinic.staff,
        patient=house.clinic.patient,
        token=api_key(BusinessFactory()),
    )
    before = everything()
    assert another.book(key="k", query="?ignoreBusyTimes=true").refused == (404, "not_found")
    assert replace(another, token="x").book(key="k").refused == (401, "invalid_api_key")
    assert everything() == before
    assert house.clinic.book().status == 201


def test_the_objects_of_others_are_unknown_at_home(house: House, other_clinic: Clinic) -> None:
    """A key of one's own, and ids of the hidden clinic in the body or at the end of the path."""
    own, hidden = other_clinic, house.clinic
    booked = house.row("appointments.appointment")
    before = everything()
    replies = {
        "path": own.get(booked),
        "patient": own.book(patientId=str(hidden.patient.pk)),
        "service": own.book(serviceId=str(hidden.service.pk)),
        "staff": own.book(staffId=str(hidden.staff.pk)),
        "additional": own.book(additionalStaffIds=[str(hidden.staff.pk)]),
        "question": own.book(
            answers=[{"id": house.row("businesses.bookingquestion"), "answer": "x"}]
        ),
    }
    assert {name: reply.refused for name, reply in replies.items()} == {
        "path": (404, "not_found"),
        "patient": (400, "patient_not_found"),
        "service": (400, "service_not_found"),
        "staff": (400, "staff_not_found"),
        "additional": (400, "staff_not_found"),
        "question": (400, "question_not_found"),
    }
    for reply in replies.values():
        assert reveals(dict(reply.headers), reply.content, house, "") == []
    assert everything() == before
    missing = str(new_id())
    assert own.get(missing).content == replies["path"].content
    assert own.book(patientId=missing).content == replies["patient"].content
    assert own.book(serviceId=missing).content == replies["service"].content
    assert own.book(staffId=missing).content == replies["staff"].content


def test_at_home_the_objects_of_others_are_as_if_they_were_not(
    house: House, other_clinic: Clinic
) -> None:
    who = bearer(other_clinic.token)
    before = everything()
    for route in API:
        if route.name.endswith(":business"):  # at home it is one's own
            continue
        for method in METHODS:
            home = {"within": other_clinic.business}
            reply = asked(route, house, method, who, **home)
            nowhere = asked(route, house, method, who, **home, missing=True)
            where = f"{method} {route.pattern}"
            assert (reply.status, reply.content) == (nowhere.status, nowhere.content), where
            assert reveals(dict(reply.headers), reply.content, house, "") == [], where
            if re.search("<id:(pk|service_id|staff_id|webhook_id)>", route.pattern):
                assert reply.status in (404, 405), where
    assert everything() == before


def test_the_list_at_home_is_the_list_at_home(house: House, other_clinic: Clinic) -> None:
    reply = other_clinic.list(NOW, NOW + timedelta(days=2))
    assert reply.json == {"data": [], "meta": {"totalCount": 0}}
    assert house.clinic.list(NOW, NOW + timedelta(days=2)).json["meta"] == {"totalCount": 1}


def test_the_rightful_key_is_told_what_strangers_are_not(house: House) -> None:
    """Without this the tests above could pass by looking for the wrong thing."""
    told = {
        route.name
        for route in API
        if MARK.encode() in asked(route, house, "GET", bearer(house.clinic.token)).content
    }
    only_ids = {
        "next-available-times": "staff.staff",
        "schedules": "staff.staff",
        "schedule": "staff.staff",
        "service-resources": "businesses.resource",
    }
    # Written, or only of ids, or of numbers; changes are told once they are committed.
    written = ("-tags", "-preview", "-swap", "-capacity", "-secret", "webhook-test", "-replay")
    without = (*written, ":changes", *only_ids)
    assert told == {route.name for route in API if not route.name.endswith(without)}
    for route in API:
        row = only_ids.get(route.name.partition(":")[2])
        if row is not None:
            reply = asked(route, house, "GET", bearer(house.clinic.token))
            assert house.row(row) in reply.content.decode(), route


@pytest.mark.parametrize("path", ["/v1/businesses/{}/appointments", "/businesses/{}/appointments"])
@pytest.mark.parametrize("business", ["x", "0", "%00", "..", "{id}x", "x{id}", "{id}/", "{bare}"])
def test_a_malformed_business_is_404_whoever_asks(house: House, path: str, business: str) -> None:
    own = house.row("businesses.business")
    malformed = path.format(business.format(id=own, bare=own.replace("-", "")))
    for who in (no_key(house), bearer(house.clinic.token), session(house.owner)):
        assert sent("GET", malformed, **who).refused == (404, "not_found")


# --- Pages --------------------------------------------------------------------------------------

# Where a clinic says how it is booked: its name is there for everybody.
BOOKING = {"booking-services", "booking-categories", "booking-staff"}
# What a patient's link opens, and nothing else: without its token there is nothing for anybody.
BY_LINK = {"link-reschedule", "link-cancel", "link-calendar"}
# What anybody may open; every other page ends at the sign-in.
PUBLIC = {
    "login",
    "password_reset",
    "password_reset_confirm",
    "password_reset_done",
    "password_reset_complete",
    *DESCRIBING,
    *BOOKING,
}
TYPED = {"post": "yes", "action": "delete_selected", "reason": "x", "password": PASSWORD}


def opened(
    client: Client,
    route: Route,
    house: House,
    method: str,
    *,
    missing: bool = False,
    within: Business | None = None,
    **more: Any,
) -> Any:
    path = address(route, house, missing=missing, within=within) + asking(route)
    if method == "POST":
        rows = list(house.rows.values())
        return client.post(path, TYPED | {"_selected_action": rows}, **more)
    return client.get(path, **more)


SIGN_IN = re.compile(r"(/admin)?/login/?(\?next=|$)")


@pytest.mark.parametrize(
    ("method", "public"),
    [
        ("GET", PUBLIC),
        ("POST", {"login", "password_reset", "password_reset_confirm"}),
    ],
    ids=["GET", "POST"],
)
def test_a_visitor_without_a_login_ends_at_the_sign_in(
    house: House, method: str, public: set[str]
) -> None:
    client = Client(raise_request_exception=False)
    before = everything()
    seen: dict[str, int] = {}
    for route in PAGES:
        response = opened(client, route, house, method)
        path = address(route, house)
        if route.name not in BOOKING:
            assert reveals(dict(response.items()), response.content, house, path) == [], path
        while response.status_code == 302 and not SIGN_IN.match(response["Location"]):
            response = client.get(response["Location"])
        if response.status_code not in (302, 405):
            seen[route.name] = response.status_code
    assert seen == dict.fromkeys(public, 200) | dict.fromkeys(BY_LINK, 404)
    assert everything() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_owner_of_another_business_finds_nothing_of_this_one(house: House, method: str) -> None:
    """Pages of the hidden clinic's objects answer as those of objects that do not exist."""
    client = Client(raise_request_exception=False)
    own = BusinessFactory(alias="own")
    client.force_login(member(own, Role.OWNER))
    before = everything()
    asked_for = ""  # a later page may show a message with an id that was asked for
    told: dict[str, list[str]] = {}
    different: dict[str, tuple[int, int]] = {}
    shown: dict[str, int] = {}
    for route in PAGES:
        response = opened(client, route, house, method)
        asked_for += address(route, house)
        assert response.status_code < 500, (method, route)
        found = reveals(dict(response.items()), response.content, house, asked_for)
        if found and route.name not in BOOKING:
            told[route.pattern] = found
        if PARAMETER.search(route.pattern) and route.name not in PUBLIC:
            if method == "GET":
                nowhere = opened(client, route, house, method, missing=True)
                if response.status_code != nowhere.status_code:
                    different[route.pattern] = (response.status_code, nowhere.status_code)
            if response.status_code not in (302, 403, 404, 405):
                shown[route.pattern] = response.status_code
        if "<slug:alias>" in route.pattern:
            at_home = opened(client, route, house, method, within=own, follow=True)
            if found := reveals(dict(at_home.items()), at_home.content, house, asked_for):
                told[f"{route.pattern}, at home"] = found
            if "<id:" in route.pattern and at_home.status_code not in (404, 405):
                shown[f"{route.pattern}, at home"] = at_home.status_code
    last = client.get("/admin/")
    if found := reveals(dict(last.items()), last.content, house, asked_for):
        told["messages"] = found
    assert (told, different, shown) == ({}, {}, {})
    # Whom they chose not to see at home is theirs.
    HiddenColumns.objects.filter(business=own).delete()
    assert everything() == before


REVEALING = {
    "desk-day",
    "desk-sheet",
    "desk-appointments",
    "desk-appointment",
    "desk-blocked",
    "desk-blocker",
    "desk-book",
    "desk-patients",
    "desk-patient",
    "desk-patient-edit",
    "desk-search",
    "desk-waitlist",
    "desk-waitlist-new",
    "desk-waitlist-entry",
    "desk-waitlist-around",
    "admin:appointments_appointment_changelist",
    "admin:appointments_appointment_change",
    "admin:appointments_appointment_history",
    "admin:patients_patient_changelist",
    "admin:patients_patient_change",
    "admin:staff_staff_changelist",
    "admin:businesses_business_change",
    "admin:businesses_service_change",
    "admin:autocomplete",
}


def test_the_rightful_owner_is_shown_what_strangers_are_not(house: House) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(house.owner)
    assert {
        route.name
        for route in PAGES
        if route.name in REVEALING and MARK.encode() in opened(client, route, house, "GET").content
    } == REVEALING


def test_what_no_stranger_can_take_back_the_rightful_owner_can(house: House) -> None:
    client = Client()
    client.force_login(house.owner)
    (undo,) = (route for route in PAGES if route.name == "desk-undo")
    assert opened(client, undo, house, "POST").status_code == 302
    visit = Appointment.objects.get(pk=house.row("appointments.appointment"))
    assert visit.status == "cancelled"


def test_the_house_has_a_row_of_every_model_of_the_admin(house: House) -> None:
    shown = {one._meta.label_lower for one in admin.site._registry if one._meta.app_label in OURS}
    assert shown <= house.rows.keys()
    assert Business.objects.get(pk=house.rows["businesses.business"]).name == f"{MARK} Clinic"
