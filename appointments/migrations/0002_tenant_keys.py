from django.db import migrations

TABLES = (
    "appointments_groupslot",
    "appointments_appointment",
    "appointments_additionalhost",
    "appointments_heldtime",
)
REFERENCES = (
    ("appointments_groupslot", "service_id", "businesses_service"),
    ("appointments_groupslot", "staff_id", "staff_staff"),
    ("appointments_appointment", "service_id", "businesses_service"),
    ("appointments_appointment", "staff_id", "staff_staff"),
    ("appointments_appointment", "patient_id", "patients_patient"),
    ("appointments_appointment", "location_id", "businesses_location"),
    ("appointments_appointment", "group_slot_id", "appointments_groupslot"),
    ("appointments_additionalhost", "appointment_id", "appointments_appointment"),
    ("appointments_additionalhost", "staff_id", "staff_staff"),
    ("appointments_heldtime", "appointment_id", "appointments_appointment"),
    ("appointments_heldtime", "staff_id", "staff_staff"),
)

# How many places a held row may count is its timeslot's word, not the row's own: growing the
# timeslot carries over to the rows, and a row that claims more than there are is refused.
PLACES = """
ALTER TABLE appointments_heldtime ADD CONSTRAINT held_place_bound
FOREIGN KEY (business_id, group_slot_id, places)
REFERENCES appointments_groupslot (business_id, id, places) ON UPDATE CASCADE
"""


class Migration(migrations.Migration):
    dependencies = [("appointments", "0001_tables"), ("patients", "0003_tenant_keys")]
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
        migrations.RunSQL(
            PLACES, "ALTER TABLE appointments_heldtime DROP CONSTRAINT held_place_bound"
        ),
    ]
