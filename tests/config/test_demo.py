"""The demo clinic: the same every time, and never a double booking, whenever it is made."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from appointments.booking import book
from appointments.models import Appointment, HeldTime, WaitlistEntry
from businesses.keys import holder_of, revoke_key
from businesses.models import ApiKey, Business, Closure, Resource, ResourceNeed
from businesses.statements import rows
from config.demo import clinic
from config.demo.planting import plant
from config.demo.visits import MAKER, PLACE, plan_of
from config.demo.welcome import bookable, described, welcome
from patients.models import Patient
from staff.models import Staff, TimeBlocker, User

pytestmark = pytest.mark.django_db

MONDAY_NOON = datetime(2026, 6, 1, 11, 0, tzinfo=UTC)
MOMENTS = [
    MONDAY_NOON,
    datetime(2026, 6, 3, 23, 30, tzinfo=UTC),  # Thursday already in London
    datetime(2026, 6, 5, 21, 0, tzinfo=UTC),  # Friday after closing
    datetime(2026, 6, 6, 9, 0, tzinfo=UTC),  # Saturday
    datetime(2026, 6, 7, 12, 0, tzinfo=UTC),  # Sunday
    datetime(2026, 3, 28, 10, 0, tzinfo=UTC),  # the day before the clocks go forward
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # the day they go back
    datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2028, 2, 29, 8, 0, tzinfo=UTC),
]

JUNE = [date(2026, 6, 1) + timedelta(days=ahead) for ahead in range(28)]

OVERLAPS = """
SELECT count(*) FROM appointments_heldtime a JOIN appointments_heldtime b
ON a.business_id = b.business_id AND a.staff_id = b.staff_id AND a.session < b.session
WHERE a.during && b.during
"""


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """Argon2 is slow on purpose, and not what is tested here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def seed(*words: str) -> str:
    out = StringIO()
    call_command("seed_demo", *words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment:%a %Y-%m-%d %H:%M}")
