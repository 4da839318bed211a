"""What the tables don't allow is an error of the form, with a sentence for people, never a 500."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.db.models import Model, ProtectedError
from django.test import Client

from businesses.forms.tenancy import TenantForm
from businesses.models import Business, Service, ServiceDuration
from patients.models import Patient
from staff.models import ExternalEvent, ServiceHost, Staff, TimeBlocker, WorkingHoursSchedule
from staff.roles import Role
from tests.admin.clinic import (
    Clinic,
    as_user,
    errors,
    next_monday,
    operator,
    page,
    told,
    typed,
    words,
)
from tests.factories import BusinessFactory, PatientFactory, ServiceFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(mine: Clinic) -> Client:
    return as_user(mine.works(Role.OWNER))


def refused(client: Client, row: Any, **changes: Any) -> dict[str, list[str]]:
    """The errors of a row's form, or of a model's new row, once these changes are sent."""
    address = page(row, "change" if isinstance(row, Model) else "add")
    sent = typed(client.get(address)) | changes
    model = type(row) if isinstance(row, Model) else row
    before = list(model._base_manager.order_by("pk").values())
    response = client.post(address, sent)
    assert response.status_code == 200
    assert list(model._base_manager.order_by("pk").values()) == before
    return errors(response)


def spanning(first: str, second: str) -> dict[str, str]:
    return {
        "starts_at_0": "2030-07-01",
        "starts_at_1": first,
        "ends_at_0": "2030-07-01",
        "ends_at_1": second,
    }


def test_an_address_is_one_patients(mine: Clinic, owner: Client) -> None:
    PatientFactory(business=mine.business, email="ada@x.example")
    said = {"email": ["Another patient here has this e-mail address."]}
    assert refused(owner, Patient, name="Twin", email="ADA@x.example") == said
    assert refused(owner, mine.patient, email="Ada@X.example") == said


def test_an_address_may_be_a_patients_of_two_businesses(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    sent = typed(owner.get(page(Patient, "add")))
    sent |= {"name": "Twin", "email": theirs.patient.email}
    assert owner.post(page(Patient, "add"), sent).status_code == 302


def test_patients_may_have_no_address(mine: Clinic, owner: Client) -> None:
    for name in ("Ada", "Eve"):
        sent = typed(owner.get(page(Patient, "add"))) | {"name": name, "email": ""}
        assert owner.post(page(Patient, "add"), sent).status_code == 302
    assert Patient.objects.filter(email=None).count() == 2


def test_staff_share_neither_address_nor_alias(mine: Clinic, owner: Client) -> None:
    StaffFactory(business=mine.business, email="ada@x.example", alias="ada")
    assert refused(owner, mine.staff, email="ADA@x.example") == {
        "email": ["Another staff member here has this e-mail address."]
    }
    assert refused(owner, mine.staff, alias="ada") == {
        "alias": ["Another staff member here has this alias."]
    }


def test_staff_of_a_business_do_not_share_a_login(mine: Clinic) -> None:
    user = mine.works(Role.FRONT_DESK)
    assert refused(as_user(operator()), mine.second, user=str(user.pk)) == {
        "user": ["Another staff member here has this login already."]
    }


def test_businesses_do_not_share_an_alias() -> None:
    BusinessFactory(alias="riverside")
    other = BusinessFactory()
    said = {"alias": ["Another business has this alias."]}
    assert refused(as_user(operator()), other, alias="riverside") == said


def test_services_do_not_share_an_alias(mine: Clinic, owner: Client) -> None:
    ServiceFactory(business=mine.business, alias="check-up")
    said = {"alias": ["Another service here has this alias."]}
    assert refused(owner, mine.service, alias="check-up") == said


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("alias", "Not An Alias"),
        ("currency", "pounds"),
        ("bookings_per_timeslot", "0"),
        ("bookings_per_timeslot", "99999999999"),
        ("buffer_before_minutes", "1441"),
        ("buffer_after_minutes", "-1"),
        ("time_increment", "0"),
        ("availability_limit_days", "0"),
        ("name", "x" * 201),
        ("name", "a\x00b"),
        ("working_hours_monday", "9-5"),
        ("working_hours_monday", "nine to five"),
        ("working_hours_sunday", "9-13, 12-15"),
    ],
)
def test_a_value_out_of_range_is_an_error_of_its_field(
    field: str, value: str, mine: Clinic, owner: Client
) -> None:
    expected = "working_hours" if field.startswith("working_hours") else field
    assert list(refused(owner, mine.service, **{field: value})) == [expected]


def new_line(prefix: str, number: int, total: int, **values: Any) -> dict[str, Any]:
    """A new line of a table in a form, after which it has so many."""
    line = {f"{prefix}-{number}-{name}": value for name, value in values.items()}
    return line | {f"{prefix}-TOTAL_FORMS": str(total)}


def test_a_length_is_offered_once(mine: Clinic, owner: Client) -> None:
    again = new_line("serviceduration", 2, 3, minutes="30", price="1")
    assert refused(owner, mine.service, **again)["serviceduration-2-minutes"] == [
        "This length is there already."
    ]
    assert ServiceDuration.objects.filter(service=mine.service).count() == 2


@pytest.mark.parametrize("minutes", ["0", "1441", "-5", "99999999999"])
def test_a_length_fits_a_day(minutes: str, mine: Clinic, owner: Client) -> None:
    line = new_line("serviceduration", 2, 3, minutes=minutes, price="1")
    assert list(refused(owner, mine.service, **line)) == ["serviceduration-2-minutes"]


def test_a_question_has_a_variable_of_its_own(mine: Clinic, owner: Client) -> None:
    line = new_line(
        "bookingquestion", 1, 2, position="1", question="Why?", variable_name="why", kind="text"
    )
    assert refused(owner, mine.service, **line)["bookingquestion-1-variable_name"] == [
        "Another question of this service has this variable name."
    ]


def lines_of(client: Client, row: Model, model: type[Model]) -> tuple[str, int]:
    """The prefix of a form's table of that model, and how many lines it has."""
    response = client.get(page(row, "change"))
    found = next(
        one.formset
        for one in response.context["inline_admin_formsets"]
        if one.formset.model is model
    )
    return found.prefix, found.total_form_count()


