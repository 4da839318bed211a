"""Booking, approving and cancelling in the admin: the same commands, and every refusal in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from unittest import mock

import pytest
from django.test import Client

from appointments.errors import CalendarBusy
from appointments.models import Appointment, HeldTime
from businesses.models import Service
from patients.models import Patient
from staff.models import Staff
from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, next_monday, operator, page, told, typed, words
from tests.factories import PatientFactory, StaffFactory, blocks, provides

pytestmark = pytest.mark.django_db
ADD = page(Appointment, "add")
# A refused booking gives its claim to the form's key back, which takes a rollback.
really_committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(mine: Clinic) -> Client:
    return as_user(mine.works(Role.FRONT_DESK))


def sent(client: Client, clinic: Clinic, start: datetime, **changes: Any) -> dict[str, Any]:
    """A filled-in form; `start` is the time on the clinic's wall, an hour ahead of UTC."""
    form = client.get(ADD)
    return {
        "submission": str(form.context["adminform"].form["submission"].value()),
        "patient": str(clinic.patient.pk),
        "service": str(clinic.service.pk),
        "staff": str(clinic.staff.pk),
        "minutes": "30",
        "day": f"{start:%Y-%m-%d}",
        "time": f"{start:%H:%M}",
        "tags": "first, first, urgent",
        "notes": "Bring the letter.",
        **changes,
    }


def problems(response: Any) -> dict[str, list[str]]:
    form = response.context["adminform"].form
    return {name: list(sentences) for name, sentences in form.errors.items()}


def newest() -> Appointment:
    found: Appointment = Appointment.objects.order_by("-created_at")[0]
    return found


def test_an_appointment_is_booked_at_the_clinics_time(mine: Clinic, desk: Client) -> None:
    response = desk.post(ADD, sent(desk, mine, next_monday(11)))
    visit = newest()
    assert (response.status_code, response["Location"]) == (302, page(visit, "change"))
    assert (visit.starts_at, visit.status, visit.source) == (next_monday(10), "booked", "admin")
    assert (visit.tags, visit.notes) == (["first", "urgent"], "Bring the letter.")
    assert visit.override_reason == ""
    assert HeldTime.objects.filter(appointment=visit).count() == 1
    told_page = words(desk.get(page(visit, "change")))
    assert f"{next_monday(11):%-d %b %Y, %H:%M}–11:30" in told_page
    assert "30.00 GBP" in told_page


def test_anyone_is_whoever_is_least_busy(mine: Clinic, desk: Client) -> None:
    desk.post(ADD, sent(desk, mine, next_monday(11), staff=""))
    assert newest().staff == mine.staff  # the only host of the service


def test_additional_staff_come_along(mine: Clinic, desk: Client) -> None:
    data = sent(desk, mine, next_monday(15), additional_staff=[str(mine.second.pk)])
    assert desk.post(ADD, data).status_code == 302
    assert list(newest().additional_staff.all()) == [mine.second]


def test_a_booking_in_the_admin_needs_no_approval(mine: Clinic, desk: Client) -> None:
    Service.objects.update(bookings_require_approval=True)
    desk.post(ADD, sent(desk, mine, next_monday(11)))
    assert newest().approved is True


def test_a_form_that_is_sent_twice_books_once(mine: Clinic, desk: Client) -> None:
    data = sent(desk, mine, next_monday(11), staff="")
    first, second = (desk.post(ADD, data) for _ in range(2))
    assert first["Location"] == second["Location"] == page(newest(), "change")
    assert Appointment.objects.count() == 2  # with the clinic's first


def test_a_clash_says_what_is_in_the_way_and_what_would_do(mine: Clinic, desk: Client) -> None:
    response = desk.post(ADD, sent(desk, mine, next_monday(10)))
    assert response.status_code == 200
    shown = " ".join(words(response).split())
    assert "The staff member is busy at that time." in shown
    assert "<strong>Own doctor</strong>" in shown
    assert f'<time datetime="{next_monday(10):%Y-%m-%dT%H:%M:%S}+01:00">' in shown
    assert "</span> has an appointment" in shown
    assert "(Own service, Own patient)" in shown
    assert f"{next_monday(10):%-d %b %Y}, 10:30, Own doctor" in shown
    assert Appointment.objects.count() == 1
    form = response.context["adminform"].form
    assert form["notes"].value() == "Bring the letter."  # what was typed stays


