"""The waitlist at the desk: put on, found, booked with one press, taken off, put back."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments import booking
from appointments.models import Appointment, EntryStatus, Urgency, WaitlistEntry
from appointments.record import Record
from patients.models import Patient
from staff.roles import Role
from tests.desk.clinic import MONDAY, PARTNER, FrontDesk, at, open_desk, way_back, words_of
from tests.factories import PatientFactory, ServiceFactory, StaffFactory

NOON = time(12)


def waits(desk: FrontDesk, name: str = "Leo Fontaine", **facts: Any) -> WaitlistEntry:
    facts = {
        "service": desk.service,
        "minutes": 30,
        "first_day": MONDAY.date(),
        "created_by": "Sofia Marchetti",
    } | facts
    if "patient" not in facts:
        facts["patient"] = PatientFactory(business=desk.business, name=name)
    entry: WaitlistEntry = WaitlistEntry.objects.create(business=desk.business, **facts)
    return entry


def cancelled(desk: FrontDesk, record: Record) -> Record:
    return booking.cancel(business_id=desk.business.pk, appointment_id=record.id, by=PARTNER)


def form(desk: FrontDesk, **fields: Any) -> dict[str, Any]:
    """Filled in rightly, but for what is given; None leaves a field out."""
    whole: dict[str, Any] = {
        "submission": str(uuid4()),
        "patient": str(desk.patient.pk),
        "service": str(desk.service.pk),
        "duration": "30",
        "urgency": "3",
        "first_day": "2030-01-07",
        "action": "put_on",
    } | fields
    return {name: value for name, value in whole.items() if value is not None}


def put_on(desk: FrontDesk, **fields: Any) -> WaitlistEntry:
    answer = desk.client.post(desk.url("waitlist/new"), form(desk, **fields))
    assert answer.status_code == 302, words_of(answer)
    made: WaitlistEntry = WaitlistEntry.objects.of(desk.business).latest("created_at")
    assert answer["Location"] == desk.url(f"waitlist/{made.pk}?saved=1")
    return made


def refused(desk: FrontDesk, **fields: Any) -> dict[str, list[str]]:
    answer = desk.client.post(desk.url("waitlist/new"), form(desk, **fields))
    assert answer.status_code == 200
    assert not WaitlistEntry.objects.exists()
    return dict(answer.context["form"].errors)


def act(desk: FrontDesk, entry: WaitlistEntry, do: str, **more: str) -> Any:
    return desk.client.post(desk.url(f"waitlist/{entry.pk}/act"), {"do": do} | more, follow=True)


def book(desk: FrontDesk, entry: WaitlistEntry, start: Any = None, **more: str) -> Any:
    return act(desk, entry, f"book {(start or at(10)).isoformat()} {desk.doctor.pk}", **more)


# --- Put on -------------------------------------------------------------------------------------


def test_a_patient_is_put_on_the_list_with_all_wishes(desk: FrontDesk) -> None:
    other = StaffFactory(business=desk.business)
    made = put_on(
        desk,
        duration="60",
        staff=[str(desk.doctor.pk), str(other.pk)],
        urgency="1",
        first_day="2030-01-08",
        last_day="2030-02-01",
        weekdays=["1", "3"],
        times="mornings",
        notice_hours="24",
        note="After five",
    )
    assert (made.patient, made.service, made.minutes) == (desk.patient, desk.service, 60)
    assert made.staff_ids == [desk.doctor.pk, other.pk]
    assert (made.first_day, made.last_day) == (date(2030, 1, 8), date(2030, 2, 1))
    assert (made.weekdays, made.not_before, made.not_after) == ([1, 3], None, NOON)
    assert (made.urgency, made.notice_hours, made.note) == (Urgency.URGENT, 24, "After five")
    assert (made.status, made.created_by) == (EntryStatus.WAITING, "Sofia Marchetti")
    words = words_of(desk.get(f"waitlist/{made.pk}"))
    assert "8 January until 1 February · Mon, Wed · mornings · told 1 day before" in words


def test_little_has_to_be_said(desk: FrontDesk) -> None:
    made = put_on(desk)
    assert (made.staff_ids, made.weekdays, made.last_day) == ([], [], None)
    assert "with anyone Any time" in words_of(desk.get(f"waitlist/{made.pk}"))


def test_somebody_new_is_saved_with_the_entry(desk: FrontDesk) -> None:
    made = put_on(desk, patient=None, new_name="Rosa Delgado", new_phone="+44 7700 900125")
    assert (made.patient.name, made.patient.phone_mobile) == ("Rosa Delgado", "+44 7700 900125")


def test_a_form_that_is_sent_twice_puts_on_once(desk: FrontDesk) -> None:
    sent = form(desk, patient=None, new_name="Rosa Delgado")
    answers = [desk.client.post(desk.url("waitlist/new"), sent) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert WaitlistEntry.objects.count() == Patient.objects.filter(name="Rosa Delgado").count() == 1


def test_who_is_in_the_books_is_offered_before_somebody_new_is_put_on(desk: FrontDesk) -> None:
    fields = form(desk, patient=None, new_name="Ana Nunes", new_phone="07700 900123")
    answer = desk.client.post(desk.url("waitlist/new"), fields)
    assert answer.context["duplicates"] == [desk.patient]
    assert (Patient.objects.count(), WaitlistEntry.objects.count()) == (1, 0)
    same = desk.client.post(desk.url("waitlist/new"), fields | {"same": str(desk.patient.pk)})
    shown = same.context["form"]
    assert (shown["patient"].value(), shown["new_name"].value()) == (str(desk.patient.pk), "")
    assert put_on(desk, **fields, patient=None, new_anyway="on").patient.name == "Ana Nunes"


def test_the_same_again_fills_in_what_somebody_waits_for(desk: FrontDesk) -> None:
    visit = desk.book(at(8), minutes=60)
    answer = desk.client.post(
        desk.url("waitlist/new"), {"patient": str(desk.patient.pk), "again": str(visit.id)}
    )
    shown = answer.context["form"]
    assert shown["service"].value() == str(desk.service.pk)
    assert str(shown["duration"].value()) == "60"
    assert shown["staff"].value() == [str(desk.doctor.pk)]
    assert not WaitlistEntry.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"patient": None}, "patient"),
        ({"patient": str(uuid4())}, "patient"),
        ({"patient": "nonsense"}, "patient"),
        ({"new_name": "Somebody else"}, "patient"),
        ({"service": None}, "service"),
        ({"service": str(uuid4())}, "service"),
        ({"staff": [str(uuid4())]}, "staff"),
        ({"urgency": "9"}, "urgency"),
        ({"first_day": "soon"}, "first_day"),
        ({"last_day": "2030-01-06", "first_day": "2030-01-01"}, "last_day"),
        ({"last_day": "2030-01-06"}, "last_day"),
        ({"weekdays": ["8"]}, "weekdays"),
        ({"times": "between"}, "not_before"),
        ({"times": "between", "not_before": "12:00", "not_after": "11:00"}, "not_after"),
        ({"times": "between", "not_before": "25:00"}, "not_before"),
        ({"notice_hours": "-3"}, "notice_hours"),
        ({"note": "x" * 501}, "note"),
    ],
)
def test_what_can_not_be_is_said_at_its_field(
    desk: FrontDesk, typed: dict[str, Any], field: str
) -> None:
    assert list(refused(desk, **typed)) == [field]


def test_an_archived_patient_is_not_put_on(desk: FrontDesk) -> None:
    Patient.objects.filter(pk=desk.patient.pk).update(archived_at=MONDAY)
    assert refused(desk)["patient"] == ["This patient is archived; restore the patient before."]


def test_patients_are_searched_and_lengths_follow_the_service(desk: FrontDesk) -> None:
    page = desk.client.post(
        desk.url("waitlist/new"), form(desk, patient="", q="nunez", action="find")
    )
    assert "Ana Núñez" in words_of(page)
    page = desk.client.post(desk.url("waitlist/new"), form(desk, duration=None, action="refresh"))
    assert [value for value, _ in page.context["form"].fields["duration"].choices] == ["30", "60"]
    assert not WaitlistEntry.objects.exists()


def test_the_booking_page_hands_over_all_that_was_typed(desk: FrontDesk) -> None:
    typed = desk.typed(date="2030-01-09", duration="60", action="from_booking")
    page = desk.client.post(desk.url("waitlist/new"), typed)
    shown = page.context["form"]
    assert shown["service"].value() == str(desk.service.pk)
    assert shown["duration"].value() == "60"
    assert shown["staff"].value() == [str(desk.doctor.pk)]
    assert str(shown["first_day"].value()) == "2030-01-09"
    assert page.context["chosen"] == str(desk.patient.pk)
    assert not WaitlistEntry.objects.exists()


def test_where_a_time_is_taken_the_waitlist_is_a_way_out(desk: FrontDesk) -> None:
    desk.book(at(10))
    page = desk.send()
    assert "put on the waitlist" in words_of(page)
    assert f'formaction="{desk.url("waitlist/new")}"' in page.content.decode()


# --- Seen ---------------------------------------------------------------------------------------


def test_the_list_shows_who_waits_most_pressing_first(desk: FrontDesk) -> None:
    waits(desk, "Leo Fontaine")
    waits(desk, "Rosa Delgado", urgency=Urgency.URGENT, note="Calls back")
    waits(desk, "Owen Pike", status=EntryStatus.WITHDRAWN)
    words = words_of(desk.get("waitlist"))
    assert words.index("Rosa Delgado") < words.index("Leo Fontaine")
    assert "Urgent" in words
    assert "Calls back" in words
    assert "Owen Pike" not in words
    assert "Owen Pike" in words_of(desk.get("waitlist", state="withdrawn"))


def test_the_list_is_filtered_by_service_person_and_urgency(desk: FrontDesk) -> None:
    other = ServiceFactory(business=desk.business)
    colleague = StaffFactory(business=desk.business)
    waits(desk, "Leo Fontaine", service=other)
    waits(desk, "Rosa Delgado", staff_ids=[colleague.pk])
    waits(desk, "Owen Pike", urgency=Urgency.SOON)

    def shown(**query: Any) -> set[str]:
        page = desk.get("waitlist", **query)
        return {line.entry.patient.name for line in page.context["lines"]}

    assert shown() == {"Leo Fontaine", "Rosa Delgado", "Owen Pike"}
    assert shown(service=other.pk) == {"Leo Fontaine"}
    assert shown(staff=colleague.pk) == {"Leo Fontaine", "Rosa Delgado", "Owen Pike"}
    assert shown(staff=desk.doctor.pk) == {"Leo Fontaine", "Owen Pike"}
    assert shown(urgency=2) == {"Owen Pike"}
    assert shown(service="nonsense", urgency="x", state="y") == shown()


def test_who_can_not_be_seen_any_more_is_shown_as_expired(desk: FrontDesk) -> None:
    waits(desk, first_day=date(2029, 12, 1), last_day=date(2030, 1, 6))
    page = desk.get("waitlist", state="over")
    assert [line.entry.patient.name for line in page.context["lines"]] == ["Leo Fontaine"]
    assert desk.get("waitlist").context["lines"] == []
    assert "Expired" in words_of(page)


def test_a_patient_who_is_archived_is_shown_as_such_and_not_booked(desk: FrontDesk) -> None:
    entry = waits(desk)
    Patient.objects.filter(pk=entry.patient_id).update(archived_at=MONDAY)
    assert "Patient archived" in words_of(desk.get("waitlist"))
    page = desk.get(f"waitlist/{entry.pk}")
    assert page.context["times"] == []
    assert "This patient is archived" in words_of(page)
    assert "This patient is archived" in words_of(book(desk, entry))
    assert not Appointment.objects.exists()


def test_a_freed_time_is_shown_with_whom_it_suits(desk: FrontDesk) -> None:
    waits(desk)
    cancelled(desk, desk.book(at(10)))
    words = words_of(desk.get("waitlist"))
    assert "Freed times that suit somebody" in words
    assert "Book 10:00" in words


def test_the_page_of_a_cancelled_visit_shows_who_waits_for_its_time(desk: FrontDesk) -> None:
    waits(desk)
    record = cancelled(desk, desk.book(at(10)))
    page = desk.get(f"appointments/{record.id}")
    assert f'hx-get="{desk.url(f"appointments/{record.id}/waitlist")}"' in page.content.decode()
    words = words_of(desk.get(f"appointments/{record.id}/waitlist"))
    assert "Its time is free: who waits for it" in words
    assert "Leo Fontaine" in words


# --- Booked -------------------------------------------------------------------------------------


def test_one_press_books_and_closes_the_entry(desk: FrontDesk) -> None:
    entry = waits(desk)
    page = book(desk, entry, back="list")
    made = Appointment.objects.get()
    assert (made.patient, made.starts_at) == (entry.patient, at(10))
    assert WaitlistEntry.objects.get().appointment == made
    assert page.redirect_chain == [(desk.url("waitlist"), 302)]
    assert "Leo Fontaine is booked for Mon 7 Jan, 10:00 with Dr Hart." in words_of(page)


@pytest.mark.parametrize("back", ["list", ""])
def test_what_was_booked_from_the_list_is_undone_and_the_patient_waits_again(
    desk: FrontDesk, back: str
) -> None:
    entry = waits(desk)
    page = book(desk, entry, back=back)
    answer = desk.client.post(way_back(page), follow=True)
    assert "Leo Fontaine is on the waitlist again, in the old place." in words_of(answer)
    made, entry = Appointment.objects.get(), WaitlistEntry.objects.get()
    assert (made.cancelled, entry.status, entry.appointment) == (True, EntryStatus.WAITING, None)
    led_to = desk.url("waitlist") if back else desk.url(f"appointments/{made.pk}")
    assert answer.redirect_chain[-1] == (led_to, 302)


def test_a_visit_that_was_moved_from_the_list_goes_back_and_the_patient_waits_again(
    desk: FrontDesk,
) -> None:
    record = desk.book(at(15))
    entry = waits(desk, patient=desk.patient, instead_of_id=record.id)
    page = book(desk, entry, back="list")
    assert Appointment.objects.get().starts_at == at(10)
    desk.client.post(way_back(page))
    assert Appointment.objects.get().starts_at == at(15)
    assert WaitlistEntry.objects.get().status == EntryStatus.WAITING


def test_undoing_opens_no_entry_of_another_visit_or_clinic(
    desk: FrontDesk, neighbour: FrontDesk
) -> None:
    mine, theirs = waits(desk), waits(neighbour)
    book(desk, mine)
    book(neighbour, theirs, at(10))
    one = desk.book(at(14))
    for entry in (mine, theirs):
        seen = Appointment.objects.get(pk=one.id).updated_at.isoformat()
        address = desk.url(f"appointments/{one.id}/undo")
        desk.client.post(f"{address}?{urlencode({'seen': seen, 'entry': entry.pk})}")
    assert {one.status for one in WaitlistEntry.objects.all()} == {EntryStatus.BOOKED}


def test_booked_on_the_entry_s_page_it_leads_to_the_appointment(desk: FrontDesk) -> None:
    page = book(desk, waits(desk))
    address = desk.url(f"appointments/{Appointment.objects.get().pk}")
    assert page.redirect_chain == [(address, 302)]


def test_a_later_visit_is_moved_and_told_so(desk: FrontDesk) -> None:
    record = desk.book(at(15))
    entry = waits(desk, patient=desk.patient, instead_of_id=record.id)
    page = book(desk, entry)
    assert "Ana Núñez is moved to Mon 7 Jan, 10:00 with Dr Hart." in words_of(page)
    assert Appointment.objects.get().starts_at == at(10)


def test_whoever_is_too_late_is_told_what_is_in_the_way_and_other_times(desk: FrontDesk) -> None:
    entry = waits(desk)
    desk.book(at(10))
    page = book(desk, entry)
    words = words_of(page)
    assert "The staff member is busy at that time." in words
    assert "Ana Núñez" in words
    assert "Nothing is booked." in words
    assert page.context["times"]
    assert Appointment.objects.count() == 1
    assert WaitlistEntry.objects.get().is_open


def test_the_second_desk_is_told_that_the_entry_is_booked(desk: FrontDesk) -> None:
    entry = waits(desk)
    book(desk, entry)
    page = book(desk, entry, at(12))
    assert "Somebody has booked this entry of the waitlist meanwhile." in words_of(page)
    assert Appointment.objects.count() == 1


def test_who_was_booked_from_the_list_can_be_put_back_once_that_is_cancelled(
    desk: FrontDesk,
) -> None:
    entry = waits(desk)
    book(desk, entry)
    made = Appointment.objects.get()
    around = f"appointments/{made.pk}/waitlist"
    assert "Put the patient back on the list" not in words_of(desk.get(around))
    assert "stands. Cancel it first." in words_of(act(desk, entry, "back"))
    desk.client.post(desk.url(f"appointments/{made.pk}/cancel"), {"reason": ""})
    assert "Put the patient back on the list" in words_of(desk.get(around))
    assert "on the waitlist again" in words_of(act(desk, entry, "back"))
    assert WaitlistEntry.objects.get().is_open


# --- The other ways -----------------------------------------------------------------------------


def test_who_was_not_reached_is_marked_with_the_time(desk: FrontDesk) -> None:
    entry = waits(desk)
    page = act(desk, entry, "tried", back="list")
    assert "called once, Mon 7 Jan, 06:00" in words_of(page)


def test_a_time_that_was_offered_is_told_and_not_held(desk: FrontDesk) -> None:
    entry = waits(desk)
    page = act(desk, entry, f"offer {at(10).isoformat()} {desk.doctor.pk}", back="list")
    assert "Offered Mon 7 Jan, 10:00" in words_of(page)
    desk.book(at(10))


def test_who_does_not_wait_any_more_is_taken_off_and_put_back(desk: FrontDesk) -> None:
    entry = waits(desk)
    assert "is off the waitlist" in words_of(act(desk, entry, "off"))
    assert "not on the waitlist any more" in words_of(book(desk, entry))
    assert "Leo Fontaine" not in words_of(desk.get("waitlist"))
    act(desk, entry, "back")
    assert "Leo Fontaine" in words_of(desk.get("waitlist"))


@pytest.mark.parametrize("do", ["", "nonsense", "book", "book soon x", "book 2030-01-07T10:00 x"])
def test_nonsense_changes_nothing(desk: FrontDesk, do: str) -> None:
    entry = waits(desk)
    assert "Choose what to do with the entry." in words_of(act(desk, entry, do))
    assert WaitlistEntry.objects.get().updated_at == entry.updated_at
    assert not Appointment.objects.exists()


def test_wishes_are_changed_and_kept_where_they_are_refused(desk: FrontDesk) -> None:
    entry = waits(desk, weekdays=[1], not_before=NOON)
    page = desk.get(f"waitlist/{entry.pk}")
    assert page.context["form"]["times"].value() == "afternoons"
    version = page.context["form"]["version"].value()
    fields = form(desk, patient=None, action="save", times="between", note="New", version=version)
    page = desk.client.post(desk.url(f"waitlist/{entry.pk}"), fields)
    assert list(page.context["form"].errors) == ["not_before"]
    assert page.context["form"]["note"].value() == "New"
    assert WaitlistEntry.objects.get().note == ""
    fields |= {"not_after": "09:30"}
    page = desk.client.post(desk.url(f"waitlist/{entry.pk}"), fields, follow=True)
    changed = WaitlistEntry.objects.get()
    assert (changed.not_before, changed.not_after, changed.weekdays) == (None, time(9, 30), [])
    assert "starts before 09:30" in words_of(page)


def test_a_closed_entry_is_not_changed(desk: FrontDesk) -> None:
    entry = waits(desk, status=EntryStatus.WITHDRAWN)
    fields = form(desk, patient=None, action="save", note="New")
    page = desk.client.post(desk.url(f"waitlist/{entry.pk}"), fields, follow=True)
    assert "This entry is not on the waitlist any more." in words_of(page)
    assert WaitlistEntry.objects.get().note == ""


def wishes(desk: FrontDesk, entry: WaitlistEntry, **fields: Any) -> dict[str, Any]:
    """The form that changes an entry, as its page shows it, but for what is given."""
    version = desk.get(f"waitlist/{entry.pk}").context["form"]["version"].value()
    return form(desk, patient=None, action="save", version=version, **fields)


def test_of_two_desks_the_second_is_told_and_keeps_what_it_typed(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    entry = waits(desk)
    page = desk.url(f"waitlist/{entry.pk}")
    mine = wishes(desk, entry, note="Mine")
    clock.shift(1)
    desk.client.post(page, wishes(desk, entry, note="Theirs", urgency="1"))
    before = WaitlistEntry.objects.values().get()
    answer = desk.client.post(page, mine)
    assert "Somebody else changed this while you had it open" in words_of(answer)
    assert "Theirs" in words_of(answer)
    assert answer.context["form"]["note"].value() == "Mine"
    assert WaitlistEntry.objects.values().get() == before
    version = answer.context["form"]["version"].value()
    assert desk.client.post(page, mine | {"version": version}).status_code == 302
    assert WaitlistEntry.objects.get().note == "Mine"


def test_looking_who_provides_a_service_does_not_make_an_old_page_new(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    entry = waits(desk)
    page = desk.url(f"waitlist/{entry.pk}")
    mine = wishes(desk, entry, note="Mine")
    clock.shift(1)
    act(desk, entry, "tried")
    looked = desk.client.post(page, mine | {"action": "refresh"})
    assert looked.context["form"]["version"].value() == mine["version"]
    assert desk.client.post(page, mine).status_code == 200
    assert WaitlistEntry.objects.get().note == ""


def test_what_was_booked_meanwhile_is_not_changed_and_nothing_typed_is_lost(
    desk: FrontDesk,
) -> None:
    entry = waits(desk)
    mine = wishes(desk, entry, note="Mine")
    book(desk, entry)
    before = WaitlistEntry.objects.values().get()
    answer = desk.client.post(desk.url(f"waitlist/{entry.pk}"), mine)
    assert "Somebody has booked this entry of the waitlist meanwhile." in words_of(answer)
    assert answer.context["form"]["note"].value() == "Mine"
    assert WaitlistEntry.objects.values().get() == before


# --- Earlier ------------------------------------------------------------------------------------


def test_who_would_like_to_come_earlier_is_put_on_from_the_appointment(
    real_desk: FrontDesk,
) -> None:
    desk = real_desk
    record = desk.book(at(15, day=2), minutes=60)
    around = f"appointments/{record.id}/waitlist"
    assert "Would like to come earlier" in words_of(desk.get(around))
    shown = desk.get("waitlist/new", instead_of=record.id).context["form"]
    assert (shown["duration"].value(), str(shown["last_day"].value())) == ("60", "2030-01-09")
    made = put_on(desk, instead_of=str(record.id), duration="60", last_day="2030-01-09")
    assert made.instead_of_id == record.id
    assert "On the waitlist for an earlier time" in words_of(desk.get(around))
    page = desk.client.post(
        desk.url("waitlist/new"), form(desk, instead_of=str(record.id), duration="60")
    )
    assert "The patient waits for an earlier time already." in words_of(page)
    assert WaitlistEntry.objects.count() == 1


def test_nobody_waits_for_an_earlier_time_of_somebody_else_s_visit(desk: FrontDesk) -> None:
    record = desk.book(at(15))
    other = PatientFactory(business=desk.business)
    errors = refused(desk, instead_of=str(record.id), patient=str(other.pk))
    assert errors == {"patient": ["The appointment is another patient's."]}


# --- Who may ------------------------------------------------------------------------------------


def test_a_developer_sees_no_waitlist(db: None, clock: object) -> None:
    desk = open_desk(Role.DEVELOPER)
    entry = waits(desk)
    for page in ("waitlist", "waitlist/new", f"waitlist/{entry.pk}"):
        assert desk.get(page).status_code == 404
    assert act(desk, entry, "off").status_code == 404
    assert WaitlistEntry.objects.get().is_open


def test_what_another_clinic_waits_for_is_not_there(desk: FrontDesk, neighbour: FrontDesk) -> None:
    entry = waits(neighbour)
    record = neighbour.book(at(15))
    assert "Leo Fontaine" not in words_of(desk.get("waitlist"))
    for page in (f"waitlist/{entry.pk}", f"appointments/{record.id}/waitlist"):
        assert desk.get(page).status_code == 404
    assert act(desk, entry, "off").status_code == 404
    assert book(desk, entry).status_code == 404
    made = put_on(desk, instead_of=str(record.id))
    assert made.instead_of_id is None
    assert WaitlistEntry.objects.get(pk=entry.pk).is_open


# --- What it costs ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_as_many_queries_whoever_waits(
    desk: FrontDesk, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for hour in range(number):
        waits(desk, f"Leo {hour}")
        cancelled(desk, desk.book(at(10 + hour)))
    desk.get("waitlist")
    # Session, login, clinic, roles; people, services, entries; what was freed, and whom it suits.
    with django_assert_num_queries(12):
        page = desk.get("waitlist")
    assert len(page.context["chances"]) == number


@pytest.mark.parametrize("number", [1, 3])
def test_an_entry_costs_as_many_queries_whatever_is_booked(
    desk: FrontDesk, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    entry = waits(desk)
    for hour in range(number):
        desk.book(at(10 + hour))
    desk.get(f"waitlist/{entry.pk}")
    with django_assert_num_queries(15):
        desk.get(f"waitlist/{entry.pk}")


@pytest.mark.parametrize("number", [1, 3])
def test_what_is_told_beside_an_appointment_costs_as_many_queries(
    desk: FrontDesk, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    record = cancelled(desk, desk.book(at(10)))
    for one in range(number):
        waits(desk, f"Leo {one}")
    page = f"appointments/{record.id}/waitlist"
    desk.get(page)
    with django_assert_num_queries(11):
        desk.get(page)