def test_a_host_hosts_a_service_once(mine: Clinic, owner: Client) -> None:
    prefix, lines = lines_of(owner, mine.service, ServiceHost)
    line = new_line(prefix, lines, lines + 1, staff=str(mine.staff.pk))
    assert refused(owner, mine.service, **line)[f"{prefix}-{lines}-staff"] == [
        "This host is there already."
    ]
    prefix, lines = lines_of(owner, mine.staff, ServiceHost)
    line = new_line(prefix, lines, lines + 1, service=str(mine.service.pk))
    assert refused(owner, mine.staff, **line)[f"{prefix}-{lines}-service"] == [
        "This service is there already."
    ]


def test_the_same_line_twice_in_one_form_is_an_error(mine: Clinic, owner: Client) -> None:
    prefix, lines = lines_of(owner, mine.service, ServiceHost)
    twice = new_line(prefix, lines, lines + 2, staff=str(mine.second.pk))
    twice |= new_line(prefix, lines + 1, lines + 2, staff=str(mine.second.pk))
    assert refused(owner, mine.service, **twice)
    assert ServiceHost.objects.filter(staff=mine.second).count() == 0


HOURS = {"working_hours_monday": "9-17"}


def test_a_schedule_ends_after_it_starts(mine: Clinic, owner: Client) -> None:
    sent = {"staff": str(mine.staff.pk), "date_start": "2030-02-01", "date_end": "2030-01-01"}
    assert refused(owner, WorkingHoursSchedule, **sent, **HOURS) == {
        "date_end": ["The last day is before the first."]
    }


def test_schedules_of_one_person_do_not_overlap(mine: Clinic, owner: Client) -> None:
    said = {"date_start": ["Another schedule of this person covers some of these days."]}
    sent = {"staff": str(mine.staff.pk), "date_start": "2001-01-31", "date_end": "2001-02-28"}
    assert refused(owner, WorkingHoursSchedule, **sent, **HOURS) == said
    sent["staff"] = str(mine.second.pk)
    form = typed(owner.get(page(WorkingHoursSchedule, "add"))) | sent | HOURS
    assert owner.post(page(WorkingHoursSchedule, "add"), form).status_code == 302


