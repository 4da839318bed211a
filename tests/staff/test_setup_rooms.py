"""Setting up the rooms and devices of a clinic, and which services need them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appointments.acceptance import BookingRequest
from appointments.booking import book
from businesses.actor import Actor
from businesses.history import history_of
from businesses.models import Closure, Location, Resource, ResourceNeed, Service
from staff.roles import Role
from tests.desk.clinic import words_of
from tests.factories import LocationFactory, PatientFactory, ServiceFactory
from tests.staff.setup import Setup, errors_of, set_up


def told(answer: Any) -> list[str]:
    return [str(one) for one in get_messages(answer.wsgi_request)]


def add(owner: Setup, name: str = "Room 1", **fields: Any) -> Resource:
    given: dict[str, Any] = {"kind": "room"} | fields
    made: Resource = Resource.objects.create(business=owner.business, name=name, **given)
    return made


def needs(service: Service, room: Resource | None = None, kind: str = "") -> ResourceNeed:
    made: ResourceNeed = ResourceNeed.objects.create(
        business=service.business, service=service, resource=room, kind=kind
    )
    return made


def visit_in(owner: Setup, room: Resource) -> None:
    """Next week, of the clinic's service, which needs the room from now on."""
    needs(owner.service, room)
    monday = timezone.now().date() + timedelta(days=8)
    book(
        business_id=owner.business.pk,
        request=BookingRequest(
            service_id=owner.service.pk,
            patient_id=PatientFactory(business=owner.business).pk,
            starts_at=datetime(monday.year, monday.month, monday.day, 12, tzinfo=UTC),
            minutes=30,
            staff_id=owner.doctor.pk,
        ),
        by=Actor(name="Sofia", source="desk"),
    )


def test_a_room_is_added_with_the_services_that_need_it(owner: Setup) -> None:
    place = LocationFactory(business=owner.business)
    answer = owner.post(
        "setup/rooms/new",
        name="Room 1",
        kind=" Treatment  ROOM",
        location=str(place.pk),
        enabled="on",
        services=[str(owner.service.pk)],
    )
    assert answer["Location"] == owner.url("setup/rooms")
    made = Resource.objects.get()
    assert (made.business, made.name, made.kind, made.location, made.enabled) == (
        owner.business,
        "Room 1",
        "treatment room",
        place,
        True,
    )
    assert [need.resource for need in owner.service.needs.all()] == [made]
    (entry,) = history_of(made)
    assert (entry.who, entry.source, entry.label) == ("Olga Owner", "Front desk", "Added")
    shown = words_of(owner.get("setup/rooms"))
    assert "Treatment room" in shown
    assert "Consultation" in shown


def test_saving_an_untouched_room_changes_nothing_of_it(owner: Setup) -> None:
    room = add(owner)
    need = needs(owner.service, room)
    before = Service.objects.get(pk=owner.service.pk).updated_at
    assert owner.send(f"setup/rooms/{room.pk}").status_code == 302
    assert list(ResourceNeed.objects.values_list("pk", flat=True)) == [need.pk]
    assert Service.objects.get(pk=owner.service.pk).updated_at == before


def test_two_rooms_of_a_clinic_have_two_names(owner: Setup) -> None:
    add(owner)
    answer = owner.post("setup/rooms/new", name="ROOM 1", kind="room", enabled="on")
    assert errors_of(answer) == {"name": ["Another room or device here has this name."]}
    assert 'value="ROOM 1"' in answer.content.decode()
    assert Resource.objects.count() == 1


@pytest.mark.parametrize(("field", "value"), [("name", ""), ("kind", " "), ("location", "x")])
def test_a_room_that_can_not_be_is_refused(owner: Setup, field: str, value: str) -> None:
    sent = {"name": "Room 1", "kind": "room"} | {field: value}
    assert list(errors_of(owner.post("setup/rooms/new", **sent))) == [field]
    assert not Resource.objects.exists()


def test_rows_of_another_clinic_are_not_chosen_for_a_room(owner: Setup, neighbour: Setup) -> None:
    theirs = LocationFactory(business=neighbour.business)
    for foreign in ({"location": theirs.pk}, {"services": neighbour.service.pk}):
        answer = owner.post("setup/rooms/new", name="Mine", kind="room", **foreign)
        assert list(errors_of(answer)) == list(foreign)
    assert not Resource.objects.exists()


def test_a_room_is_not_put_at_a_location_that_was_removed(owner: Setup) -> None:
    gone = LocationFactory(business=owner.business, archived_at=timezone.now())
    answer = owner.post("setup/rooms/new", name="Mine", kind="room", location=str(gone.pk))
    assert list(errors_of(answer)) == ["location"]
    assert not Resource.objects.exists()


