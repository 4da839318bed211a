from django.db import migrations

TABLES = (
    "staff_staff",
    "staff_management",
    "staff_servicehost",
    "staff_workinghoursschedule",
    "staff_timeblocker",
    "staff_externalevent",
)
REFERENCES = (
    ("staff_management", "manager_id", "staff_staff"),
    ("staff_management", "managed_id", "staff_staff"),
    ("staff_servicehost", "service_id", "businesses_service"),
    ("staff_servicehost", "staff_id", "staff_staff"),
    ("staff_workinghoursschedule", "staff_id", "staff_staff"),
    ("staff_timeblocker", "staff_id", "staff_staff"),
    ("staff_externalevent", "staff_id", "staff_staff"),
)


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_tables"), ("businesses", "0003_tenant_keys")]
    operations = [
        *(
            migrations.RunSQL(
                f"SELECT make_tenant_table('{table}{ending}', '{key}')",
                f"SELECT unmake_tenant_table('{table}{ending}', '{key}')",
            )
            for ending, key in (("", "id"), ("event", "pgh_id"))
            for table in TABLES
        ),
        *(
            migrations.RunSQL(
                f"SELECT refer_within_business('{table}', '{column}', '{target}')",
                f"SELECT unrefer_within_business('{table}', '{column}')",
            )
            for table, column, target in REFERENCES
        ),
    ]