def test_a_blocked_hour_is_in_the_way(mine: Clinic, desk: Client) -> None:
    blocks(mine.staff, next_monday(11), 60, reason="Team lunch")
    shown = words(desk.post(ADD, sent(desk, mine, next_monday(12))))
    assert "Team lunch" in shown
    assert Appointment.objects.count() == 1


@really_committed
def test_a_clash_is_overridden_with_a_reason(mine: Clinic, desk: Client) -> None:
    data = sent(desk, mine, next_monday(10))
    clash = desk.post(ADD, data)
    assert "override_reason" in clash.context["adminform"].form.fields
    step = data | {"override_offered": "1", "override": "on"}
    missing = desk.post(ADD, step)
    assert problems(missing) == {"override_reason": ["Say why it is to be booked all the same."]}
    assert Appointment.objects.count() == 1
    assert desk.post(ADD, step | {"override_reason": "An emergency"}).status_code == 302
    visit = newest()
    assert (visit.overbooked, visit.override_reason) == (True, "An emergency")
    assert "An emergency" in words(desk.get(page(visit, "change")))


def test_an_override_is_not_offered_before_there_is_a_clash(mine: Clinic, desk: Client) -> None:
    assert "override" not in words(desk.get(ADD))


def test_a_clash_without_a_tick_stays_a_clash(mine: Clinic, desk: Client) -> None:
    data = sent(desk, mine, next_monday(10), override_offered="1", override_reason="Because")
    assert desk.post(ADD, data).status_code == 200
    assert Appointment.objects.count() == 1


def test_a_role_without_the_right_overrides_nothing(mine: Clinic) -> None:
    client = as_user(mine.works(Role.PRACTITIONER))
    data = sent(client, mine, next_monday(10))
    clash = client.post(ADD, data)
    assert "The staff member is busy at that time." in words(clash)
    assert "override" not in words(clash)
    forged = {"override_offered": "1", "override": "on", "override_reason": "Mine"}
    assert client.post(ADD, data | forged).status_code == 200
    assert Appointment.objects.count() == 1


@really_committed
def test_closed_hours_can_be_overridden(mine: Clinic, desk: Client) -> None:
    data = sent(desk, mine, next_monday(22))
    shown = words(desk.post(ADD, data))
    assert "does not work then" in shown
    data |= {"override_offered": "1", "override": "on", "override_reason": "Night shift"}
    assert desk.post(ADD, data).status_code == 302
    assert newest().override_reason == "Night shift"


@really_committed
def test_the_past_is_an_error_that_can_be_overridden(mine: Clinic, desk: Client) -> None:
    data = sent(desk, mine, datetime(2021, 7, 5, 10, tzinfo=UTC))
    response = desk.post(ADD, data)
    assert problems(response) == {"day": ["The start is in the past."]}
    data |= {"override_offered": "1", "override": "on", "override_reason": "Written up late"}
    assert desk.post(ADD, data).status_code == 302
    assert newest().starts_at == datetime(2021, 7, 5, 9, tzinfo=UTC)


@really_committed
def test_a_full_group_can_not_be_overridden(mine: Clinic, desk: Client) -> None:
    slot = mine.group()
    for _ in range(2):
        mine.booked(slot.starts_at, staff=mine.staff, service=slot.service)
    start = slot.starts_at + timedelta(hours=1)
    data = sent(desk, mine, start, service=str(slot.service_id))
    before = Appointment.objects.count()
    response = desk.post(ADD, data)
    assert "The group has no place left at that time." in words(response)
    assert "override" not in response.context["adminform"].form.fields
    forged = {"override_offered": "1", "override": "on", "override_reason": "Squeeze in"}
    assert "no place left" in words(desk.post(ADD, data | forged))
    assert Appointment.objects.count() == before


@really_committed
def test_a_busy_calendar_is_a_message_and_nothing_is_lost(mine: Clinic, desk: Client) -> None:
    data = sent(desk, mine, next_monday(11))
    with mock.patch("appointments.admin.visits.book", side_effect=CalendarBusy):
        response = desk.post(ADD, data)
    assert problems(response) == {"__all__": ["The calendar is busy; try again in a second."]}
    assert response.context["adminform"].form["notes"].value() == "Bring the letter."
    assert desk.post(ADD, data).status_code == 302