def test_two_new_schedules_in_one_form_do_not_overlap(mine: Clinic, owner: Client) -> None:
    """Neither is in the table when the other is checked, so only the database can tell."""
    both: dict[str, Any] = {}
    for number in (0, 1):
        line = {"date_start": "2030-01-01", "date_end": "2030-01-31", **HOURS}
        both |= new_line("workinghoursschedule", number, 2, **line)
    assert refused(owner, mine.second, **both) == {
        "__all__": ["Another schedule of this person covers some of these days."]
    }
    assert WorkingHoursSchedule.objects.filter(staff=mine.second).count() == 0


@pytest.mark.parametrize("model", [TimeBlocker, ExternalEvent])
def test_blocked_time_ends_after_it_begins(model: type[Model], mine: Clinic, owner: Client) -> None:
    sent = {"staff": str(mine.staff.pk), **spanning("11:00", "10:00")}
    assert refused(owner, model, **sent) == {"ends_at": ["It ends before it begins."]}


def test_blocked_time_is_entered_on_the_clinics_clock(mine: Clinic, owner: Client) -> None:
    sent = {"staff": str(mine.staff.pk), **spanning("10:00", "11:00")}
    assert "Europe/London" in owner.get(page(TimeBlocker, "add")).content.decode()
    assert owner.post(page(TimeBlocker, "add"), sent).status_code == 302
    blocker = TimeBlocker.objects.get(staff=mine.staff)
    assert f"{blocker.starts_at:%H:%M}" == "09:00"  # UTC
    assert 'name="starts_at_1" value="10:00"' in words(owner.get(page(blocker, "change")))


@pytest.mark.parametrize(("day", "hour"), [("2030-03-31", "01:30"), ("2030-10-27", "01:30")])
def test_a_time_that_the_clocks_skip_or_repeat_is_an_error(
    day: str, hour: str, mine: Clinic, owner: Client
) -> None:
    sent = {"staff": str(mine.staff.pk), **spanning(hour, "05:00")}
    sent |= {"starts_at_0": day, "ends_at_0": day}
    assert list(refused(owner, TimeBlocker, **sent)) == ["starts_at"]


def test_who_is_slower_is_told(mine: Clinic, owner: Client) -> None:
    """Two people save the same address at once: both were checked before either was stored."""
    PatientFactory(business=mine.business, email="ada@x.example")
    with mock.patch.object(TenantForm, "check_constraints"):
        found = refused(owner, Patient, name="Twin", email="ada@x.example")
    assert found == {"email": ["Another patient here has this e-mail address."]}


def test_what_came_to_be_needed_while_it_was_deleted_stays(mine: Clinic, owner: Client) -> None:
    lonely = ServiceFactory(business=mine.business)
    lost = ProtectedError("Needed.", {lonely})
    with mock.patch.object(Service, "delete", side_effect=lost):
        response = owner.post(page(lonely, "delete"), {"post": "yes"})
    assert told(response) == [
        "Somebody else changed this at the same moment. Look it over and save it again."
    ]


def test_a_business_with_anything_in_it_is_not_deleted(mine: Clinic) -> None:
    client = as_user(operator())
    response = client.post(page(mine.business, "delete"), {"post": "yes"})
    assert response.status_code == 200
    assert "Patients of Own clinic" in response.context["protected"]
    assert Business.objects.filter(pk=mine.business.pk).exists()


def test_a_form_writes_what_was_changed_in_it_and_nothing_else(mine: Clinic, owner: Client) -> None:
    sent = typed(owner.get(page(mine.patient, "change"))) | {"gender": "woman"}
    archived = next_monday(1)
    save = Patient.save

    def while_somebody_archives(self: Patient, **options: Any) -> None:
        Patient.objects.filter(pk=self.pk).update(archived_at=archived)
        save(self, **options)

    with mock.patch.object(Patient, "save", while_somebody_archives):
        assert owner.post(page(mine.patient, "change"), sent).status_code == 302
    mine.patient.refresh_from_db()
    assert (mine.patient.gender, mine.patient.archived_at) == ("woman", archived)


def test_staff_are_sorted_out_by_role(mine: Clinic, owner: Client) -> None:
    response = owner.get(page(Staff, "changelist"), {"role": "OWNER"})
    assert [one.roles for one in response.context["cl"].result_list] == [["OWNER"]]
