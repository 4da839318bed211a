"""Who changed what, when, and through which request: written by the database, for every table."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pghistory
import pytest
from django.db import ProgrammingError, connection, models, transaction

from appointments import booking
from appointments.models import Appointment, Assignment, HeldResource, Series, WaitlistEntry
from businesses.actor import Actor
from businesses.keys import create_key, holder_of, revoke_key
from businesses.models import ApiKey, OutgoingWebhook
from patients.models import Patient
from staff.models import User
from tests.appointments.desk import at, book
from tests.appointments.house import (
    WITHOUT_HISTORY,
    furnish,
    history_of,
    our_models,
    tenant_models,
)
from tests.appointments.rows import insert, sql
from tests.factories import (
    BusinessFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db]

TRACKED = [model for model in our_models() if model not in WITHOUT_HISTORY]


def name(model: type[models.Model]) -> str:
    return model.__name__


def labels(row: models.Model) -> list[str]:
    """What became of a row, from first to last."""
    events = history_of(type(row))._default_manager.filter(pgh_obj_id=row.pk)
    return list(events.order_by("pgh_id").values_list("pgh_label", flat=True))


TRIGGERS = """
SELECT t.tgname, t.tgenabled, t.tgtype
FROM pg_trigger t WHERE t.tgrelid = %s::regclass AND NOT t.tgisinternal
"""
# Bits of pg_trigger.tgtype.
FOR_EACH_ROW, BEFORE, INSERT, DELETE, UPDATE = 1, 2, 4, 8, 16


def triggers(model: type[models.Model]) -> dict[str, int]:
    """The triggers of a table that are switched on, by name without its ending, and their type."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS, (model._meta.db_table,))
        return {
            found.rpartition("_")[0]: kind
            for found, enabled, kind in cursor.fetchall()
            if enabled == "O"
        }


def test_only_copies_of_what_the_history_has_are_without_one() -> None:
    without = [model for model in our_models() if "pgtrigger_insert_insert" not in triggers(model)]
    assert without == list(WITHOUT_HISTORY)


@pytest.mark.parametrize("model", TRACKED, ids=name)
def test_each_table_writes_its_history_by_triggers(model: type[models.Model]) -> None:
    on = triggers(model)
    assert on["pgtrigger_insert_insert"] == FOR_EACH_ROW | INSERT
    assert on["pgtrigger_update_update"] == FOR_EACH_ROW | UPDATE
    assert on["pgtrigger_delete_delete"] == FOR_EACH_ROW | DELETE
    of_history = triggers(history_of(model))
    assert of_history["pgtrigger_append_only"] == FOR_EACH_ROW | BEFORE | UPDATE | DELETE


LEFT_OUT = {
    ApiKey: {"secret_hash", "last_used_at"},
    OutgoingWebhook: {
        "secret",
        "previous_secret",
        "previous_until",
        "failing_since",
        "rests_until",
        "told_at",
    },
    Patient: {"search"},  # made of other columns
    User: {"password", "last_login"},
}


@pytest.mark.parametrize("model", TRACKED, ids=name)
def test_the_history_keeps_every_column_but_secrets(model: type[models.Model]) -> None:
    kept = {field.column for field in history_of(model)._meta.fields}
    columns = {field.column for field in model._meta.fields}
    assert columns - kept == LEFT_OUT.get(model, set())


def test_plain_sql_is_in_the_history_too() -> None:
    """Every row of a house is written, changed and removed without a line of ours."""
    house = furnish(BusinessFactory())
    for model in tenant_models():
        if model not in WITHOUT_HISTORY:
            changed_and_removed(house[model])


def changed_and_removed(row: models.Model) -> None:
    table = row._meta.db_table
    assert labels(row) == ["insert"], table
    assert sql(f"UPDATE {table} SET updated_at = updated_at + '1 s' WHERE id = %s", row.pk) == 1
    assert labels(row) == ["insert", "update"], table
    # The keys that point to the row stand in the way of removing it; they are not what is asked.
    with transaction.atomic():
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conrelid::regclass, conname FROM pg_constraint"
                " WHERE contype = 'f' AND confrelid = %s::regclass",
                (table,),
            )
            for referring, constraint in cursor.fetchall():
                sql(f"ALTER TABLE {referring} DROP CONSTRAINT {constraint}")
        assert sql(f"DELETE FROM {table} WHERE id = %s", row.pk) == 1
        assert labels(row) == ["insert", "update", "delete"], table
        transaction.set_rollback(True)


