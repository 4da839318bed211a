"""Who finds which page of the set-up."""

from datetime import date

import pytest
from django.test import Client

from businesses.models import (
    ApiKey,
    Closure,
    Location,
    OutgoingWebhook,
    Resource,
    Service,
    WebhookDelivery,
)
from businesses.webhooks import send_test
from staff.models import StaffStatus
from staff.roles import ROLE_SCOPES, Role
from tests.desk.clinic import words_of
from tests.factories import LocationFactory, api_key, member, webhook, works
from tests.staff.setup import Setup, set_up, signed_in

PAGES = {
    "setup/keys": "api_keys:write",
    "setup/keys/new": "api_keys:write",
    "setup/keys/{key}/revoke": "api_keys:write",
    "setup/webhooks": "webhooks:write",
    "setup/webhooks/new": "webhooks:write",
    "setup/webhooks/{webhook}": "webhooks:write",
    "setup/clinic": "business:write",
    "setup/closures": "business:write",
    "setup/closures/new": "business:write",
    "setup/closures/{closure}": "business:write",
    "setup/closures/holidays": "business:write",
    "setup/hours": "business:write",
    "setup/locations": "services:write",
    "setup/locations/new": "services:write",
    "setup/locations/{location}": "services:write",
    "setup/rooms": "services:write",
    "setup/rooms/new": "services:write",
    "setup/rooms/{room}": "services:write",
    "setup/services": "services:write",
    "setup/services/new": "services:write",
    "setup/services/{service}": "services:write",
    "setup/staff": "staff:write",
    "setup/staff/new": "staff:write",
    "setup/staff/{doctor}": "staff:write",
    "setup/staff/{doctor}/hours": "staff:write",
    "setup/staff/{doctor}/schedules/new": "staff:write",
    "setup/staff/{doctor}/schedules/{schedule}": "staff:write",
}
ACTIONS = {
    "setup/webhooks/{webhook}/secret": "webhooks:write",
    "setup/webhooks/{webhook}/test": "webhooks:write",
    "setup/webhooks/{webhook}/replay": "webhooks:write",
    "setup/webhooks/{webhook}/deliveries/{delivery}/replay": "webhooks:write",
    "setup/webhooks/{webhook}/remove": "webhooks:write",
    "setup/closures/{closure}/remove": "business:write",
    "setup/locations/{location}/remove": "services:write",
    "setup/locations/{location}/restore": "services:write",
    "setup/rooms/{room}/remove": "services:write",
    "setup/services/{service}/delete": "services:write",
    "setup/staff/{doctor}/login": "staff:write",
    "setup/staff/{doctor}/status": "staff:write",
    "setup/staff/{doctor}/schedules/{schedule}/remove": "staff:write",
}


# A row of each is there, before and after.
KEPT = (Closure, Location, OutgoingWebhook, Resource, Service, WebhookDelivery)


def rows_of(clinic: Setup) -> dict[str, object]:
    schedule = works(clinic.doctor, {}, date_start="2030-01-01", date_end="2030-01-31")
    room = Resource.objects.create(business=clinic.business, name="Room 1", kind="room")
    days = {"date_start": date(2030, 1, 1), "date_end": date(2030, 1, 1)}
    closure = Closure.objects.create(business=clinic.business, name="Outing", **days)
    api_key(clinic.business)
    hook = webhook(clinic.business)
    return {
        "delivery": send_test(hook).pk,
        "key": ApiKey.objects.of(clinic.business).get().pk,
        "webhook": hook.pk,
        "closure": closure.pk,
        "doctor": clinic.doctor.pk,
        "location": LocationFactory(business=clinic.business).pk,
        "room": room.pk,
        "schedule": schedule.pk,
        "service": clinic.service.pk,
    }


def everything_is_there(clinic: Setup) -> bool:
    one_each = all(model.objects.of(clinic.business).count() == 1 for model in KEPT)
    return one_each and ApiKey.objects.of(clinic.business).get().revoked_at is None


@pytest.mark.parametrize("role", Role)
def test_a_role_finds_the_pages_of_what_it_may_change(role: Role, db: None) -> None:
    clinic = set_up(role)
    rows = rows_of(clinic)
    for page, scope in PAGES.items():
        expected = 200 if scope in ROLE_SCOPES[role] else 404
        assert clinic.get(page.format(**rows)).status_code == expected, page
    for page, scope in ACTIONS.items():
        if scope not in ROLE_SCOPES[role]:
            assert clinic.post(page.format(**rows)).status_code == 404, page
    clinic.doctor.refresh_from_db()
    assert (clinic.doctor.status, clinic.doctor.user_id) == (StaffStatus.ACTIVE, None)
    assert everything_is_there(clinic)
    able = ROLE_SCOPES[role] & {*PAGES.values()}
    assert clinic.get("setup").status_code == (200 if able else 404)


@pytest.mark.parametrize("page", ["setup", *PAGES])
def test_a_stranger_is_asked_to_sign_in_and_led_back(owner: Setup, page: str) -> None:
    path = owner.url(page.format(**rows_of(owner)))
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/login?next={path}")


@pytest.mark.parametrize("page", ["setup", *PAGES, *ACTIONS])
def test_the_owner_of_another_clinic_finds_nothing(
    owner: Setup, neighbour: Setup, page: str
) -> None:
    rows = rows_of(owner)
    foreign = owner.url(page.format(**rows))
    # The other clinic's rows under one's own address are not there either.
    own = neighbour.url(page.format(**rows))
    paths = [foreign, own] if "{" in page else [foreign]
    for path in paths:
        for answer in (neighbour.client.get(path), neighbour.client.post(path, {})):
            assert answer.status_code in (404, 405), path
            assert owner.business.name not in words_of(answer)
            assert owner.doctor.name not in words_of(answer)
    owner.doctor.refresh_from_db()
    assert (owner.doctor.status, owner.doctor.user_id) == (StaffStatus.ACTIVE, None)
    assert owner.doctor.schedules.count() == 1
    assert everything_is_there(owner)


def test_what_changes_something_can_not_be_done_by_a_link(owner: Setup) -> None:
    rows = rows_of(owner)
    for page in ACTIONS:
        assert owner.get(page.format(**rows)).status_code == 405


def test_an_operator_sets_up_every_clinic(owner: Setup) -> None:
    operator = member(set_up(Role.DEVELOPER).business, Role.DEVELOPER, password="!")
    operator.is_superuser = True
    operator.save()
    answer = signed_in(operator).get(owner.url("setup/staff"))
    assert "Dr Hart" in words_of(answer)


def test_set_up_is_in_the_navigation_of_those_who_may(db: None) -> None:
    for role, shown in ((Role.MANAGER, True), (Role.FRONT_DESK, False)):
        clinic = set_up(role)
        entries = clinic.get("appointments").context["nav"]
        assert ("Set up" in [str(entry["label"]) for entry in entries]) is shown
