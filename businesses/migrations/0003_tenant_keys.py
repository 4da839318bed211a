from django.db import migrations

# Two functions that this and later migrations call for each table of tenant data.
#
# make_tenant_table: the primary key becomes (business_id, id), so that the table can be
# distributed by business and a reference into it names the business; `id` alone keeps a plain
# index for look-ups by it.
#
# refer_within_business: a column refers to a row of the same business, or to none.
CREATE = """
CREATE FUNCTION make_tenant_table(it regclass, key text DEFAULT 'id') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'ALTER TABLE %1$s DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I PRIMARY KEY (business_id, %3$I)',
        it, it || '_pkey', key);
    EXECUTE format('CREATE INDEX %I ON %s (%I)', it || '_by_' || key, it, key);
END $$;

CREATE FUNCTION unmake_tenant_table(it regclass, key text DEFAULT 'id') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP INDEX %I', it || '_by_' || key);
    EXECUTE format(
        'ALTER TABLE %1$s DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I PRIMARY KEY (%3$I)',
        it, it || '_pkey', key);
END $$;

CREATE FUNCTION refer_within_business(it regclass, col text, target regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (business_id, %I) REFERENCES %s (business_id, id)',
        it, it || '_' || col || '_same_business', col, target);
END $$;

CREATE FUNCTION unrefer_within_business(it regclass, col text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', it, it || '_' || col || '_same_business');
END $$;
"""
DROP = """
DROP FUNCTION make_tenant_table(regclass, text);
DROP FUNCTION unmake_tenant_table(regclass, text);
DROP FUNCTION refer_within_business(regclass, text, regclass);
DROP FUNCTION unrefer_within_business(regclass, text);
"""
TABLES = (
    "businesses_location",
    "businesses_servicecategory",
    "businesses_service",
    "businesses_serviceincategory",
    "businesses_serviceduration",
    "businesses_bookingquestion",
    "businesses_apikey",
    "businesses_idempotentanswer",
)
HISTORY = tuple(f"{table}event" for table in TABLES[:-1])
REFERENCES = (
    ("businesses_service", "location_id", "businesses_location"),
    ("businesses_serviceincategory", "service_id", "businesses_service"),
    ("businesses_serviceincategory", "category_id", "businesses_servicecategory"),
    ("businesses_serviceduration", "service_id", "businesses_service"),
    ("businesses_bookingquestion", "service_id", "businesses_service"),
)


class Migration(migrations.Migration):
    dependencies = [("businesses", "0002_tables")]
    operations = [
        migrations.RunSQL(CREATE, DROP),
        *(
            migrations.RunSQL(
                f"SELECT make_tenant_table('{table}', '{key}')",
                f"SELECT unmake_tenant_table('{table}', '{key}')",
            )
            for tables, key in ((TABLES, "id"), (HISTORY, "pgh_id"))
            for table in tables
        ),
        *(
            migrations.RunSQL(
                f"SELECT refer_within_business('{table}', '{column}', '{target}')",
                f"SELECT unrefer_within_business('{table}', '{column}')",
            )
            for table, column, target in REFERENCES
        ),
    ]
