"""What becomes of a service that is deleted over HTTP, and who is in the way of a change."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from appointments.models import Appointment
from businesses.models import Resource, ResourceNeed, Service, ServiceCategory, ServiceDuration
from staff.models import ServiceHost
from staff.roles import Role
from tests.appointments.api.clinic import Clinic, nothing_is_written
from tests.businesses.api.rivals import just_before
from tests.factories import StaffFactory, member, provides
from tests.staff.api.offers import PATH, SHORT, made


def test_a_service_that_nothing_refers_to_is_deleted_with_its_lines(clinic: Clinic) -> None:
    before = ServiceDuration.objects.count()
    category = ServiceCategory.objects.create(business=clinic.business, name="Movement")
    service = made(clinic, staffsIds=[str(clinic.staff.pk)], categoriesIds=[str(category.pk)])
    ResourceNeed.objects.create(business=clinic.business, service_id=service["id"], kind="room")
    reply = clinic.ask("DELETE", PATH, service["id"])
    assert (reply.status, reply.content) == (204, b"")
    assert clinic.ask("GET", PATH, service["id"]).refused == (404, "not_found")
    assert clinic.ask("DELETE", PATH, service["id"]).refused == (404, "not_found")
    assert not Service.objects.filter(pk=service["id"]).exists()
    assert ServiceDuration.objects.count() == before
    assert (ServiceHost.objects.count(), ResourceNeed.objects.count()) == (0, 0)


def put_away(clinic: Clinic) -> tuple[Service, Any]:
    """The service of the clinic, deleted, and its appointment."""
    Service.objects.filter(pk=clinic.service.pk).update(alias="care")
    visit = clinic.booked()
    reply = clinic.ask("DELETE", PATH, clinic.service.pk)
    assert (reply.status, reply.content) == (204, b"")
    return Service.objects.get(pk=clinic.service.pk), visit


def test_a_service_of_appointments_is_put_away_and_they_keep_it(clinic: Clinic) -> None:
    other = made(clinic)
    stored, visit = put_away(clinic)
    assert (stored.archived_at is not None, stored.enabled) == (True, False)
    assert clinic.ask("GET", PATH).data == [other]
    with nothing_is_written():
        for method in ("GET", "PUT", "DELETE"):
            reply = clinic.ask(method, PATH, stored.pk, body={"enabled": True})
            assert reply.refused == (404, "not_found")
    told = clinic.get(visit["id"]).data
    assert told["service"] == {"id": str(stored.pk), "name": stored.name, "alias": None}
    assert {name for name in told if told[name] != visit[name]} == {"service"}


def test_what_was_put_away_is_not_booked(clinic: Clinic) -> None:
    put_away(clinic)
    with nothing_is_written():
        assert clinic.book().wrong == [("serviceId", "service_disabled")]


def test_the_alias_of_what_was_put_away_is_free(clinic: Clinic) -> None:
    put_away(clinic)
    assert made(clinic, alias="care")["alias"] == "care"


def test_the_admin_shows_what_was_put_away_and_does_not_change_it(clinic: Clinic) -> None:
    provides(clinic.staff, clinic.service)
    stored, _ = put_away(clinic)
    client = Client()
    client.force_login(member(clinic.business, Role.OWNER))
    page = f"/admin/businesses/service/{stored.pk}/change/"
    response = client.get(page)
    assert b"Archived" in response.content
    assert b'name="_save"' not in response.content
    with nothing_is_written():
        assert client.post(page, {"name": "x", "enabled": "on"}).status_code == 403
    asked = "app_label=appointments&model_name=appointment&field_name=service"
    offered = client.get(f"/admin/autocomplete/?{asked}&business={clinic.business.pk}").json()
    assert offered["results"] == []
    # Who hosted it can still be changed; the service is not among theirs.
    theirs = client.get(f"/admin/staff/staff/{clinic.staff.pk}/change/").content.decode()
    assert stored.name not in theirs


def test_the_desk_does_not_offer_what_was_put_away(clinic: Clinic) -> None:
    stored, _ = put_away(clinic)
    client = Client()
    client.force_login(member(clinic.business, Role.OWNER))
    page = client.get(f"/desk/{clinic.business.alias}/book", follow=True)
    assert page.status_code == 200
    assert str(stored.pk) not in page.content.decode()


def test_a_service_that_is_booked_at_the_last_moment_is_put_away(real_clinic: Clinic) -> None:
    """Django looks for appointments before it deletes; the database looks again."""
    service = made(real_clinic)
    visit = real_clinic.booked()

    def rival() -> None:
        Appointment.objects.filter(pk=visit["id"]).update(service_id=service["id"])

    with just_before('DELETE FROM "businesses_service"', rival):
        assert real_clinic.ask("DELETE", PATH, service["id"]).status == 204
    assert real_clinic.get(visit["id"]).data["service"]["id"] == service["id"]
    stored = Service.objects.get(pk=service["id"])
    assert (stored.archived_at is not None, stored.durations.count()) == (True, 1)


def test_two_services_do_not_have_one_alias(clinic: Clinic, other_clinic: Clinic) -> None:
    first, second = made(clinic, alias="care"), made(clinic)
    with nothing_is_written():
        for reply in (
            clinic.ask("POST", PATH, body=SHORT | {"alias": "care"}),
            clinic.ask("PUT", PATH, second["id"], body={"alias": "care", "staffsIds": []}),
        ):
            assert reply.refused == (409, "alias_taken")
    assert clinic.ask("GET", PATH, second["id"]).data == second
    assert made(other_clinic, alias="care")["alias"] == first["alias"]


def test_an_alias_that_a_rival_takes_at_the_last_moment_is_taken(real_clinic: Clinic) -> None:
    def rival() -> None:
        made(real_clinic, name="Faster", alias="care")

    with just_before('INSERT INTO "businesses_service"', rival):
        reply = real_clinic.ask("POST", PATH, body=SHORT | {"alias": "care"})
    assert reply.refused == (409, "alias_taken")
    assert [one.name for one in Service.objects.filter(alias="care")] == ["Faster"]


@pytest.mark.parametrize(
    ("what", "table", "code"),
    [
        ("staffsIds", "staff_servicehost", "staff_not_found"),
        ("categoriesIds", "businesses_serviceincategory", "category_not_found"),
    ],
)
def test_whom_a_rival_deletes_at_the_last_moment_is_not_named(
    real_clinic: Clinic, what: str, table: str, code: str
) -> None:
    service = made(real_clinic)
    rows: Any = {
        "staffsIds": StaffFactory(business=real_clinic.business),
        "categoriesIds": ServiceCategory.objects.create(business=real_clinic.business, name="x"),
    }
    with just_before(
        f'INSERT INTO "{table}"', type(rows[what]).objects.get(pk=rows[what].pk).delete
    ):
        reply = real_clinic.ask("PUT", PATH, service["id"], body={what: [str(rows[what].pk)]})
    assert reply.refused == (409, code)
    assert real_clinic.ask("GET", PATH, service["id"]).data == service


def test_a_room_can_be_deleted_once_its_service_is(clinic: Clinic) -> None:
    room = Resource.objects.create(business=clinic.business, name="Room 1", kind="room")
    service = made(clinic)
    ResourceNeed.objects.create(business=clinic.business, service_id=service["id"], resource=room)
    assert clinic.ask("DELETE", "resources", room.pk).refused == (409, "in_use")
    assert clinic.ask("DELETE", PATH, service["id"]).status == 204
    assert clinic.ask("DELETE", "resources", room.pk).status == 204