@pytest.mark.parametrize("factory", [BusinessFactory, UserFactory])
def test_a_business_and_a_login_have_a_history_too(factory: Any) -> None:
    row = factory()
    pk = row.pk
    row.name = "Another"
    row.save()
    row.delete()
    row.pk = pk
    assert labels(row) == ["insert", "update", "delete"]


def saved(patient: Patient) -> None:
    patient.name = "Changed"
    patient.save()


def updated(patient: Patient) -> None:
    Patient.objects.filter(pk=patient.pk).update(name="Changed")


def bulk_updated(patient: Patient) -> None:
    patient.name = "Changed"
    Patient.objects.bulk_update([patient], ["name"])


def written_in_sql(patient: Patient) -> None:
    sql("UPDATE patients_patient SET name = 'Changed' WHERE id = %s", patient.pk)


def upserted(patient: Patient) -> None:
    sql(
        "INSERT INTO patients_patient (id, business_id, created_at, updated_at, name,"
        " phone_mobile, biological_sex, gender, timezone, archived_reason)"
        " VALUES (%s, %s, now(), now(), 'x', '', '', '', '', '')"
        " ON CONFLICT (business_id, id) DO UPDATE SET name = 'Changed'",
        patient.pk,
        patient.business_id,
    )


CHANGES = [saved, updated, bulk_updated, written_in_sql, upserted]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_no_way_to_change_a_row_leaves_it_out(change: Callable[[Patient], None]) -> None:
    patient = PatientFactory(name="First")
    change(patient)
    events = history_of(Patient)._default_manager.filter(pgh_obj_id=patient.pk)
    told = events.order_by("pgh_id").values_list("pgh_label", "name")
    assert list(told) == [("insert", "First"), ("update", "Changed")]


def test_no_way_to_add_a_row_leaves_it_out() -> None:
    business = BusinessFactory()
    one = PatientFactory(business=business)
    (two,) = Patient.objects.bulk_create([Patient(business=business, name="Bulk")])
    three = insert(
        "patients_patient",
        business_id=business.pk,
        name="SQL",
        phone_mobile="",
        biological_sex="",
        gender="",
        timezone="",
        archived_reason="",
    )
    for pk in (one.pk, two.pk, three):
        assert labels(Patient.objects.get(pk=pk)) == ["insert"]


def removed(patient: Patient) -> None:
    patient.delete()


def removed_as_a_set(patient: Patient) -> None:
    Patient.objects.filter(pk=patient.pk).delete()


def removed_in_sql(patient: Patient) -> None:
    sql("DELETE FROM patients_patient WHERE id = %s", patient.pk)


@pytest.mark.parametrize(
    "remove", [removed, removed_as_a_set, removed_in_sql], ids=lambda remove: remove.__name__
)
def test_no_way_to_remove_a_row_leaves_it_out(remove: Callable[[Patient], None]) -> None:
    patient = PatientFactory(name="Gone")
    pk = patient.pk
    remove(patient)
    assert not Patient.objects.filter(pk=pk).exists()
    told = history_of(Patient)._default_manager.filter(pgh_obj_id=pk).order_by("pgh_id")
    assert list(told.values_list("pgh_label", "name")) == [("insert", "Gone"), ("delete", "Gone")]


def test_a_change_that_changes_nothing_is_no_event() -> None:
    patient = PatientFactory(name="Same")
    sql("UPDATE patients_patient SET name = name WHERE id = %s", patient.pk)
    assert labels(patient) == ["insert"]


def test_the_history_can_not_be_rewritten() -> None:
    furnish(BusinessFactory())
    UserFactory()
    for model in TRACKED:
        events = history_of(model)
        table = events._meta.db_table
        before = list(events._default_manager.order_by("pgh_id").values())
        assert before, table
        for statement in (
            f"UPDATE {table} SET pgh_label = 'nothing'",
            f"UPDATE {table} SET pgh_context = NULL, pgh_created_at = now()",
            f"DELETE FROM {table}",
        ):
            with (
                pytest.raises(ProgrammingError, match="Cannot update or delete"),
                transaction.atomic(),
            ):
                sql(statement)
        assert list(events._default_manager.order_by("pgh_id").values()) == before


def test_no_setting_of_a_session_switches_the_triggers_off() -> None:
    """pgtrigger's own way of skipping triggers, which a migration closes."""
    patient = PatientFactory()
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(tgname)::text FROM pg_trigger WHERE NOT tgisinternal")
        ((every,),) = cursor.fetchall()
    sql("SELECT set_config('pgtrigger.ignore', %s, true)", every)
    sql("UPDATE patients_patient SET name = 'Silent' WHERE id = %s", patient.pk)
    assert labels(patient) == ["insert", "update"]
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        sql("DELETE FROM patients_patientevent")