def test_a_room_that_is_switched_off_says_who_counts_on_it(owner: Setup) -> None:
    room = add(owner)
    visit_in(owner, room)
    answer = owner.send(f"setup/rooms/{room.pk}", enabled=None)
    first, second, saved = told(answer)
    assert first.startswith("1 appointment to come uses Room 1, on ")
    assert first.endswith("; they stay as they are.")
    assert second == "Consultation needs Room 1, which can’t be used now."
    assert saved == "Room 1 is saved."
    assert not Resource.objects.get().enabled


def test_a_room_is_not_moved_away_from_its_visits(owner: Setup) -> None:
    room, place = add(owner), LocationFactory(business=owner.business, name="Annexe")
    visit_in(owner, room)
    answer = owner.send(f"setup/rooms/{room.pk}", location=str(place.pk))
    (sentence,) = errors_of(answer)["location"]
    assert sentence.endswith("not at Annexe. Move or cancel them first.")
    assert Resource.objects.get().location is None


def test_a_room_that_nothing_keeps_is_removed(owner: Setup) -> None:
    room = add(owner)
    answer = owner.post(f"setup/rooms/{room.pk}/remove")
    assert (answer["Location"], told(answer)) == (owner.url("setup/rooms"), ["It is removed."])
    assert not Resource.objects.exists()


def test_a_room_that_a_visit_uses_is_kept_and_the_page_says_what_to_do(owner: Setup) -> None:
    room = add(owner)
    visit_in(owner, room)
    answer = owner.post(f"setup/rooms/{room.pk}/remove")
    assert answer["Location"] == owner.url(f"setup/rooms/{room.pk}")
    assert told(answer)[0].startswith("It can’t be removed: appointments use or used it")
    assert Resource.objects.filter(pk=room.pk).exists()


def test_whoever_has_a_service_open_is_told_that_its_rooms_changed(real_owner: Setup) -> None:
    owner = real_owner
    page = f"setup/services/{owner.service.pk}"
    mine = owner.shown(page)
    owner.post("setup/rooms/new", name="Scanner", kind="scanner", services=str(owner.service.pk))
    answer = owner.client.post(owner.url(page), mine)
    assert errors_of(answer)["__all__"][0].startswith("Somebody else changed this")
    assert owner.service.needs.count() == 1


def test_a_kind_that_is_needed_and_not_there_is_shown(owner: Setup) -> None:
    needs(owner.service, kind="ultrasound")
    shown = words_of(owner.get("setup/rooms"))
    assert "Any one of this kind is needed for: Consultation." in shown
    assert "There is none of this kind, so these services can't be booked." in shown


def test_what_a_colleague_has_changed_of_a_room_is_not_written_over(real_owner: Setup) -> None:
    owner = real_owner
    page = f"setup/rooms/{add(owner).pk}"
    mine = owner.shown(page)
    owner.client.post(owner.url(page), mine | {"name": "Blue room"})
    answer = owner.client.post(owner.url(page), mine | {"name": "Red room"})
    stale, news = errors_of(answer)["__all__"]
    assert stale.startswith("Somebody else changed this")
    assert news == "Olga Owner: Name is now Blue room (it was Room 1)."
    assert 'value="Red room"' in answer.content.decode()
    assert Resource.objects.get().name == "Blue room"


# --- Locations --------------------------------------------------------------------------------


def place(**fields: str) -> dict[str, str]:
    return {"name": "Main house", "timezone": "Europe/London"} | fields


def test_a_location_is_added_in_the_clinics_time_zone(owner: Setup) -> None:
    assert owner.get("setup/locations/new").context["form"].initial["timezone"] == "Europe/London"
    sent = place(address="1 River Street", phone="+44 20 7946 0000", lat="51.5", lng="-0.1")
    answer = owner.post("setup/locations/new", **sent)
    assert answer["Location"] == owner.url("setup/locations")
    made = Location.objects.get()
    assert (made.business, made.name, made.address, made.lat, made.lng) == (
        owner.business,
        "Main house",
        "1 River Street",
        51.5,
        -0.1,
    )
    (entry,) = history_of(made)
    assert (entry.who, entry.source, entry.label) == ("Olga Owner", "Front desk", "Added")


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, {"name": ["This field is required."]}),
        ({"lat": "51.5"}, {"lng": ["Write both latitude and longitude, or neither."]}),
        ({"lng": "51.5"}, {"lat": ["Write both latitude and longitude, or neither."]}),
        ({"email": "nobody"}, {"email": ["Enter a valid email address."]}),
    ],
)
def test_a_location_that_can_not_be_is_refused_in_words(
    owner: Setup, fields: dict[str, str], errors: dict[str, list[str]]
) -> None:
    answer = owner.post("setup/locations/new", **place(**fields))
    assert errors_of(answer) == errors
    assert not Location.objects.exists()


def test_a_zone_that_is_none_is_refused(owner: Setup) -> None:
    answer = owner.post("setup/locations/new", **place(timezone="Moon/Base"))
    assert list(errors_of(answer)) == ["timezone"]
    assert not Location.objects.exists()


