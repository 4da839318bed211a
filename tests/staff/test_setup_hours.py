"""Setting up when a clinic is open and when its people work."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.forms.week import read_spans, told_days, typed_week
from businesses.hours import DAYS, nine_to_five
from businesses.models import Business, Closure
from staff.models import Staff, WorkingHoursSchedule
from tests.desk.clinic import words_of
from tests.factories import EIGHT_TO_EIGHT, works
from tests.staff.setup import Setup, errors_of, signed_in

WEEK = "default_staff_working_hours"


def days(name: str, **spans: list[tuple[str, str]]) -> dict[str, Any]:
    """The time fields of a week in which only these days have any."""
    return {
        f"{name}-{day}-{end}": [span[number] for span in spans.get(day, [])]
        for day in DAYS
        for number, end in enumerate(("start", "end"))
    }


def week_of(owner: Setup) -> Any:
    return Business.objects.get(pk=owner.business.pk).default_staff_working_hours


def test_a_week_is_written_down_as_it_is_typed(owner: Setup) -> None:
    spans = days(WEEK, monday=[("13:00", "17:00"), ("09:00", "12:00"), ("", "")])
    assert owner.send("setup/hours", **spans)["Location"] == owner.url("setup/hours")
    assert week_of(owner) == {day: [] for day in DAYS} | {"monday": [[900, 1200], [1300, 1700]]}


def test_saving_an_untouched_week_changes_nothing(owner: Setup) -> None:
    Business.objects.filter(pk=owner.business.pk).update(
        default_staff_working_hours={"friday": [[0, 600], [1800, 2400]]}
    )
    assert owner.send("setup/hours").status_code == 302
    assert week_of(owner)["friday"] == [[0, 600], [1800, 2400]]


def test_all_days_may_be_closed(owner: Setup) -> None:
    assert owner.send("setup/hours", **days(WEEK)).status_code == 302
    assert week_of(owner) == {day: [] for day in DAYS}


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        ([("09:00", "")], "Monday: write both from when and until when."),
        ([("", "17:00")], "Monday: write both from when and until when."),
        (
            [("22:00", "06:00")],
            "Monday: 22:00–06:00 ends before it starts. For hours past midnight write until"
            " 00:00 on Monday, and from 00:00 on Tuesday.",
        ),
        (
            [("09:00", "12:00"), ("11:00", "15:00")],
            "Monday: 09:00–12:00 and 11:00–15:00 overlap.",
        ),
        ([("9 Uhr", "17:00")], "Monday: “9 Uhr” is not a time of day; write it like 09:30."),
        ([("09:61", "17:00")], "Monday: “09:61” is not a time of day; write it like 09:30."),
        ([("24:00", "17:00")], "Monday: “24:00” is not a time of day; write it like 09:30."),
        (
            [("10:00", "10:00")],
            "Monday: 10:00–10:00 ends before it starts. For hours past"
            " midnight write until 00:00 on Monday, and from 00:00 on Tuesday.",
        ),
        (
            [(f"{hour:02}:00", f"{hour:02}:30") for hour in range(13)],
            "Monday: that is more than 12 spans.",
        ),
    ],
)
def test_hours_that_can_not_be_are_refused_in_words_and_stay_typed(
    owner: Setup, spans: list[tuple[str, str]], told: str
) -> None:
    answer = owner.send("setup/hours", **days(WEEK, monday=spans, tuesday=[("08:00", "09:00")]))
    assert errors_of(answer) == {WEEK: [told]}
    assert week_of(owner) == EIGHT_TO_EIGHT
    shown = answer.content.decode()
    for moment in {moment for span in spans for moment in span if moment} | {"08:00"}:
        assert f'value="{moment}"' in shown


def test_every_wrong_day_is_told_at_once(owner: Setup) -> None:
    wrong = [("12:00", "09:00")]
    told = errors_of(owner.send("setup/hours", **days(WEEK, monday=wrong, sunday=wrong)))[WEEK]
    assert [sentence.split(":")[0] for sentence in told] == ["Monday", "Sunday"]


def test_hours_past_midnight_are_two_spans_that_meet() -> None:
    assert read_spans("friday", [("22:00", "00:00")]) == [[2200, 2400]]
    assert read_spans("saturday", [("00:00", "06:00")]) == [[0, 600]]
    assert typed_week({"friday": [[2200, 2400]]})["friday"] == [("22:00", "00:00")]


def test_days_with_the_same_hours_are_told_together() -> None:
    assert told_days(nine_to_five()) == [
        ("Monday–Friday", "09:00–17:00"),
        ("Saturday–Sunday", "Closed"),
    ]
    assert told_days(None) == [("Monday–Sunday", "Closed")]


def test_a_day_is_copied_to_others_without_a_script_and_saved_only_by_save(owner: Setup) -> None:
    spans = days(WEEK, monday=[("07:00", "11:00")], sunday=[("10:00", "12:00")])
    button = {f"{WEEK}-copy": "monday", f"{WEEK}-copy-monday": ["tuesday", "sunday"]}
    answer = owner.send("setup/hours", **spans, **button)
    assert answer.status_code == 200
    assert week_of(owner) == EIGHT_TO_EIGHT
    shown = {
        day["key"]: day["spans"] for day in answer.context["form"][WEEK].subwidgets[0].data["days"]
    }
    assert [day for day in DAYS if shown[day] == [("07:00", "11:00")]] == [
        "monday",
        "tuesday",
        "sunday",
    ]


def test_somebody_has_hours_of_their_own_or_the_clinics(owner: Setup) -> None:
    page = f"setup/staff/{owner.doctor.pk}/hours"
    owner.send(page, whose="own", **days("weekly_hours", friday=[("10:00", "14:00")]))
    assert Staff.objects.get(pk=owner.doctor.pk).weekly_hours == {day: [] for day in DAYS} | {
        "friday": [[1000, 1400]]
    }
    # What stands in the grid does not count then, however wrong it is.
    owner.send(page, whose="clinic", **days("weekly_hours", friday=[("14:00", "10:00")]))
    assert Staff.objects.get(pk=owner.doctor.pk).weekly_hours is None


def test_own_hours_begin_with_the_clinics(owner: Setup) -> None:
    page = f"setup/staff/{owner.doctor.pk}/hours"
    assert owner.shown(page)["weekly_hours-monday-start"] == ["08:00"]


def dated(**fields: Any) -> dict[str, Any]:
    given = {"date_start": "2030-03-01", "date_end": "2030-04-30"}
    return given | days("working_hours", monday=[("06:00", "12:00")]) | fields


def test_other_hours_count_on_some_dates(owner: Setup) -> None:
    answer = owner.post(f"setup/staff/{owner.doctor.pk}/schedules/new", **dated())
    assert answer["Location"] == owner.url(f"setup/staff/{owner.doctor.pk}/hours")
    made = WorkingHoursSchedule.objects.get(staff=owner.doctor)
    assert (made.date_start, made.date_end, made.working_hours["monday"]) == (
        date(2030, 3, 1),
        date(2030, 4, 30),
        [[600, 1200]],
    )
    page = f"setup/staff/{owner.doctor.pk}/schedules/{made.pk}"
    owner.send(page, date_end="")
    made.refresh_from_db()
    assert made.date_end is None
    owner.post(f"{page}/remove")
    assert not WorkingHoursSchedule.objects.filter(staff=owner.doctor).exists()


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"date_end": "2030-02-28"}, {"date_end": ["The last day is before the first."]}),
        (
            {"date_start": "2030-01-15"},
            {"date_start": ["Another schedule of this person covers some of these days."]},
        ),
        ({"date_start": "soon"}, {"date_start": ["Enter a valid date."]}),
        ({"date_start": ""}, {"date_start": ["This field is required."]}),
    ],
)
def test_dates_that_can_not_be_are_refused(
    owner: Setup, fields: dict[str, str], errors: dict[str, list[str]]
) -> None:
    works(owner.doctor, {}, date_start=date(2030, 1, 1), date_end=date(2030, 1, 31))
    answer = owner.post(f"setup/staff/{owner.doctor.pk}/schedules/new", **dated(**fields))
    assert errors_of(answer) == errors
    assert WorkingHoursSchedule.objects.count() == 1


def test_a_schedule_belongs_to_the_person_of_its_address(owner: Setup) -> None:
    theirs = works(owner.nurse, {}, date_start=date(2030, 1, 1))
    page = f"setup/staff/{owner.doctor.pk}/schedules/{theirs.pk}"
    assert owner.get(page).status_code == 404
    assert owner.post(f"{page}/remove").status_code == 404
    assert WorkingHoursSchedule.objects.filter(pk=theirs.pk).exists()


@pytest.mark.parametrize(
    "today", ["2030-03-31T00:30:00Z", "2030-03-31T01:30:00Z", "2030-10-27T00:30:00Z"]
)
def test_what_counts_today_is_told_also_when_the_clocks_change(owner: Setup, today: str) -> None:
    day = date.fromisoformat(today[:10])
    page = f"setup/staff/{owner.doctor.pk}/hours"
    with time_machine.travel(today, tick=False):
        owner.client = signed_in(owner.user)
        assert owner.get(page).context["today"] == {
            "day": day, "source": "clinic", "closure": None, "spans": "08:00–20:00",
        }  # fmt: skip
        works(owner.doctor, {"sunday": [[100, 300]]}, date_start=day, date_end=day)
        said = words_of(owner.get(page))
        assert "01:00–03:00 By a schedule for these dates." in said
        Closure.objects.create(business=owner.business, name="Storm", date_start=day, date_end=day)
        assert "The clinic is closed: Storm." in words_of(owner.get(page))


def test_a_day_in_tokyo_begins_before_one_in_london(owner: Setup) -> None:
    Staff.objects.filter(pk=owner.doctor.pk).update(timezone="Asia/Tokyo")
    with time_machine.travel("2030-01-07T20:00:00Z", tick=False):
        owner.client = signed_in(owner.user)
        today = owner.get(f"setup/staff/{owner.doctor.pk}/hours").context["today"]
    assert today["day"] == date(2030, 1, 8)


def test_a_list_of_schedules_asks_as_much_for_one_as_for_three(owner: Setup) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.get(f"setup/staff/{owner.doctor.pk}/hours").status_code == 200
        return len(asked)

    works(owner.doctor, {}, date_start=date(2030, 1, 1), date_end=date(2030, 1, 2))
    before = statements()
    for month in (2, 3):
        works(owner.doctor, {}, date_start=date(2030, month, 1), date_end=date(2030, month, 2))
    assert statements() == before
