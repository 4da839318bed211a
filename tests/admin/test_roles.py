"""Which roles see and change what in the admin, and who hands out roles."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from businesses.models import Service
from patients.models import Patient
from staff.models import Staff, User
from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, errors, operator, page, typed
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

CLINIC = "Business Closure ExternalEvent Location Resource Service ServiceCategory Staff"
CLINIC_READ = {*CLINIC.split(), "TimeBlocker", "WorkingHoursSchedule"}
BOOKING_READ = {
    "Appointment",
    "AdditionalHost",
    "GroupSlot",
    "HeldTime",
    "HeldResource",
    "Patient",
    "WaitlistEntry",
}
STAFF_WRITE = {"ExternalEvent", "Staff", "TimeBlocker", "WorkingHoursSchedule"}
SERVICES_WRITE = {"Location", "Resource", "Service", "ServiceCategory"}
KEYS = {"ApiKey", "IdempotentAnswer", "OutgoingWebhook", "WebhookDelivery"}
EVERYTHING_CHANGED = (
    STAFF_WRITE
    | SERVICES_WRITE
    | {"Business", "Closure", "Patient", "Appointment", "OutgoingWebhook"}
)

SEEN = {
    Role.OWNER: CLINIC_READ | BOOKING_READ | KEYS,
    Role.ADMIN: CLINIC_READ | BOOKING_READ | KEYS,
    Role.MANAGER: CLINIC_READ | BOOKING_READ,
    Role.FRONT_DESK: CLINIC_READ | BOOKING_READ,
    Role.PRACTITIONER: CLINIC_READ | BOOKING_READ,
    Role.DEVELOPER: CLINIC_READ | KEYS,
}
CHANGED = {
    Role.OWNER: EVERYTHING_CHANGED,
    Role.ADMIN: EVERYTHING_CHANGED,
    Role.MANAGER: STAFF_WRITE | SERVICES_WRITE | {"Patient", "Appointment"},
    Role.FRONT_DESK: {"Patient", "Appointment"},
    Role.PRACTITIONER: {"Patient", "Appointment"},
    Role.DEVELOPER: {"OutgoingWebhook"},
}


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_and_changes_what_its_scopes_say(role: Role, mine: Clinic) -> None:
    response = as_user(mine.works(role)).get(reverse("admin:index"))
    models = [model for app in response.context["app_list"] for model in app["models"]]
    assert {one["object_name"] for one in models} == SEEN[role]
    changed = {one["object_name"] for one in models if one["perms"]["change"]}
    assert changed == CHANGED[role]


def test_a_list_that_a_role_may_not_see_is_refused(mine: Clinic) -> None:
    client = as_user(mine.works(Role.DEVELOPER))
    for row, name in ((Patient, "changelist"), (Patient, "add"), (mine.patient, "change")):
        assert client.get(page(row, name)).status_code in (302, 403)
        assert b"Own patient" not in client.get(page(row, name)).content


def test_a_role_that_only_reads_changes_nothing(mine: Clinic) -> None:
    client = as_user(mine.works(Role.FRONT_DESK))
    assert client.get(page(mine.service, "change")).status_code == 200
    response = client.post(page(mine.service, "change"), {"name": "Free massage"})
    assert response.status_code == 403
    assert client.post(page(mine.service, "delete"), {"post": "yes"}).status_code == 403
    assert Service.objects.get(pk=mine.service.pk).name == "Own service"


def save(client: Client, member: Staff, **changes: Any) -> Any:
    """Opens a staff member's page, changes some fields and presses Save."""
    sent = typed(client.get(page(member, "change"))) | changes
    return client.post(page(member, "change"), sent)


def roles_of(member: Staff) -> list[str]:
    member.refresh_from_db()
    return sorted(member.roles)


def colleague(clinic: Clinic, *roles: Role, **fields: Any) -> Staff:
    found: Staff = StaffFactory(
        business=clinic.business, roles=[role.value for role in roles], **fields
    )
    return found


@pytest.mark.parametrize(
    ("giver", "given"),
    [
        (Role.OWNER, Role.OWNER),
        (Role.ADMIN, Role.ADMIN),
        (Role.ADMIN, Role.DEVELOPER),
        (Role.MANAGER, Role.FRONT_DESK),
    ],
)
def test_a_role_gives_the_roles_that_it_may(giver: Role, given: Role, mine: Clinic) -> None:
    member = colleague(mine, Role.PRACTITIONER)
    roles = [Role.PRACTITIONER.value, given.value]
    assert save(as_user(mine.works(giver)), member, roles=roles).status_code == 302
    assert roles_of(member) == sorted(roles)


@pytest.mark.parametrize(
    ("giver", "given"),
    [
        (Role.ADMIN, Role.OWNER),
        (Role.MANAGER, Role.MANAGER),
        (Role.MANAGER, Role.ADMIN),
        (Role.MANAGER, Role.DEVELOPER),
        (Role.MANAGER, Role.OWNER),
    ],
)
def test_a_role_above_ones_own_can_not_be_given(giver: Role, given: Role, mine: Clinic) -> None:
    client = as_user(mine.works(giver))
    member = colleague(mine, Role.PRACTITIONER)
    response = save(client, member, roles=[Role.PRACTITIONER.value, given.value])
    assert list(errors(response)) == ["roles"]
    assert roles_of(member) == [Role.PRACTITIONER]
    sent = typed(client.get(page(Staff, "add")))
    sent |= {"name": "New", "email": "new@x.example", "roles": [given.value]}
    assert list(errors(client.post(page(Staff, "add"), sent))) == ["roles"]
    assert Staff.objects.filter(name="New").count() == 0