def test_whenever_it_is_made_nobody_is_booked_twice_or_out_of_hours(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        made = plant()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert made == Appointment.objects.exclude(status="completed").count() > 30
    assert Appointment.objects.filter(overbooked=True).count() == 0
    assert rows(OVERLAPS, ()) == [(0,)]
    days = Appointment.objects.values_list("patient_id", "starts_at")
    assert len({(patient, at.astimezone(PLACE).date()) for patient, at in days}) == len(days)
    hours = {one.id: one.hours for one in clinic.STAFF}
    for visit in Appointment.objects.all():
        start, end = (at.astimezone(PLACE) for at in (visit.starts_at, visit.ends_at))
        opened = hours[visit.staff_id][f"{start:%A}".lower()]
        first, last = start.hour * 100 + start.minute, end.hour * 100 + end.minute
        assert any(opens <= first and last <= closes for opens, closes in opened)


def test_a_second_run_prints_the_same_and_adds_nothing(settings: Settings) -> None:
    settings.DEBUG = True
    with time_machine.travel(MONDAY_NOON, tick=False):
        first = seed("--json")
        kinds = (
            Appointment,
            Staff,
            Patient,
            User,
            ApiKey,
            Resource,
            Closure,
            TimeBlocker,
            WaitlistEntry,
        )
        counts = [model.objects.count() for model in kinds]
        assert seed("--json") == first
        assert seed() == "Riverside Family Practice: 0 appointments added.\n"
    assert counts == [model.objects.count() for model in kinds]


def test_a_run_a_week_later_fills_the_days_that_have_come() -> None:
    with time_machine.travel(MONDAY_NOON, tick=False):
        first = plant()
    with time_machine.travel(MONDAY_NOON + timedelta(days=7), tick=False):
        second = plant()
    assert second > 30
    assert Appointment.objects.exclude(status="completed").count() == first + second
    assert rows(OVERLAPS, ()) == [(0,)]


def test_visits_of_this_morning_were_entered_afterwards_and_say_so() -> None:
    with time_machine.travel(MONDAY_NOON, tick=False):
        plant()
    reasons = {
        (visit.starts_at <= MONDAY_NOON, visit.override_reason)
        for visit in Appointment.objects.all()
    }
    assert reasons == {(True, "Entered after the visit"), (False, "")}


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment:%a %Y-%m-%d %H:%M}")
def test_most_patients_were_there_before_and_have_paid(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        plant()
    past = Appointment.objects.filter(status="completed")
    assert past.filter(starts_at__lt=moment, payment_provider="till").count() == past.count() > 20
    assert len(set(past.values_list("payment_id", flat=True))) == past.count()
    known = set(past.values_list("patient_id", flat=True))
    assert len(clinic.PATIENTS) / 2 < len(known) < len(clinic.PATIENTS)


def test_it_shows_a_group_a_request_and_children_without_an_address_of_their_own() -> None:
    with time_machine.travel(MONDAY_NOON, tick=False):
        plant()
    assert HeldTime.objects.filter(places=8, place=3).exists()
    assert Appointment.objects.filter(status="requested", approved=False).exists()
    family = Patient.objects.filter(phone_mobile="+44 7700 900111").order_by("name")
    assert list(family.values_list("name", "email")) == [
        ("Hannah Bennett", "hannah.bennett@mail.example"),
        ("Isla Bennett", None),
        ("Oliver Bennett", None),
    ]


def test_some_wait_for_what_the_clinic_offers_by_whom_it_is_offered() -> None:
    with time_machine.travel(MONDAY_NOON, tick=False):
        plant()
    offered = {one.id: one for one in clinic.SERVICES}
    people = {one.id: one.key for one in clinic.STAFF}
    entries = WaitlistEntry.objects.all()
    assert len(entries) == len(clinic.WAITLIST)
    for entry in entries:
        service = offered[entry.service_id]
        assert entry.minutes in service.prices
        assert {people[one] for one in entry.staff_ids} <= set(service.hosts)
        assert entry.first_day == MONDAY_NOON.date()


def test_it_has_rooms_and_services_that_need_them() -> None:
    plant()
    kinds = Resource.objects.order_by("name").values_list("kind", flat=True)
    assert list(kinds) == ["treatment room", "treatment room", "treatment room", "ultrasound"]
    needs = ResourceNeed.objects.order_by("service__name", "kind")
    assert list(needs.values_list("service__name", "kind")) == [
        ("Ultrasound scan", "treatment room"),
        ("Ultrasound scan", "ultrasound"),
        ("Wound care", "treatment room"),
    ]
    assert not Appointment.objects.filter(service__needs__isnull=False).exists()


def test_there_is_one_ultrasound_and_it_takes_one_patient_at_a_time() -> None:
    plant()
    scan = next(one for one in clinic.SERVICES if "ultrasound" in one.needs)
    starts = []
    for patient in clinic.PATIENTS[:3]:
        request = bookable(scan, patient)
        assert request is not None
        starts.append(book(business_id=clinic.BUSINESS_ID, request=request, by=MAKER).starts_at)
    assert len(set(starts)) == 3


def test_rooms_change_nothing_of_what_is_planned() -> None:
    """The days of a demo that is older than its rooms are filled with the same visits."""
    with_rooms = {service.key for service in clinic.SERVICES if service.needs}
    planned = {request.service_id for day in JUNE for request in plan_of(day)}
    others = {service.id for service in clinic.SERVICES if service.key not in with_rooms}
    assert planned == others


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment:%a %Y-%m-%d %H:%M}")
def test_the_team_meets_on_thursdays_when_no_visit_is_planned(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        plant()
    meetings = TimeBlocker.objects.filter(reason="Team meeting")
    local = {row.starts_at.astimezone(PLACE) for row in meetings}
    assert {f"{start:%a %H:%M}" for start in local} == {"Thu 16:30"}
    assert (len(local), meetings.count()) == (26, 26 * 4)
    assert meetings.values("recurring_blocker_id").distinct().count() == 4
    for row in meetings:
        visits = Appointment.objects.filter(staff_id=row.staff_id)
        assert not visits.filter(starts_at__lt=row.ends_at, ends_at__gt=row.starts_at).exists()


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment:%a %Y-%m-%d %H:%M}")
def test_its_only_closure_is_later_than_anybody_can_book(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        plant()
    closure = Closure.objects.get()
    assert (closure.name, closure.location, closure.region) == ("Winter break", None, "")
    horizon = Business.objects.get().availability_limit_days
    assert closure.date_start > moment.date() + timedelta(days=horizon)


def test_the_description_names_everything_that_a_program_needs(settings: Settings) -> None:
    settings.DEBUG = True
    described_ = json.loads(seed("--json"))
    business = Business.objects.get()
    assert described_["businessId"] == str(business.pk)
    assert described_["businessAlias"] == business.alias == "riverside"
    assert described_["baseUrl"] == settings.PUBLIC_URL
    assert [one["name"] for one in described_["staff"]] == [one.name for one in clinic.STAFF]
    assert len(described_["patients"]) == len(clinic.PATIENTS) == Patient.objects.count()
    assert described_["services"][0] | {"id": ""} == {
        "id": "",
        "name": "First consultation",
        "durations": [{"duration": 45, "price": 9500}, {"duration": 60, "price": 12000}],
        "bookingsPerTimeslot": 1,
        "bookingsRequireApproval": False,
    }
    assert [one["role"] for one in described_["logins"]] == ["owner", "front desk", "practitioner"]


def test_its_key_and_its_logins_work(client: Client, settings: Settings) -> None:
    plant()
    described_ = described()
    holder = holder_of(described_["apiKey"])
    assert holder is not None
    assert str(holder.business_id) == described_["businessId"]
    for login in described_["logins"]:
        user = User.objects.get(email=login["email"])
        assert user.check_password(login["password"])
        assert user.places_of_work() == [holder.business_id]


def test_a_revoked_key_is_followed_by_another() -> None:
    plant()
    before = described()["apiKey"]
    revoke_key(ApiKey.objects.get())
    plant()
    after = described()["apiKey"]
    assert after != before
    assert holder_of(before) is None
    assert holder_of(after) is not None


def test_a_changed_password_is_no_longer_shown_until_the_demo_is_made_again() -> None:
    plant()
    user = User.objects.get(email="sofia@riverside.example")
    user.set_password("something of my own")
    user.save()
    assert "sofia@riverside.example" not in "\n".join(welcome())
    plant()
    assert "sofia@riverside.example" in "\n".join(welcome())


def test_its_secrets_hang_on_the_secret_key(settings: Settings) -> None:
    plant()
    before = described()
    settings.SECRET_KEY = "another secret key of more than thirty-two letters"
    after = described()
    assert before["apiKey"] != after["apiKey"]
    assert [one["password"] for one in before["logins"]] != [
        one["password"] for one in after["logins"]
    ]


def test_the_suggested_booking_is_not_made_and_can_be() -> None:
    plant()
    service = next(one for one in clinic.SERVICES if one.key == "follow-up")
    before = Appointment.objects.count()
    starts: list[datetime] = []
    for _ in range(6):
        request = bookable(service, clinic.PATIENTS[0])
        assert request is not None
        assert Appointment.objects.count() == before + len(starts)
        starts.append(book(business_id=clinic.BUSINESS_ID, request=request, by=MAKER).starts_at)
        assert starts[-1] == request.starts_at
    # At most three doctors take a follow-up at the same time.
    assert len(set(starts)) > 1
    assert starts == sorted(starts)


def test_where_the_suggested_service_is_switched_off_nothing_is_suggested() -> None:
    plant()
    assert "curl" in "\n".join(welcome())
    Business.objects.update(enabled=False)
    assert "curl" not in "\n".join(welcome())


def test_without_the_clinic_there_is_nothing_to_tell() -> None:
    assert welcome() == []


def test_on_a_real_site_it_is_refused_unless_forced(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="Add --force if that is what you want"):
        seed()
    assert not Business.objects.exists()
    seed("--force")
    assert Business.objects.get().name == clinic.NAME


def test_beside_a_business_of_the_same_alias_nothing_is_made(settings: Settings) -> None:
    settings.DEBUG = True
    other = Business.objects.create(alias="Riverside", name="Other", email="a@other.example")
    with pytest.raises(CommandError) as caught:
        seed()
    assert str(caught.value) == ("Another business has the alias riverside; nothing was added.")
    assert list(Business.objects.all()) == [other]
    assert not Staff.objects.exists()