def test_a_time_that_the_clocks_skip_is_an_error(mine: Clinic, desk: Client) -> None:
    data = sent(desk, mine, datetime(2030, 3, 31, 1, 30, tzinfo=UTC))
    assert list(problems(desk.post(ADD, data))) == ["time"]
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(("which", "hour"), [("0", 0), ("1", 1)])
def test_a_time_that_comes_twice_has_to_be_told(
    which: str, hour: int, mine: Clinic, desk: Client
) -> None:
    data = sent(desk, mine, datetime(2030, 10, 27, 1, 30, tzinfo=UTC))
    assert list(problems(desk.post(ADD, data))) == ["which"]
    data |= {"which": which, "override_offered": "1", "override": "on"}
    assert desk.post(ADD, data | {"override_reason": "Night shift"}).status_code == 302
    assert newest().starts_at == datetime(2030, 10, 27, hour, 30, tzinfo=UTC)


REFUSALS = [
    ("patient", lambda clinic: Patient.objects.update(archived_at=next_monday(1)), "archived"),
    ("service", lambda clinic: Service.objects.update(enabled=False), "can't be booked"),
    ("staff", lambda clinic: Staff.objects.update(status="DISABLED", user=None), "not active"),
]


@pytest.mark.parametrize(("field", "change", "sentence"), REFUSALS)
def test_what_can_not_be_booked_is_an_error_of_its_field(
    field: str, change: Any, sentence: str, mine: Clinic
) -> None:
    client = as_user(operator())
    data = sent(client, mine, next_monday(11))
    change(mine)
    found = problems(client.post(ADD, data))
    assert list(found) == [field]
    assert sentence in found[field][0]


def test_a_length_that_the_service_has_not_is_an_error(mine: Clinic, desk: Client) -> None:
    other = mine.group().service
    other.durations.filter(minutes=30).update(minutes=45)
    found = problems(desk.post(ADD, sent(desk, mine, next_monday(11), minutes="45")))
    assert found == {"minutes": ["This service is offered in lengths of 30, 60 minutes."]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("patient", ""),
        ("patient", "nonsense"),
        ("service", "\x00"),
        ("staff", "1"),
        ("additional_staff", ["nonsense"]),
        ("minutes", "31"),
        ("minutes", "\x00"),
        ("day", "31.31.2030"),
        ("day", "0001-01-01"),
        ("day", "9999-12-31"),
        ("time", "25:00"),
        ("which", "2"),
        ("tags", "x" * 51),
        ("notes", "x" * 10_001),
        ("location", "x" * 501),
        ("payment_id", "a\x00b"),
        ("submission", "nonsense"),
    ],
)
def test_nonsense_is_an_error_of_its_field(
    field: str, value: Any, mine: Clinic, desk: Client
) -> None:
    response = desk.post(ADD, sent(desk, mine, next_monday(11), **{field: value}))
    assert (response.status_code, list(problems(response))) == (200, [field])
    assert Appointment.objects.count() == 1


def test_nothing_of_another_business_can_be_booked(
    mine: Clinic, theirs: Clinic, desk: Client
) -> None:
    for field, row in (
        ("patient", theirs.patient),
        ("service", theirs.service),
        ("staff", theirs.staff),
    ):
        response = desk.post(ADD, sent(desk, mine, next_monday(11), **{field: str(row.pk)}))
        assert (field, list(problems(response))) == (field, [field])
        assert "Zzfern" not in words(response)
    assert Appointment.objects.filter(business=mine.business).count() == 1


def test_somebody_who_may_not_book_gets_no_form(mine: Clinic) -> None:
    client = as_user(mine.works(Role.DEVELOPER))
    assert (client.get(ADD).status_code, client.post(ADD, {}).status_code) == (403, 403)


# --- What is there already -----------------------------------------------------------------------


