"""Rooms and devices in the admin, which services need them, and what appointments hold of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from appointments.models import Appointment, HeldResource
from businesses.models import Resource, ResourceNeed
from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, errors, next_monday, page, told, typed, words
from tests.factories import LocationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(mine: Clinic) -> Client:
    return as_user(mine.works(Role.OWNER))


def save(client: Client, row: Any, **changes: Any) -> Any:
    address = page(row, "add" if isinstance(row, type) else "change")
    return client.post(address, typed(client.get(address)) | changes)


def uses(visit: Appointment, room: Resource) -> HeldResource:
    """The visit holds the room for as long as it lasts."""
    return HeldResource.objects.create(
        business=visit.business,
        appointment=visit,
        resource=room,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        during=(visit.starts_at, visit.ends_at),
        session=visit.pk,
    )


# --- Rooms and devices ------------------------------------------------------------------------


@pytest.mark.parametrize("typed_kind", ["X-Ray  Machine", "  x-ray machine ", "X-RAY MACHINE"])
def test_a_kind_is_kept_in_lower_case(typed_kind: str, mine: Clinic, owner: Client) -> None:
    assert save(owner, Resource, name="Röntgen", kind=typed_kind).status_code == 302
    assert Resource.objects.get(name="Röntgen").kind == "x-ray machine"


@pytest.mark.parametrize("kind", ["", "   ", "x" * 51, "İ" * 26, "a\x00b"])
def test_a_kind_that_can_not_be_kept_is_an_error(kind: str, mine: Clinic, owner: Client) -> None:
    assert list(errors(save(owner, Resource, name="New", kind=kind))) == ["kind"]
    assert Resource.objects.get() == mine.room


def test_rooms_of_a_business_do_not_share_a_name(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    assert errors(save(owner, Resource, name="OWN ROOM", kind="room")) == {
        "name": ["Another room or device here has this name."]
    }
    assert save(owner, Resource, name="Zzfern room", kind="room").status_code == 302


def test_the_kinds_in_use_here_are_suggested(mine: Clinic, theirs: Clinic, owner: Client) -> None:
    ResourceNeed.objects.create(business=mine.business, service=mine.service, kind="laser")
    for response in (
        owner.get(page(Resource, "add")),
        owner.get(page(mine.room, "change")),
        owner.get(page(mine.service, "change")),
    ):
        assert 'list="kinds-in-use"' in words(response)
        assert words(response).count('<datalist id="kinds-in-use">') == 1
        assert '<option value="laser"></option>' in words(response)
        assert '<option value="own room"></option>' in words(response)
        assert "zzfern" not in words(response)


# --- Held by appointments ---------------------------------------------------------------------


def test_a_room_that_appointments_use_is_not_deleted(mine: Clinic, owner: Client) -> None:
    ResourceNeed.objects.all().delete()
    uses(mine.visit, mine.room)
    when = next_monday(10).strftime("%a %-d %b %Y, %H:%M")
    for response in (
        owner.get(page(mine.room, "delete")),
        owner.post(page(mine.room, "delete"), {"post": "yes"}),
    ):
        assert response.context["protected"] == [
            "Held rooms and devices of Own room",
            f"1 appointment to come uses Own room, on {when}",
            "You can switch it off instead: “Can be used”.",
        ]
    together = {"action": "delete_selected", "_selected_action": [str(mine.room.pk)]}
    owner.post(page(Resource, "changelist"), together | {"post": "yes"})
    assert Resource.objects.get() == mine.room


def test_a_room_that_a_service_needs_is_not_deleted(mine: Clinic, owner: Client) -> None:
    response = owner.post(page(mine.room, "delete"), {"post": "yes"})
    assert response.context["protected"] == [
        "Needed rooms and devices of Own room",
        "Own scan: needs Own room",
        "You can switch it off instead: “Can be used”.",
    ]
    assert Resource.objects.get() == mine.room


def test_a_room_that_nothing_is_about_is_deleted(mine: Clinic, owner: Client) -> None:
    ResourceNeed.objects.all().delete()
    assert owner.post(page(mine.room, "delete"), {"post": "yes"}).status_code == 302
    assert not Resource.objects.exists()


def test_a_room_with_visits_to_come_stays_where_they_are(mine: Clinic, owner: Client) -> None:
    elsewhere = LocationFactory(business=mine.business, name="Annexe")
    uses(mine.visit, mine.room)
    when = next_monday(10).strftime("%a %-d %b %Y, %H:%M")
    assert errors(save(owner, mine.room, location=str(elsewhere.pk))) == {
        "location": [
            f"1 appointment to come uses Own room, on {when}, not at Annexe."
            " Move or cancel them first."
        ]
    }
    mine.room.refresh_from_db()
    assert mine.room.location == mine.location


def test_a_room_may_move_to_where_its_visits_are_or_to_no_place(
    mine: Clinic, owner: Client
) -> None:
    uses(mine.visit, mine.room)
    for place in ("", str(mine.location.pk)):
        assert save(owner, mine.room, location=place).status_code == 302
        mine.room.refresh_from_db()
        assert str(mine.room.location_id or "") == place


def test_visits_that_are_over_let_a_room_go(mine: Clinic) -> None:
    elsewhere = LocationFactory(business=mine.business, name="Annexe")
    uses(mine.visit, mine.room)
    with time_machine.travel(mine.visit.ends_at + timedelta(hours=1)):
        owner = as_user(mine.works(Role.OWNER))
        assert save(owner, mine.room, location=str(elsewhere.pk)).status_code == 302


def test_a_location_with_rooms_is_not_deleted(mine: Clinic, owner: Client) -> None:
    response = owner.post(page(mine.location, "delete"), {"post": "yes"})
    assert "Rooms and devices of Own house" in response.context["protected"]


# --- Needed by services -----------------------------------------------------------------------


def line(**values: Any) -> dict[str, Any]:
    """The first line of the needs of a service that has none."""
    filled = {f"resourceneed-0-{name}": value for name, value in values.items()}
    return filled | {"resourceneed-TOTAL_FORMS": "1"}


def test_a_service_needs_a_kind_or_a_room(mine: Clinic, owner: Client) -> None:
    assert save(owner, mine.service, **line(kind=" Own ROOM ")).status_code == 302
    need = ResourceNeed.objects.get(service=mine.service)
    assert (need.kind, need.resource) == ("own room", None)
    need.delete()
    assert save(owner, mine.service, **line(resource=str(mine.room.pk))).status_code == 302
    need = ResourceNeed.objects.get(service=mine.service)
    assert (need.kind, need.resource) == ("", mine.room)


def test_a_need_names_one_of_both(mine: Clinic, owner: Client) -> None:
    both = line(kind="room", resource=str(mine.room.pk))
    assert errors(save(owner, mine.service, **both)) == {
        "resourceneed-0-kind": ["Name either a kind or one room or device."]
    }


def test_a_room_is_needed_once(mine: Clinic, owner: Client) -> None:
    ResourceNeed.objects.create(business=mine.business, service=mine.service, resource=mine.room)
    again = {
        "resourceneed-1-resource": str(mine.room.pk),
        "resourceneed-TOTAL_FORMS": "2",
    }
    assert errors(save(owner, mine.service, **again))["resourceneed-1-resource"] == [
        "This room or device is there already."
    ]


def test_a_room_of_another_business_can_not_be_needed(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    response = save(owner, mine.service, **line(resource=str(theirs.room.pk)))
    assert list(errors(response)) == ["resourceneed-0-resource"]
    assert "Zzfern" not in words(response)


def test_a_need_that_nothing_meets_is_saved_with_a_warning(mine: Clinic, owner: Client) -> None:
    said = "Own service needs 1 of the kind “laser”, and 0 can be used (Own house)."
    response = save(owner, mine.service, **line(kind="Laser"))
    assert (response.status_code, told(response)[0]) == (302, said)
    assert said in words(owner.get(page(mine.service, "change")))
    Resource.objects.create(business=mine.business, name="Laser", kind="laser")
    assert said not in words(owner.get(page(mine.service, "change")))
    assert said not in told(save(owner, mine.service, name="Own service"))


@pytest.mark.parametrize("missing", ["switched off", "elsewhere", "taken by name"])
def test_what_can_not_be_used_meets_no_need(missing: str, mine: Clinic, owner: Client) -> None:
    ResourceNeed.objects.create(business=mine.business, service=mine.service, kind="own room")
    address = page(mine.service, "change")
    said = "Own service needs 1 of the kind “own room”, and 0 can be used (Own house)."
    assert said not in words(owner.get(address))
    if missing == "switched off":
        mine.room.enabled = False
    elif missing == "elsewhere":
        mine.room.location = LocationFactory(business=mine.business)
    else:
        ResourceNeed.objects.create(
            business=mine.business, service=mine.service, resource=mine.room
        )
    mine.room.save()
    assert said in words(owner.get(address))


def test_a_needed_room_that_can_not_be_used_is_told(mine: Clinic, owner: Client) -> None:
    ResourceNeed.objects.create(business=mine.business, service=mine.service, resource=mine.room)
    mine.room.location = LocationFactory(business=mine.business, name="Annexe")
    mine.room.save()
    address = page(mine.service, "change")
    assert "Own service needs Own room, which is at another location: Annexe." in words(
        owner.get(address)
    )
    mine.room.enabled = False
    mine.room.save()
    assert "Own service needs Own room, which can’t be used now." in words(owner.get(address))


def test_the_needs_are_part_of_the_services_history(mine: Clinic, owner: Client) -> None:
    save(owner, mine.service, **line(kind="laser"))
    entries = owner.get(page(mine.service, "history")).context["entries"]
    assert "needed room or device" in {entry.thing for entry in entries}
