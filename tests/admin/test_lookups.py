"""A list of the admin is never narrowed by what is shown nowhere: a guess at it tells nothing."""

import pytest
from django.test import Client
from django.urls import reverse

from businesses.models import ApiKey, EventName, OutgoingWebhook, WebhookDelivery
from staff.roles import Role
from tests.appointments.api.clinic import NOW, TEN, Clinic, make_clinic
from tests.factories import blocks, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> Clinic:
    return make_clinic()


@pytest.fixture
def webhook(clinic: Clinic) -> OutgoingWebhook:
    made: OutgoingWebhook = OutgoingWebhook.objects.create(
        business=clinic.business, endpoint="https://example.com/hooks", secret="whsec_known"
    )
    return made


def signed_in(clinic: Clinic, role: Role) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(member(clinic.business, role))
    return client


@pytest.mark.parametrize(
    ("page", "lookup", "right", "wrong"),
    [
        ("outgoingwebhook", "secret__startswith", "whsec_k", "whsec_x"),
        ("outgoingwebhook", "previous_secret__startswith", "", "x"),
        ("webhookdelivery", "body__contains", "hiv", "x"),
        ("webhookdelivery", "webhook__secret__startswith", "whsec_k", "whsec_x"),
        ("apikey", "secret_hash__isnull", "0", "1"),
    ],
)
def test_a_guess_at_a_column_is_400_right_or_wrong(
    clinic: Clinic, webhook: OutgoingWebhook, page: str, lookup: str, right: str, wrong: str
) -> None:
    developer = signed_in(clinic, Role.DEVELOPER)
    path = reverse(f"admin:businesses_{page}_changelist")
    assert developer.get(path).status_code == 200
    for guess in (right, wrong):
        assert developer.get(path, {lookup: guess}).status_code == 400
    assert ApiKey.objects.count() == 1


def test_the_repeats_of_a_blocker_are_still_shown_by_the_link(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN, 30)
    owner = signed_in(clinic, Role.OWNER)
    query = {"recurring_blocker_id__exact": str(clinic.staff.pk)}
    path = reverse("admin:staff_timeblocker_changelist")
    assert owner.get(path, query).status_code == 200


@pytest.mark.parametrize(("role", "shown"), [(Role.DEVELOPER, False), (Role.OWNER, True)])
def test_what_was_sent_is_shown_to_those_who_may_see_appointments(
    clinic: Clinic, webhook: OutgoingWebhook, role: Role, shown: bool
) -> None:
    delivery = WebhookDelivery.objects.create(
        business=clinic.business,
        webhook=webhook,
        subject=clinic.staff.pk,
        name=EventName.CREATE,
        body='{"data":{"notes":"Zarathustra"}}',
        due_at=NOW,
    )
    page = signed_in(clinic, role).get(
        reverse("admin:businesses_webhookdelivery_change", args=[delivery.pk])
    )
    assert page.status_code == 200
    assert (b"Zarathustra" in page.content) is shown