def test_the_facts_of_an_appointment_can_not_be_edited(mine: Clinic, desk: Client) -> None:
    before = Appointment.objects.filter(pk=mine.visit.pk).values().get()
    forged = {
        "starts_at_0": "2031-01-01",
        "starts_at": "2031-01-01 10:00",
        "status": "completed",
        "price": "1",
        "staff": str(mine.second.pk),
        "patient": str(PatientFactory(business=mine.business).pk),
        "cancel_reason": "x",
        "override_reason": "x",
        "notes": "Called back.",
        "tags": "vip",
    }
    data = typed(desk.get(page(mine.visit, "change"))) | forged
    assert desk.post(page(mine.visit, "change"), data).status_code == 302
    after = Appointment.objects.filter(pk=mine.visit.pk).values().get()
    changed = {name for name, value in after.items() if value != before[name]}
    assert changed == {"notes", "tags", "updated_at"}


def test_notes_that_were_open_while_it_was_cancelled_do_not_bring_it_back(
    mine: Clinic, desk: Client
) -> None:
    data = typed(desk.get(page(mine.visit, "change"))) | {"notes": "Late"}
    assert desk.post(page(mine.visit, "cancel"), {"reason": "Ill"}).status_code == 302
    assert desk.post(page(mine.visit, "change"), data).status_code == 302
    mine.visit.refresh_from_db()
    assert (mine.visit.status, mine.visit.notes) == ("cancelled", "Late")


def test_an_appointment_is_cancelled_with_a_reason_and_its_time_is_free(
    mine: Clinic, desk: Client
) -> None:
    assert mine.visit.cancelled_at is None
    assert "Cancel the appointment" in words(desk.get(page(mine.visit, "cancel")))
    response = desk.post(page(mine.visit, "cancel"), {"reason": "Ill"})
    assert (response.status_code, response["Location"]) == (302, page(mine.visit, "change"))
    mine.visit.refresh_from_db()
    assert (mine.visit.status, mine.visit.cancel_reason) == ("cancelled", "Ill")
    assert HeldTime.objects.filter(appointment=mine.visit).count() == 0


def test_several_appointments_are_cancelled_together(mine: Clinic, desk: Client) -> None:
    other = mine.booked(next_monday(13), staff=mine.staff)
    chosen = {
        "action": "cancel_selected",
        "_selected_action": [str(mine.visit.pk), str(other.pk)],
    }
    asked = desk.post(page(Appointment, "changelist"), chosen)
    assert "Own patient" in words(asked)
    assert Appointment.objects.filter(cancelled_at=None).count() == 2
    done = desk.post(page(Appointment, "changelist"), chosen | {"reason": "Flood"})
    assert told(done) == ["2 appointments are cancelled."]
    reasons = Appointment.objects.values_list("status", "cancel_reason")
    assert list(reasons) == [("cancelled", "Flood")] * 2


def requested(clinic: Clinic, start: datetime) -> Appointment:
    Service.objects.filter(pk=clinic.service.pk).update(bookings_require_approval=True)
    return clinic.booked(start, staff=clinic.staff, needs_approval=True)


def in_the_way(clinic: Clinic) -> Appointment:
    """A request for a time that somebody else has got meanwhile."""
    visit = requested(clinic, next_monday(11))
    clinic.booked(next_monday(11), staff=clinic.staff)
    return visit


def test_a_request_is_approved(mine: Clinic, desk: Client) -> None:
    visit = requested(mine, next_monday(13))
    assert desk.post(page(visit, "approve")).status_code == 302
    visit.refresh_from_db()
    assert (visit.status, HeldTime.objects.filter(appointment=visit).count()) == ("booked", 1)


def test_requests_are_approved_together_and_a_clash_is_told(mine: Clinic, desk: Client) -> None:
    good, bad = requested(mine, next_monday(13)), in_the_way(mine)
    chosen = {"action": "approve_selected", "_selected_action": [str(good.pk), str(bad.pk)]}
    messages = told(desk.post(page(Appointment, "changelist"), chosen))
    assert messages[-1] == "1 appointment is approved."
    assert messages[0].endswith("Own patient: The staff member is busy at that time.")
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.status, bad.status) == ("booked", "requested")


def test_a_request_in_the_way_of_something_is_approved_with_a_reason(
    mine: Clinic, desk: Client
) -> None:
    visit = in_the_way(mine)
    clash = desk.post(page(visit, "approve"))
    assert "has an appointment" in words(clash)
    step = {"override_offered": "1"}
    assert "This field is required." in words(desk.post(page(visit, "approve"), step))
    visit.refresh_from_db()
    assert visit.status == "requested"
    desk.post(page(visit, "approve"), step | {"reason": "Both are short"})
    visit.refresh_from_db()
    assert (visit.status, visit.overbooked, visit.override_reason) == (
        ("booked", True, "Both are short")
    )