# --- Who, when, and through which request ---------------------------------------------------------


def actor(**who: Any) -> Actor:
    return Actor(**({"name": "Ruth", "source": "desk", "request_id": str(uuid4())} | who))


def told_of(appointment_id: UUID) -> list[dict[str, Any]]:
    events = history_of(Appointment)._default_manager.filter(pgh_obj_id=appointment_id)
    return list(events.order_by("pgh_id").values())


@pytest.mark.usefixtures("monday_morning")
def test_a_booking_is_signed_by_whoever_made_it() -> None:
    service = ServiceFactory()
    StaffFactory(business=service.business)
    user, key = uuid4(), uuid4()
    by_user, by_key = actor(user_id=user), actor(name="Website", source="api", key_id=key)
    for hour, by, ids in ((10, by_user, (str(user), None)), (11, by_key, (None, str(key)))):
        (event,) = told_of(book(service, at(hour), by=by).id)
        assert event["pgh_label"] == "insert"
        assert event["pgh_context"] == {
            "name": by.name,
            "source": by.source,
            "user": ids[0],
            "key": ids[1],
            "request": by.request_id,
        }
        assert str(event["pgh_context_id"]) == by.request_id
        assert event["pgh_created_at"] is not None


@pytest.mark.usefixtures("monday_morning")
def test_every_row_of_a_booking_is_signed() -> None:
    service = ServiceFactory(bookings_per_timeslot=2)
    doctor, nurse = (StaffFactory(business=service.business) for _ in range(2))
    by = actor()
    book(service, at(10), staff=doctor, along=[nurse], by=by)
    counts = {}
    for model in our_models():
        if model._meta.app_label == "appointments" and model not in (
            Assignment,
            HeldResource,
            Series,
            WaitlistEntry,
            *WITHOUT_HISTORY,
        ):
            contexts = history_of(model)._default_manager.values_list("pgh_context_id", flat=True)
            assert {str(context) for context in contexts} == {by.request_id}
            counts[model.__name__] = len(contexts)
    assert counts == {"GroupSlot": 1, "Appointment": 1, "AdditionalHost": 1, "HeldTime": 2}


@pytest.mark.usefixtures("monday_morning")
def test_what_becomes_of_an_appointment_is_signed_by_each_in_turn() -> None:
    service = ServiceFactory(bookings_require_approval=True)
    StaffFactory(business=service.business)
    website, ruth, omar = actor(name="Website"), actor(), actor(name="Omar")
    asked = book(service, at(10), by=website)
    keys = {"business_id": service.business_id, "appointment_id": asked.id}
    booking.approve(**keys, by=ruth)
    booking.cancel(**keys, by=omar, reason="Snow")
    told = [
        (event["pgh_label"], event["status"], event["pgh_context"]["name"])
        for event in told_of(asked.id)
    ]
    assert told == [
        ("insert", "requested", "Website"),
        ("update", "booked", "Ruth"),
        ("update", "cancelled", "Omar"),
    ]


def test_what_a_page_changes_is_signed_by_its_user() -> None:
    """The middleware opens this context around every request of a page."""
    by = actor(user_id=uuid4())
    with pghistory.context(**by.trace()):
        patient = PatientFactory()
    (event,) = history_of(Patient)._default_manager.filter(pgh_obj_id=patient.pk).values()
    assert event["pgh_context"] == by.trace()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("monday_morning")
def test_a_signature_ends_with_its_transaction() -> None:
    service = ServiceFactory()
    StaffFactory(business=service.business)
    by = actor()
    (signed,) = told_of(book(service, at(10), by=by).id)
    assert signed["pgh_context"]["name"] == "Ruth"
    unsigned = PatientFactory(business=service.business)
    (event,) = history_of(Patient)._default_manager.filter(pgh_obj_id=unsigned.pk).values()
    assert (event["pgh_context"], event["pgh_context_id"]) == (None, None)


def test_a_key_that_is_used_is_no_event_but_a_key_that_is_revoked_is() -> None:
    key, token = create_key(business=BusinessFactory(), description="Site", scopes=["staff:read"])
    assert holder_of(token) is not None
    assert ApiKey.objects.get().last_used_at is not None
    assert labels(key) == ["insert"]
    revoke_key(key)
    assert labels(key) == ["insert", "update"]
