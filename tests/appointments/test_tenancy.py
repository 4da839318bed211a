"""The database keeps businesses apart: read from the models and the catalogue, not from a list."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from businesses.models import Business
from businesses.statements import violated
from staff.models import User
from tests.appointments.house import (
    APPS,
    WITHOUT_HISTORY,
    furnish,
    history_of,
    our_models,
    tenant_models,
)
from tests.appointments.rows import sql
from tests.factories import BusinessFactory

pytestmark = [pytest.mark.django_db]


def name(model: type[models.Model]) -> str:
    return model.__name__


def references() -> list[tuple[type[models.Model], Any]]:
    """Each reference from one tenant table to another."""
    tenants = set(tenant_models())
    return [
        (model, field)
        for model in tenant_models()
        for field in model._meta.fields
        if isinstance(field, models.ForeignKey) and field.related_model in tenants
    ]


REFERENCES = references()
LABELS = [f"{model.__name__}.{field.name}" for model, field in REFERENCES]

SITS = "appointment_sits_in_its_timeslot"
HELD_SLOT = {
    ("appointments_heldtime", "group_slot_id"),
    ("appointments_heldresource", "group_slot_id"),
}

FOREIGN_KEYS = """
SELECT c.conname, c.convalidated,
    (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k (num, n)
     JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num),
    (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(c.confkey) WITH ORDINALITY k (num, n)
     JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num)
FROM pg_constraint c
WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND c.confrelid = %s::regclass
"""


def constraints_of(model: type[models.Model], field: Any) -> list[str]:
    """The foreign keys that hold a reference to rows of the row's own business."""
    with connection.cursor() as cursor:
        cursor.execute(FOREIGN_KEYS, (model._meta.db_table, field.related_model._meta.db_table))
        found = cursor.fetchall()
    return [
        constraint
        for constraint, validated, mine, theirs in found
        if validated
        and {("business_id", "business_id"), (field.column, "id")}
        <= set(zip(mine, theirs, strict=True))
    ]


def test_there_are_references_to_look_at() -> None:
    assert len(REFERENCES) >= 24
    assert {"HeldTime.staff", "Appointment.patient", "Service.location"} <= set(LABELS)


@pytest.mark.parametrize(("model", "field"), REFERENCES, ids=LABELS)
def test_each_reference_names_the_business_as_well(model: type[models.Model], field: Any) -> None:
    assert len(constraints_of(model, field)) == 1


@pytest.mark.parametrize(("model", "field"), REFERENCES, ids=LABELS)
def test_no_row_refers_into_another_business(model: type[models.Model], field: Any) -> None:
    """By SQL the row is turned to the same kind of row next door: only the business is wrong."""
    here, abroad = furnish(BusinessFactory()), furnish(BusinessFactory())
    connection.check_constraints()
    row, foreign = here[model], abroad[field.related_model]
    table, column = model._meta.db_table, field.column
    # A held time's session follows its timeslot.
    also = f", session = '{foreign.pk}'" if (table, column) in HELD_SLOT else ""
    turn = f"UPDATE {table} SET {column} = %s{also} WHERE id = %s"
    (guard,) = constraints_of(model, field)
    with transaction.atomic():
        if guard != SITS:  # it would also refuse, and be met first
            sql(f"ALTER TABLE appointments_appointment DROP CONSTRAINT {SITS}")
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            sql(turn, foreign.pk, row.pk)
        assert violated(refused.value) == guard
        row.refresh_from_db()
        assert getattr(row, field.attname) != foreign.pk
        # The control: without that one constraint the very same statement goes through.
        sql(f"ALTER TABLE {table} DROP CONSTRAINT {guard}")
        assert sql(turn, foreign.pk, row.pk) == 1
        transaction.set_rollback(True)


@pytest.mark.parametrize("model", tenant_models(), ids=name)
def test_each_row_belongs_to_a_business_that_there_is(model: type[models.Model]) -> None:
    """By a foreign key of its own, or by a reference that can't be empty and that has one."""
    field = model._meta.get_field("business")
    assert not field.null
    with connection.cursor() as cursor:
        cursor.execute(FOREIGN_KEYS, (model._meta.db_table, Business._meta.db_table))
        own = [one for one in cursor.fetchall() if one[1:] == (True, ["business_id"], ["id"])]
    if not own:
        assert any(
            of is model and not reference.null and constraints_of(of, reference)
            for of, reference in REFERENCES
        )


UNIQUE = """
SELECT i.indexrelid::regclass::text,
    (SELECT array_agg(a.attname) FROM unnest(i.indkey::smallint[]) k (num)
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num)
FROM pg_index i
WHERE i.indrelid = %s::regclass AND (i.indisunique OR i.indisprimary OR i.indisexclusion)
ORDER BY 1
"""
TABLES = [
    table
    for model in tenant_models()
    for table in (model, None if model in WITHOUT_HISTORY else history_of(model))
    if table is not None
]


@pytest.mark.parametrize("model", TABLES, ids=name)
def test_whatever_is_unique_is_unique_within_a_business(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(UNIQUE, (model._meta.db_table,))
        found = cursor.fetchall()
    assert f"{model._meta.db_table}_pkey" in {index for index, _ in found}
    assert [index for index, columns in found if "business_id" not in columns] == []


@pytest.mark.parametrize("model", TABLES, ids=name)
def test_the_primary_key_begins_with_the_business(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(a.attname ORDER BY k.n) FROM pg_index i,"
            " unnest(i.indkey::smallint[]) WITH ORDINALITY k (num, n)"
            " JOIN pg_attribute a ON a.attnum = k.num AND a.attrelid = %s::regclass"
            " WHERE i.indisprimary AND i.indrelid = %s::regclass",
            (model._meta.db_table, model._meta.db_table),
        )
        ((columns,),) = cursor.fetchall()
    key = "id" if model in tenant_models() else "pgh_id"
    assert columns == ["business_id", key]


def test_every_table_of_ours_belongs_to_businesses_but_these() -> None:
    """A new table without a business has to be thought about."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r'"
            " AND c.relnamespace = 'public'::regnamespace AND NOT EXISTS ("
            "   SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'business_id')"
            " ORDER BY 1"
        )
        tables = [row[0] for row in cursor.fetchall() if row[0].startswith(APPS)]
    assert tables == [
        "businesses_business",
        "businesses_businessevent",
        "businesses_keyuse",
        "staff_user",
        "staff_userevent",
    ]


def test_the_house_has_a_row_of_every_kind() -> None:
    rows = furnish(BusinessFactory())
    assert set(rows) == set(tenant_models())
    assert set(our_models()) - set(rows) == {Business, User}
    for model, row in rows.items():
        assert type(row) is model
