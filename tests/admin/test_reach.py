"""What somebody finds in the admin of a business in which they don't work: nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from appointments.models import Appointment
from businesses.models import Business, Service, ServiceDuration
from patients.models import Patient
from staff.models import Staff, TimeBlocker, User
from staff.roles import Role
from tests.admin.clinic import (
    Clinic,
    as_user,
    errors,
    operator,
    page,
    registered,
    told,
    typed,
    words,
)
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def snapshot(row: Model) -> dict[str, Any]:
    return type(row)._base_manager.filter(pk=row.pk).values().get()


@pytest.fixture
def owner(mine: Clinic) -> Client:
    return as_user(mine.works(Role.OWNER))


def test_every_model_has_pages_in_the_admin(mine: Clinic) -> None:
    assert {type(row) for row in mine.rows()} | {User} == set(registered())


def test_an_operator_finds_every_row_and_its_history(mine: Clinic, theirs: Clinic) -> None:
    client = as_user(operator())
    for row in [*mine.rows(), *theirs.rows()]:
        for name in ("change", "history"):
            response = client.get(page(row, name))
            assert (row, name, response.status_code) == (row, name, 200)


def test_an_owner_finds_every_row_of_the_own_business(mine: Clinic, owner: Client) -> None:
    for row in mine.rows():
        for name in ("change", "history"):
            response = owner.get(page(row, name))
            assert (row, name, response.status_code) == (row, name, 200)


def test_a_row_of_another_business_looks_as_if_it_were_not_there(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    for row in theirs.rows():
        for name in ("change", "history", "delete"):
            response = owner.get(page(row, name))
            absent = owner.get(page(row, name).replace(str(row.pk), str(uuid4())))
            assert (row, name, response.status_code, response.get("Location")) == (
                (row, name, absent.status_code, absent.get("Location"))
            )
            assert "Zzfern" not in " ".join(told(response))


def test_a_row_of_another_business_can_be_neither_changed_nor_deleted(
    theirs: Clinic, owner: Client
) -> None:
    for row in theirs.rows():
        before = snapshot(row)
        for name, sent in (("change", {"name": "Taken"}), ("delete", {"post": "yes"})):
            response = owner.post(page(row, name), sent)
            absent = owner.post(page(row, name).replace(str(row.pk), str(uuid4())), sent)
            assert (row, name, response.status_code) == (row, name, absent.status_code)
            assert response.status_code in (302, 403)
        assert snapshot(row) == before


def test_lists_and_their_filters_show_nothing_of_another_business(
    theirs: Clinic, mine: Clinic, owner: Client
) -> None:
    mine.group()
    for row in theirs.rows():
        for query in ({}, {"q": "zzfern"}, {"id__exact": str(row.pk)}):
            response = owner.get(page(type(row), "changelist"), query)
            assert (row, query, response.status_code) == (row, query, 200)
            assert (row, query, "Zzfern" in words(response)) == (row, query, False)


def test_a_list_filtered_by_a_guessed_id_is_empty(theirs: Clinic, owner: Client) -> None:
    blockers = page(TimeBlocker, "changelist")
    response = owner.get(blockers, {"staff__id__exact": str(theirs.second.pk)})
    assert list(response.context["cl"].result_list) == []


def test_a_list_can_not_be_filtered_through_what_it_refers_to(mine: Clinic, owner: Client) -> None:
    response = owner.get(page(Staff, "changelist"), {"user__password__startswith": "argon"})
    assert response.status_code == 400


def test_new_rows_offer_nothing_of_another_business(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    offered = 0
    for model in registered():
        response = owner.get(page(model, "add"))
        if response.status_code == 200:
            offered += "Own" in words(response)
            assert (model, "Zzfern" in words(response)) == (model, False)
    assert offered > 0  # the own business's rows are there to be chosen


AUTOCOMPLETES = [
    ("appointments", "appointment", "patient", "patient"),
    ("appointments", "appointment", "service", "service"),
    ("appointments", "appointment", "staff", "doctor"),
    ("appointments", "appointment", "additional_staff", "assistant"),
    ("appointments", "appointment", "location", "house"),
    ("businesses", "service", "location", "house"),
    ("businesses", "closure", "location", "house"),
    ("businesses", "resource", "location", "house"),
    ("businesses", "resourceneed", "resource", "room"),
    ("patients", "patient", "primary_staff", "doctor"),
    ("staff", "timeblocker", "staff", "doctor"),
    ("businesses", "serviceincategory", "category", "category"),
    ("businesses", "location", "business", "clinic"),
]


def offered(client: Client, source: tuple[str, str, str], **query: Any) -> list[str]:
    app, model, name = source
    response = client.get(
        reverse("admin:autocomplete"),
        {"app_label": app, "model_name": model, "field_name": name, "term": "", **query},
    )
    assert response.status_code == 200
    return [one["text"] for one in response.json()["results"]]


@pytest.mark.parametrize(("app", "model", "name", "what"), AUTOCOMPLETES)
def test_an_autocomplete_offers_the_own_business_alone(
    app: str, model: str, name: str, what: str, mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    source = (app, model, name)
    assert f"Own {what}" in offered(owner, source)
    assert not [text for text in offered(owner, source) if "Zzfern" in text]
    assert offered(owner, source, term="Zzfern") == []
    if name != "business":
        assert offered(owner, source, business=str(theirs.business.pk)) == []


def test_an_autocomplete_offers_one_business_to_somebody_who_works_in_two(
    mine: Clinic, theirs: Clinic
) -> None:
    user = mine.works(Role.OWNER)
    StaffFactory(business=theirs.business, user=user, roles=[Role.OWNER.value])
    source = ("appointments", "appointment", "patient")
    for clinic in (mine, theirs):
        found = offered(as_user(user), source, business=str(clinic.business.pk))
        assert found == [clinic.patient.name]


def test_an_autocomplete_reads_nonsense_as_nothing(mine: Clinic, owner: Client) -> None:
    source = ("appointments", "appointment", "patient")
    assert offered(owner, source, business="nonsense") == []
    assert offered(owner, source, term="Own\x00") == ["Own patient"]


def test_an_autocomplete_needs_the_scope_of_what_it_offers(mine: Clinic) -> None:
    client = as_user(mine.works(Role.DEVELOPER))
    source = {"app_label": "appointments", "model_name": "appointment", "field_name": "patient"}
    response = client.get(reverse("admin:autocomplete"), source)
    assert (response.status_code, "Own patient" in words(response)) == (403, False)


def test_logins_are_offered_to_operators_alone(mine: Clinic, owner: Client) -> None:
    source = {"app_label": "staff", "model_name": "staff", "field_name": "user"}
    assert owner.get(reverse("admin:autocomplete"), source).status_code == 403
    assert as_user(operator()).get(reverse("admin:autocomplete"), source).status_code == 200


def test_a_reference_to_another_business_is_an_error_of_the_form(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    response = owner.post(
        page(TimeBlocker, "add"),
        {
            "staff": str(theirs.second.pk),
            "starts_at_0": "2030-07-01",
            "starts_at_1": "10:00",
            "ends_at_0": "2030-07-01",
            "ends_at_1": "11:00",
        },
    )
    assert errors(response) == {
        "staff": ["Select a valid choice. That choice is not one of the available choices."]
    }
    assert TimeBlocker.objects.count() == 2  # that of each clinic
    assert "Zzfern" not in words(response)


@pytest.mark.parametrize("nonsense", ["nonsense", "\x00", "1", "' OR 1=1"])
def test_a_reference_that_is_no_identifier_is_an_error_of_the_form(
    nonsense: str, mine: Clinic, owner: Client
) -> None:
    sent = typed(owner.get(page(mine.patient, "change"))) | {"primary_staff": nonsense}
    assert list(errors(owner.post(page(mine.patient, "change"), sent))) == ["primary_staff"]


def test_a_part_of_another_businesss_row_can_not_be_taken_over(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    foreign = ServiceDuration.objects.filter(service=theirs.service).order_by("minutes")[0]
    sent = typed(owner.get(page(mine.service, "change")))
    sent |= {
        "serviceduration-0-id": str(foreign.pk),
        "serviceduration-0-minutes": 45,
        "name": "Changed",
    }
    response = owner.post(page(mine.service, "change"), sent)
    assert response.status_code == 200
    assert "Zzfern" not in words(response)
    foreign.refresh_from_db()
    assert (foreign.minutes, foreign.service_id) == (30, theirs.service.pk)
    mine.service.refresh_from_db()
    assert mine.service.name == "Own service"


@pytest.mark.parametrize(
    ("model", "action"),
    [
        (Patient, "archive"),
        (Service, "delete_selected"),
        (Staff, "delete_selected"),
        (Appointment, "cancel_selected"),
        (Appointment, "approve_selected"),
    ],
)
def test_an_action_passes_over_rows_of_another_business(
    model: type[Model], action: str, mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    foreign = next(row for row in theirs.rows() if type(row) is model)
    before = snapshot(foreign)
    for more in ({}, {"select_across": "1", "q": "Zzfern"}, {"post": "yes", "reason": "Theft"}):
        sent = {"action": action, "_selected_action": [str(foreign.pk)], **more}
        response = owner.post(page(model, "changelist"), sent)
        assert response.status_code in (200, 302)
        assert "Zzfern" not in words(response)
    assert snapshot(foreign) == before


def test_an_action_reads_a_nonsense_id_as_none(mine: Clinic, owner: Client) -> None:
    sent = {"action": "archive", "_selected_action": ["nonsense"]}
    response = owner.post(page(Patient, "changelist"), sent)
    assert response.status_code == 302


def test_the_buttons_of_a_row_do_nothing_in_another_business(theirs: Clinic, owner: Client) -> None:
    rows: list[tuple[Model, str]] = [
        (theirs.key, "revoke"),
        (theirs.hook, "test"),
        (theirs.hook, "rotate"),
        (theirs.hook, "replay"),
        (theirs.delivery, "again"),
        (theirs.staff, "login"),
        (theirs.visit, "approve"),
        (theirs.visit, "cancel"),
    ]
    for row, name in rows:
        before = snapshot(row)
        response = owner.post(page(row, name), {"reason": "Theft"})
        assert (row, name, response.status_code, response["Location"]) == (
            (row, name, 302, reverse("admin:index"))
        )
        assert snapshot(row) == before
    assert User.objects.filter(email=theirs.staff.email).count() == 0


def test_a_new_row_can_not_be_put_into_another_business(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    for name in (str(theirs.business.pk), str(uuid4()), "nonsense"):
        address = f"{page(Patient, 'add')}?business={name}"
        for response in (owner.get(address), owner.post(address, {"name": "Smuggled"})):
            assert (name, response.status_code) == (name, 404)
    assert Patient.objects.filter(name="Smuggled").count() == 0


def test_the_business_of_a_row_is_not_a_field(mine: Clinic, theirs: Clinic) -> None:
    user = mine.works(Role.OWNER)
    StaffFactory(business=theirs.business, user=user, roles=[Role.OWNER.value])
    client = as_user(user)
    sent = typed(client.get(page(mine.patient, "change")))
    response = client.post(
        page(mine.patient, "change"), sent | {"business": str(theirs.business.pk), "gender": "x"}
    )
    assert response.status_code == 302
    mine.patient.refresh_from_db()
    assert (mine.patient.business_id, mine.patient.gender) == (mine.business.pk, "x")


def test_the_only_business_is_preset(mine: Clinic, theirs: Clinic, owner: Client) -> None:
    response = owner.get(page(Patient, "add"))
    assert "Own clinic" not in words(response)
    sent = typed(response) | {"name": "New here"}
    assert owner.post(page(Patient, "add"), sent).status_code == 302
    assert Patient.objects.get(name="New here").business_id == mine.business.pk


def test_of_several_businesses_one_is_chosen_first(mine: Clinic, theirs: Clinic) -> None:
    user = mine.works(Role.OWNER)
    StaffFactory(business=theirs.business, user=user, roles=[Role.MANAGER.value])
    third = Clinic("Third").business
    StaffFactory(business=third, user=user, roles=[Role.DEVELOPER.value])
    client = as_user(user)
    choice = client.get(page(Patient, "add"))
    offered = [business for business, _ in choice.context["choices"]]
    assert offered == [mine.business, theirs.business]  # no developer writes patients
    address = f"{page(Patient, 'add')}?business={theirs.business.pk}"
    form = client.get(address)
    assert "Zzfern clinic" in words(form)
    assert client.post(address, typed(form) | {"name": "New there"}).status_code == 302
    assert Patient.objects.get(name="New there").business_id == theirs.business.pk


def test_what_somebody_may_do_in_one_business_opens_nothing_in_another(
    mine: Clinic, theirs: Clinic
) -> None:
    user = mine.works(Role.OWNER)
    StaffFactory(business=theirs.business, user=user, roles=[Role.DEVELOPER.value])
    client = as_user(user)
    assert client.get(page(theirs.service, "change")).context["has_change_permission"] is False
    for row in (theirs.patient, theirs.visit):
        assert client.get(page(row, "change")).status_code == 302
        assert "Zzfern patient" not in words(client.get(page(type(row), "changelist")))
    before = snapshot(theirs.service)
    assert client.post(page(theirs.service, "change"), {"name": "Taken"}).status_code == 403
    assert client.post(page(theirs.service, "delete"), {"post": "yes"}).status_code == 403
    sent = {"action": "delete_selected", "_selected_action": [str(theirs.service.pk)]}
    client.post(page(Service, "changelist"), sent | {"post": "yes"})
    assert snapshot(theirs.service) == before


def test_somebody_who_has_left_sees_nothing(mine: Clinic) -> None:
    user = mine.works(Role.OWNER)
    client = as_user(user)
    assert client.get(page(Patient, "changelist")).status_code == 200
    Staff.objects.filter(user=user).update(status="ARCHIVED")
    response = client.get(page(Patient, "changelist"), follow=True)
    assert (response.status_code, "Own patient" in words(response)) == (403, False)


def test_a_stranger_is_sent_to_the_sign_in_page(mine: Clinic) -> None:
    for row in mine.rows():
        response = Client().get(page(row, "change"), follow=True)
        assert response.redirect_chain[-1][0].startswith(f"{reverse('login')}?next=")
        assert "Own" not in words(response)


def test_the_address_of_a_row_says_nothing_about_whether_it_is_there(
    theirs: Clinic, owner: Client
) -> None:
    kind = ContentType.objects.get_for_model(Patient).pk
    for key in (theirs.patient.pk, uuid4()):
        response = owner.get(reverse("admin:view_on_site", args=[kind, key]))
        assert (response.status_code, "Zzfern" in words(response)) == (404, False)


def test_a_business_is_opened_and_closed_by_an_operator_alone(mine: Clinic, owner: Client) -> None:
    assert owner.get(page(Business, "add")).status_code == 403
    assert owner.post(page(mine.business, "delete"), {"post": "yes"}).status_code == 403
    assert as_user(operator()).get(page(Business, "add")).status_code == 200


def test_a_list_reads_a_character_that_no_database_has_as_no_filter(
    mine: Clinic, owner: Client
) -> None:
    for name in ("q", "name__contains"):
        response = owner.get(page(Patient, "changelist"), {name: "\x00"})
        assert (name, response.status_code) == (name, 302)