def test_a_role_without_the_right_approves_over_nothing(mine: Clinic) -> None:
    visit = in_the_way(mine)
    client = as_user(mine.works(Role.PRACTITIONER))
    forged = {"override_offered": "1", "reason": "Mine"}
    assert "The staff member is busy" in words(client.post(page(visit, "approve"), forged))
    visit.refresh_from_db()
    assert visit.status == "requested"


def test_a_cancelled_appointment_is_not_approved(mine: Clinic, desk: Client) -> None:
    visit = requested(mine, next_monday(13))
    desk.post(page(visit, "cancel"), {"reason": ""})
    response = desk.post(page(visit, "approve"))
    assert "The appointment" in words(response)
    visit.refresh_from_db()
    assert visit.status == "cancelled"


def test_appointments_are_found_by_their_patients_phone(mine: Clinic, desk: Client) -> None:
    Patient.objects.update(phone_mobile="+44 20 7946 0958")
    other = PatientFactory(business=mine.business, phone_mobile="1")
    mine.booked(next_monday(13), staff=mine.staff, patient=other)
    response = desk.get(page(Appointment, "changelist"), {"q": "2079460958"})
    assert list(response.context["cl"].result_list) == [mine.visit]


def test_an_archived_patient_and_inactive_staff_are_not_offered(mine: Clinic, desk: Client) -> None:
    PatientFactory(business=mine.business, name="Own archived", archived_at=next_monday(1))
    StaffFactory(business=mine.business, name="Own former", status="ARCHIVED")
    for field, expected in (("patient", ["Own patient"]), ("staff", [])):
        response = desk.get(
            "/admin/autocomplete/",
            {
                "app_label": "appointments",
                "model_name": "appointment",
                "field_name": field,
                "term": "Own" if field == "patient" else "former",
            },
        )
        assert [one["text"] for one in response.json()["results"]] == expected


# --- What the page explains -------------------------------------------------------------------


def shown(client: Client, visit: Appointment) -> str:
    text = re.sub(r"<[^>]+>", " ", words(client.get(page(visit, "change"))))
    return " ".join(unescape(text).split())


def test_the_page_tells_the_rooms_that_are_used(mine: Clinic, desk: Client) -> None:
    use = mine.in_the_room(next_monday(11))
    assert "Rooms and devices: Own room" in shown(desk, use.appointment)
    assert "Rooms and devices: —" in shown(desk, mine.visit)
    assert f"{next_monday(12):%-d %b %Y}, 12:00" in words(desk.get(page(use, "change")))


def test_a_missing_room_is_told_and_not_offered_to_be_overridden(
    mine: Clinic, desk: Client
) -> None:
    mine.in_the_room(next_monday(11))
    data = sent(desk, mine, next_monday(12), service=str(mine.scan.pk))
    response = desk.post(ADD, data)
    assert "The room or device that the service needs is not free" in words(response)
    assert "override" not in response.context["adminform"].form.fields


def test_the_page_tells_why_somebody_was_assigned(mine: Clinic, desk: Client) -> None:
    provides(mine.second, mine.service)
    visit = mine.booked(next_monday(13))
    page_shown = shown(desk, visit)
    assert "Why this staff member: Had the fewest minutes booked that day." in page_shown
    assert "Who That day That week Last new booking Own assistant 0 min 0 min never" in page_shown
    assert "Why this staff member: Was chosen by name." in shown(desk, mine.visit)


def test_the_page_tells_the_series_and_leads_to_the_others(mine: Clinic, desk: Client) -> None:
    _, second, third = mine.repeated(next_monday(13), 3)
    response = desk.get(page(second, "change"))
    assert "2 of 3, weekly" in shown(desk, second)
    assert f'href="{page(third, "change")}"' in words(response)
    assert f'href="{page(second, "change")}"' not in words(response)


def test_who_cancelled_is_told(mine: Clinic, desk: Client) -> None:
    desk.post(page(mine.visit, "cancel"), {"reason": "Ill"})
    mine.visit.refresh_from_db()
    assert f"Who cancelled: {mine.visit.cancelled_by}" in shown(desk, mine.visit)
    assert mine.visit.cancelled_by != ""