def test_a_location_is_not_removed_while_something_is_to_be_there(owner: Setup) -> None:
    house = LocationFactory(business=owner.business)
    ServiceFactory(business=owner.business, name="Massage", location=house)
    add(owner, location=house)
    page = f"setup/locations/{house.pk}"
    answer = owner.post(f"{page}/remove")
    assert answer["Location"] == owner.url(page)
    assert told(answer) == [
        "Main house can’t be removed yet: give another location to Massage, Room 1 first."
    ]
    assert Location.objects.get().archived_at is None
    shown = words_of(owner.get(page))
    assert "Before the location can be removed" in shown
    assert "Remove it" not in shown


def test_a_location_that_nothing_uses_is_removed(owner: Setup) -> None:
    house = LocationFactory(business=owner.business)
    answer = owner.post(f"setup/locations/{house.pk}/remove")
    assert (answer["Location"], told(answer)) == (
        owner.url("setup/locations"),
        ["Main house is removed."],
    )
    assert not Location.objects.exists()


def put_away(owner: Setup, name: str = "Main house") -> Location:
    """A location that is kept for an appointment, and was removed; so was its closure."""
    house = LocationFactory(business=owner.business, name=name)
    book(
        business_id=owner.business.pk,
        request=BookingRequest(
            service_id=ServiceFactory(business=owner.business, location=house).pk,
            patient_id=PatientFactory(business=owner.business).pk,
            starts_at=datetime(2031, 3, Location.objects.count(), 10, tzinfo=UTC),
            minutes=30,
        ),
        by=Actor(name="Sofia", source="desk"),
    )
    house.services.update(location=None)
    days = {"date_start": date(2031, 3, 4), "date_end": date(2031, 3, 4)}
    Closure.objects.create(business=owner.business, location=house, name="Works", **days)
    owner.post(f"setup/locations/{house.pk}/remove")
    house.refresh_from_db()
    assert house.archived_at is not None
    return house


def test_a_location_that_was_kept_for_its_appointments_can_be_brought_back(owner: Setup) -> None:
    house = put_away(owner)
    shown = owner.get("setup/locations")
    assert ([*shown.context["locations"]], [*shown.context["away"]]) == ([], [house])
    assert "Bring back" in words_of(shown)
    assert owner.get(f"setup/locations/{house.pk}").status_code == 404
    answer = owner.post(f"setup/locations/{house.pk}/restore")
    assert (answer["Location"], told(answer)[-1]) == (
        owner.url(f"setup/locations/{house.pk}"),
        "Main house is back. Its closures went when it was removed; add what is still to come.",
    )
    house.refresh_from_db()
    assert (house.archived_at, house.closures.count()) == (None, 0)
    newest = history_of(house)[0]
    assert (newest.who, newest.source) == ("Olga Owner", "Front desk")
    answer = owner.post("setup/rooms/new", name="Mine", kind="room", location=str(house.pk))
    assert answer.status_code == 302


def test_who_brings_a_location_back_twice_changes_nothing_more(owner: Setup) -> None:
    house = put_away(owner)
    for _ in range(2):
        answer = owner.post(f"setup/locations/{house.pk}/restore")
        assert answer["Location"] == owner.url(f"setup/locations/{house.pk}")
    house.refresh_from_db()
    entries = [entry.label for entry in history_of(house)]
    assert len(entries) == 3, entries  # added, removed, brought back


def test_the_owner_of_another_clinic_brings_nothing_back(owner: Setup, neighbour: Setup) -> None:
    house = put_away(owner)
    before = Location.objects.get(pk=house.pk).updated_at
    for path in (owner.url, neighbour.url):
        answer = neighbour.client.post(path(f"setup/locations/{house.pk}/restore"))
        assert answer.status_code == 404
    house.refresh_from_db()
    assert house.archived_at is not None
    assert house.updated_at == before


def test_rooms_and_locations_ask_as_much_for_one_as_for_three(owner: Setup) -> None:
    house = LocationFactory(business=owner.business)
    put_away(owner, "Old house")
    room = add(owner, location=house)
    needs(owner.service, room)
    needs(owner.service, kind="room")
    pages = (
        "setup/rooms",
        f"setup/rooms/{room.pk}",
        "setup/locations",
        f"setup/locations/{house.pk}",
    )

    def statements(page: str) -> int:
        with CaptureQueriesContext(connection) as sent:
            assert owner.get(page).status_code == 200
        return len(sent)

    before = [statements(page) for page in pages]
    for number in range(2, 4):
        other = LocationFactory(business=owner.business, name=f"House {number}")
        put_away(owner, f"Old house {number}")
        service = ServiceFactory(business=owner.business, location=house)
        needs(service, add(owner, f"Room {number}", location=other))
    assert [statements(page) for page in pages] == before


def test_a_developer_finds_no_rooms(db: None) -> None:
    assert set_up(Role.DEVELOPER).get("setup/rooms").status_code == 404
