from django.db import migrations

# The rows of the history of which the change feed tells, and what they are found by.
TABLES = {
    "businesses_businessevent": "pgh_obj_id",
    **dict.fromkeys(
        (
            "businesses_locationevent",
            "businesses_servicecategoryevent",
            "businesses_serviceevent",
            "businesses_servicedurationevent",
            "businesses_serviceincategoryevent",
            "businesses_bookingquestionevent",
            "businesses_resourceneedevent",
            "staff_servicehostevent",
            "businesses_resourceevent",
            "businesses_closureevent",
            "staff_staffevent",
            "staff_managementevent",
            "staff_workinghoursscheduleevent",
            "staff_timeblockerevent",
            "staff_externaleventevent",
            "patients_patientevent",
            "appointments_appointmentevent",
            "appointments_additionalhostevent",
            "appointments_seriesevent",
        ),
        "business_id",
    ),
}


# In which transaction a row was written: its number grows, and can be held against those that
# still run. What was there before has 0. Nobody looks for a row of the history by its number
# alone, so the index by it makes room for the new one, and a booking writes as many as before.
def forwards(table: str, owner: str) -> str:
    statements = [
        f"ALTER TABLE {table} ADD COLUMN xid xid8 NOT NULL DEFAULT '0'",
        f"ALTER TABLE {table} ALTER COLUMN xid SET DEFAULT pg_current_xact_id()",
        f"CREATE INDEX {table}_feed ON {table} ({owner}, xid, pgh_id)",
    ]
    if owner == "business_id":
        statements.append(f"DROP INDEX {table}_by_pgh_id")
    return ";".join(statements)


def backwards(table: str, owner: str) -> str:
    statements = [f"DROP INDEX {table}_feed", f"ALTER TABLE {table} DROP COLUMN xid"]
    if owner == "business_id":
        statements.append(f"CREATE INDEX {table}_by_pgh_id ON {table} (pgh_id)")
    return ";".join(statements)


class Migration(migrations.Migration):
    dependencies = [
        ("appointments", "0006_held_right_in_itself"),
        ("businesses", "0006_api_columns"),
        ("staff", "0003_repeated_blockers"),
        ("patients", "0003_tenant_keys"),
    ]

    operations = [
        migrations.RunSQL(forwards(table, owner), backwards(table, owner))
        for table, owner in TABLES.items()
    ]