def test_who_stands_above_can_not_be_renamed_demoted_or_switched_off(mine: Clinic) -> None:
    owner = colleague(mine, Role.OWNER, name="The owner", email="owner@x.example")
    for role in (Role.ADMIN, Role.MANAGER):
        client = as_user(mine.works(role))
        response = save(
            client,
            owner,
            roles=[Role.PRACTITIONER.value],
            email="mine@x.example",
            name="Renamed",
            status="DISABLED",
            takes_bookings="",
        )
        assert response.status_code == 302
        owner.refresh_from_db()
        assert (owner.email, owner.name, owner.status) == (
            ("owner@x.example", "The owner", "ACTIVE")
        )
        assert roles_of(owner) == [Role.OWNER]
        assert owner.takes_bookings is False  # what a manager does set of everybody


def test_nobody_raises_themselves(mine: Clinic) -> None:
    manager = mine.works(Role.MANAGER)
    member = Staff.objects.get(user=manager)
    response = save(as_user(manager), member, roles=[Role.OWNER.value])
    assert response.status_code == 302
    assert roles_of(member) == [Role.MANAGER]


def test_the_last_owner_stays(mine: Clinic) -> None:
    user = mine.works(Role.OWNER)
    client, member = as_user(user), Staff.objects.get(user=user)
    colleague(mine, Role.OWNER)  # has no login, so runs nothing
    said = ["This is the last owner who can log in. Make somebody else an owner first."]
    for changes in ({"roles": [Role.ADMIN.value]}, {"status": "DISABLED"}):
        assert errors(save(client, member, **changes)) == {"roles": said}
    assert client.post(page(member, "delete"), {"post": "yes"}).status_code == 403
    member.refresh_from_db()
    assert (member.roles, member.status) == ([Role.OWNER], "ACTIVE")


def test_an_owner_among_two_may_step_down(mine: Clinic) -> None:
    user = mine.works(Role.OWNER)
    mine.works(Role.OWNER)
    member = Staff.objects.get(user=user)
    assert save(as_user(user), member, roles=[Role.ADMIN.value]).status_code == 302
    assert roles_of(member) == [Role.ADMIN]


def test_an_operator_can_not_unlink_the_last_owner(mine: Clinic) -> None:
    user = mine.works(Role.OWNER)
    member = Staff.objects.get(user=user)
    response = save(as_user(operator()), member, user="")
    assert list(errors(response)) == ["roles"]
    member.refresh_from_db()
    assert member.user_id == user.pk


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
def test_who_stands_above_can_not_be_deleted(role: Role, mine: Clinic) -> None:
    member = colleague(mine, role)
    client = as_user(mine.works(Role.MANAGER))
    assert client.post(page(member, "delete"), {"post": "yes"}).status_code == 403
    sent = {"action": "delete_selected", "_selected_action": [str(member.pk)], "post": "yes"}
    assert client.post(page(Staff, "changelist"), sent).status_code == 403
    assert Staff.objects.filter(pk=member.pk).exists()


def test_a_manager_deletes_a_receptionist(mine: Clinic) -> None:
    member = colleague(mine, Role.FRONT_DESK)
    client = as_user(mine.works(Role.MANAGER))
    assert client.post(page(member, "delete"), {"post": "yes"}).status_code == 302
    assert not Staff.objects.filter(pk=member.pk).exists()


def test_staff_who_have_seen_patients_are_kept(mine: Clinic) -> None:
    client = as_user(mine.works(Role.OWNER))
    response = client.get(page(mine.staff, "delete"))
    assert "Appointments of Own doctor" in response.context["protected"]
    client.post(page(mine.staff, "delete"), {"post": "yes"})
    sent = {"action": "delete_selected", "_selected_action": [str(mine.staff.pk)], "post": "yes"}
    client.post(page(Staff, "changelist"), sent)
    assert Staff.objects.filter(pk=mine.staff.pk).exists()


def test_appointments_patients_and_keys_are_never_deleted(mine: Clinic) -> None:
    for client in (as_user(mine.works(Role.OWNER)), as_user(operator())):
        for row in (mine.visit, mine.patient, mine.key):
            assert client.post(page(row, "delete"), {"post": "yes"}).status_code == 403
            sent = {"action": "delete_selected", "_selected_action": [str(row.pk)]}
            client.post(page(type(row), "changelist"), sent | {"post": "yes"})
            assert type(row)._base_manager.filter(pk=row.pk).exists()


def test_logins_are_for_operators(mine: Clinic) -> None:
    client = as_user(mine.works(Role.OWNER))
    login = User.objects.get()
    for row, name in ((User, "changelist"), (User, "add"), (login, "change"), (login, "history")):
        assert (name, client.get(page(row, name)).status_code) == (name, 403)
    assert client.post(page(login, "change"), {"is_superuser": "on"}).status_code == 403
    assert client.post(page(login, "password")).status_code == 403
    assert User.objects.get().is_superuser is False
