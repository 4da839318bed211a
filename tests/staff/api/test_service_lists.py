"""Services over HTTP: which are told, in which order, and what that costs."""

from __future__ import annotations

import pytest

from businesses.models import Service
from tests.appointments.api.clinic import Clinic, counted
from tests.factories import LocationFactory, StaffFactory, provides
from tests.staff.api.offers import PATH, category, everything, made, person


def test_services_are_listed_by_name_then_id(clinic: Clinic) -> None:
    Service.objects.all().delete()
    second, third, first = (made(clinic, name=name) for name in ("Massage", "Massage", "Bath"))
    reply = clinic.ask("GET", PATH)
    assert reply.json == {"data": [first, second, third], "meta": {"totalCount": 3}}
    part = clinic.ask("GET", PATH, query="?limit=1&offset=1")
    assert part.json == {"data": [second], "meta": {"totalCount": 3}}


def test_services_are_narrowed(clinic: Clinic, other_clinic: Clinic) -> None:
    Service.objects.filter(business=clinic.business).delete()
    movement, place = category(clinic), str(LocationFactory(business=clinic.business).pk)
    grace, desk = person(clinic), StaffFactory(business=clinic.business, takes_bookings=False)
    anybody = made(clinic, name="Anybody's 100% bath", additionalStaffIds=[str(desk.pk)])
    hers = made(clinic, name="Hers", staffsIds=[grace], enabled=False)
    filed = made(clinic, name="Mine", staffsIds=[str(clinic.staff.pk)], categoriesIds=[movement])
    placed = made(clinic, name="Placed", staffsIds=[str(desk.pk)], locationId=place)
    for query, told in (
        ("?enabled=true", [anybody, filed, placed]),
        ("?enabled=false", [hers]),
        (f"?categoryId={movement}", [filed]),
        (f"?categoryId={category(other_clinic)}", []),
        (f"?locationId={place}", [placed]),
        (f"?staffId={grace}", [anybody, hers]),
        (f"?staffId={desk.pk}", [anybody, placed]),
        (f"?staffId={clinic.staff.pk}&enabled=true", [anybody, filed]),
        (f"?staffId={other_clinic.staff.pk}", []),
        ("?search=100%25", [anybody]),
        ("?search=HERS", [hers]),
        ("?search=_", []),
    ):
        reply = clinic.ask("GET", PATH, query=query)
        assert reply.json == {"data": told, "meta": {"totalCount": len(told)}}, query


BAD_QUERIES = [
    ("?enabled=maybe", ("enabled", "invalid")),
    ("?staffId=x", ("staffId", "invalid")),
    ("?categoryId=", ("categoryId", "invalid")),
    ("?locationId=x", ("locationId", "invalid")),
    ("?search=", ("search", "blank")),
    ("?search=%00", ("search", "bad_character")),
    ("?limit=51", ("limit", "max_value")),
    ("?color=red", ("color", "unknown_field")),
]


@pytest.mark.parametrize(("query", "wrong"), BAD_QUERIES)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: tuple[str, str]) -> None:
    assert clinic.ask("GET", PATH, query=query).wrong == [wrong]


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    Service.objects.all().delete()
    first, *_ = [made(real_clinic, **everything(real_clinic) | {"alias": f"a{number}"})
                 for number in range(count)]  # fmt: skip
    for one in Service.objects.all():
        for _ in range(count):
            provides(StaffFactory(business=real_clinic.business), one)
    # The key, the count, the rows with the ids of their people and categories, their lengths.
    assert counted(lambda: real_clinic.ask("GET", PATH)) == (200, 4)
    assert counted(lambda: real_clinic.ask("GET", PATH, first["id"])) == (200, 3)
    # The key, BEGIN, the signature, the lock, the service, its lengths, its change, both of the
    # two again, COMMIT.
    body = {"name": "Other"}
    assert counted(lambda: real_clinic.ask("PUT", PATH, first["id"], body=body)) == (200, 10)
