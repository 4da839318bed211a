from django.db import migrations

TABLES = ("patients_patient",)
REFERENCES = (("patients_patient", "primary_staff_id", "staff_staff"),)


class Migration(migrations.Migration):
    dependencies = [("patients", "0002_tables"), ("staff", "0002_tenant_keys")]
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
