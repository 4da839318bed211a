"""Setting up who works in a clinic."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from businesses.history import history_of
from staff.models import ServiceHost, Staff, StaffStatus
from staff.roles import Role
from tests.desk.clinic import words_of
from tests.factories import ServiceFactory, StaffFactory, member, provides
from tests.staff.setup import Setup, errors_of, set_up


def sent(**fields: Any) -> dict[str, Any]:
    return {"name": "Dr New", "email": "new@clinic.example", "roles": ["PRACTITIONER"]} | fields


def test_somebody_is_added_and_their_hours_come_next(owner: Setup) -> None:
    answer = owner.post("setup/staff/new", **sent(takes_bookings="on"))
    made = Staff.objects.get(name="Dr New")
    assert answer["Location"] == owner.url(f"setup/staff/{made.pk}/hours")
    assert (made.business, made.status, made.roles, made.takes_bookings) == (
        owner.business,
        StaffStatus.ACTIVE,
        ["PRACTITIONER"],
        True,
    )


def test_who_added_somebody_is_in_the_history(owner: Setup) -> None:
    owner.post("setup/staff/new", **sent())
    (entry,) = history_of(Staff.objects.get(name="Dr New"))
    assert (entry.who, entry.source, entry.label) == ("Olga Owner", "Front desk", "Added")


def test_two_people_of_a_clinic_have_two_addresses(owner: Setup) -> None:
    answer = owner.post("setup/staff/new", **sent(email=owner.doctor.email.upper()))
    assert errors_of(answer) == {"email": ["Another staff member here has this e-mail address."]}
    assert 'value="Dr New"' in answer.content.decode()
    assert not Staff.objects.filter(name="Dr New").exists()


def test_a_manager_hands_out_only_the_roles_of_a_manager(manager: Setup) -> None:
    answer = manager.post("setup/staff/new", **sent(roles=["OWNER"]))
    assert list(errors_of(answer)) == ["roles"]
    assert not Staff.objects.filter(name="Dr New").exists()


def test_a_manager_does_not_change_who_an_owner_is(manager: Setup) -> None:
    boss = StaffFactory(business=manager.business, name="Boss", roles=[Role.OWNER.value])
    answer = manager.send(f"setup/staff/{boss.pk}", name="Somebody", roles=[], takes_bookings=None)
    assert answer.status_code == 302
    boss.refresh_from_db()
    assert (boss.name, boss.roles, boss.takes_bookings) == ("Boss", ["OWNER"], False)
    for page, fields in (("login", {}), ("status", {"status": "ARCHIVED"})):
        manager.post(f"setup/staff/{boss.pk}/{page}", **fields)
    boss.refresh_from_db()
    assert (boss.status, boss.user_id) == (StaffStatus.ACTIVE, None)


def test_the_last_owner_stays_an_owner(owner: Setup) -> None:
    me = owner.user.staff.get()
    answer = owner.send(f"setup/staff/{me.pk}", roles=["MANAGER"])
    assert errors_of(answer) == {
        "roles": ["This is the last owner who can log in. Make somebody else an owner first."]
    }
    assert Staff.objects.get(pk=me.pk).roles == ["OWNER"]


def test_nobody_puts_themselves_away(owner: Setup) -> None:
    member(owner.business, Role.OWNER, password="!")
    me = owner.user.staff.get()
    owner.post(f"setup/staff/{me.pk}/status", status="ARCHIVED")
    assert Staff.objects.get(pk=me.pk).status == StaffStatus.ACTIVE


def test_somebody_is_put_away_and_brought_back(owner: Setup) -> None:
    page = f"setup/staff/{owner.doctor.pk}/status"
    assert owner.post(page, status="ARCHIVED")["Location"] == owner.url("setup/staff")
    assert Staff.objects.get(pk=owner.doctor.pk).status == StaffStatus.ARCHIVED
    assert "Put away" in words_of(owner.get("setup/staff"))
    owner.post(page, status="ACTIVE")
    assert Staff.objects.get(pk=owner.doctor.pk).status == StaffStatus.ACTIVE


def test_a_status_that_nobody_chooses_here_is_not_taken(owner: Setup) -> None:
    page = f"setup/staff/{owner.doctor.pk}/status"
    assert owner.post(page, status="PENDING_INVITE").status_code == 404
    assert Staff.objects.get(pk=owner.doctor.pk).status == StaffStatus.ACTIVE


def test_an_invitation_is_a_link_that_sets_the_password_and_is_shown_once(owner: Setup) -> None:
    answer = owner.post(f"setup/staff/{owner.doctor.pk}/login")
    assert "no-store" in answer["Cache-Control"]
    address = answer.context["address"]
    assert words_of(Client().get(address, follow=True)).count("New password") > 0
    owner.doctor.refresh_from_db()
    assert owner.doctor.user is not None
    assert owner.doctor.user.email == owner.doctor.email
    assert address not in owner.get(f"setup/staff/{owner.doctor.pk}").content.decode()


def test_somebody_is_named_for_more_services_and_for_fewer(owner: Setup) -> None:
    other = ServiceFactory(business=owner.business, name="Blood test")
    provides(owner.nurse, other)
    provides(owner.nurse, owner.service)
    page = f"setup/staff/{owner.doctor.pk}"
    owner.send(page, services=[str(other.pk)])
    assert {host.service for host in ServiceHost.objects.filter(staff=owner.doctor)} == {other}
    assert ServiceHost.objects.filter(staff=owner.nurse).count() == 2


def test_a_service_is_not_left_to_nobody(owner: Setup) -> None:
    answer = owner.send(f"setup/staff/{owner.doctor.pk}", services=None)
    assert list(errors_of(answer)) == ["services"]
    assert ServiceHost.objects.filter(staff=owner.doctor).count() == 1


def test_a_service_of_another_clinic_is_not_chosen(owner: Setup, neighbour: Setup) -> None:
    services = [str(owner.service.pk), str(neighbour.service.pk)]
    answer = owner.send(f"setup/staff/{owner.doctor.pk}", services=services)
    assert list(errors_of(answer)) == ["services"]
    assert ServiceHost.objects.filter(staff=owner.doctor).count() == 1


def test_what_somebody_else_changed_meanwhile_is_told_and_not_written_over(
    real_owner: Setup,
) -> None:
    owner = real_owner
    page = f"setup/staff/{owner.doctor.pk}"
    mine = owner.shown(page) | {"name": "Dr Heart"}
    colleague = member(owner.business, Role.ADMIN, name="Ada Admin", password="!")
    client = Client()
    client.force_login(colleague, backend="django.contrib.auth.backends.ModelBackend")
    client.post(owner.url(page), mine | {"name": "Dr Harte"})
    answer = owner.client.post(owner.url(page), mine)
    (stale, change) = errors_of(answer)["__all__"]
    assert stale.startswith("Somebody else changed this")
    assert change == "Ada Admin: Name is now Dr Harte (it was Dr Hart)."
    assert Staff.objects.get(pk=owner.doctor.pk).name == "Dr Harte"
    assert 'value="Dr Heart"' in answer.content.decode()
    again = mine | {"version": answer.context["form"]["version"].value()}
    assert owner.client.post(owner.url(page), again).status_code == 302
    assert Staff.objects.get(pk=owner.doctor.pk).name == "Dr Heart"


@pytest.mark.parametrize("version", ["", "nonsense", "2030-01-01"])
def test_a_form_without_a_version_overwrites_nothing(owner: Setup, version: str) -> None:
    page = f"setup/staff/{owner.doctor.pk}"
    answer = owner.send(page, name="Dr Heart", version=version)
    assert len(errors_of(answer)["__all__"]) == 1
    assert Staff.objects.get(pk=owner.doctor.pk).name == "Dr Hart"


def test_lists_of_people_ask_as_much_for_one_as_for_three(owner: Setup) -> None:
    def statements(page: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert owner.get(page).status_code == 200
        return len(asked)

    pages = ("setup/staff", f"setup/staff/{owner.doctor.pk}", "setup")
    before = [statements(page) for page in pages]
    for _ in range(2):
        one = member(owner.business, Role.PRACTITIONER, password="!").staff.get()
        provides(one, ServiceFactory(business=owner.business))
    assert [statements(page) for page in pages] == before


def test_an_odd_letter_is_refused_in_words(owner: Setup) -> None:
    answer = owner.post("setup/staff/new", **sent(name="Dr\x00New"))
    assert errors_of(answer) == {"name": ["Null characters are not allowed."]}


def test_moments_are_not_lost_in_the_version(owner: Setup) -> None:
    """A change within the same second is a change."""
    page = f"setup/staff/{owner.doctor.pk}"
    mine = owner.shown(page)
    moment = Staff.objects.get(pk=owner.doctor.pk).updated_at + timedelta(microseconds=1)
    Staff.objects.filter(pk=owner.doctor.pk).update(updated_at=moment)
    assert "__all__" in errors_of(owner.client.post(owner.url(page), mine))


def test_a_practitioner_finds_no_set_up(db: None) -> None:
    assert set_up(Role.PRACTITIONER).get("setup").status_code == 404
