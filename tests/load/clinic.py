"""A large clinic for the benchmark: 50 practitioners, 5,000 patients, 100,000 appointments."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import psycopg

from businesses.hours import DAYS as DAYS_OF_WEEK
from patients.models import Patient
from tests import factories

STAFF, PATIENTS, APPOINTMENTS = 50, 5_000, 100_000
# Half hours from 8 to 20 UTC. The first of every three is booked, on so many days around today.
OPENS, BOOKED_A_DAY, FREE_A_DAY, PITCH = 8, 8, 16, timedelta(minutes=90)
DAYS = APPOINTMENTS // STAFF // BOOKED_A_DAY
DAYS_AHEAD = DAYS - DAYS // 2
AT_A_TIME = 10  # days in one statement, well within its time limit
FREE = (DAYS_AHEAD - 2) * FREE_A_DAY * STAFF


@dataclass(frozen=True)
class Clinic:
    """What a client needs to book in it."""

    business_id: UUID
    service_id: UUID
    staff_ids: list[UUID]
    patient_ids: list[UUID]
    token: str
    first_day: datetime  # the opening of the first day with free times

    def words(self) -> str:
        """The lines that `create.lua` reads."""
        lines = [
            f"service {self.service_id}",
            f"token {self.token}",
            f"opens {int(self.first_day.timestamp())}",
            f"run {datetime.now(UTC):%H%M%S%f}",
            *(f"staff {one}" for one in self.staff_ids),
            *(f"patient {one}" for one in self.patient_ids),
        ]
        return "\n".join(lines) + "\n"


PLANT = """
WITH staff AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS number
    FROM staff_staff WHERE business_id = %(business)s
), patient AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS number
    FROM patients_patient WHERE business_id = %(business)s
), visit AS (
    SELECT gen_random_uuid() AS id, staff.id AS staff_id, patient.id AS patient_id,
        start, start + interval '30 minutes' AS finish, start - interval '20 days' AS made
    FROM generate_series(%(from_day)s, %(to_day)s - 1) AS day,
        generate_series(0, %(a_day)s - 1) AS nth, staff,
        LATERAL (
            SELECT %(first)s + day * interval '1 day' + nth * %(pitch)s
        ) AS s (start),
        LATERAL (SELECT (staff.number * 977 + day * 31 + nth * 7) %% %(patients)s) AS p (number)
    JOIN patient ON patient.number = p.number
), booked AS (
    INSERT INTO appointments_appointment (
        id, created_at, updated_at, business_id, service_id, staff_id, patient_id, location_id,
        starts_at, ends_at, price, currency, status, approved, cancel_reason, overbooked,
        override_reason, patient_timezone, location_type, location_value, payment_provider,
        payment_id, answers, tags, notes, source, link_token)
    SELECT id, made, made, %(business)s, %(service)s, staff_id, patient_id, %(location)s,
        start, finish, 3000, 'eur', 'booked', true, '', false,
        '', 'Europe/Berlin', 'in_person', '', '',
        '', '[]', '{}', '', 'api', replace(gen_random_uuid()::text, '-', '')
    FROM visit
)
INSERT INTO appointments_heldtime (
    id, created_at, updated_at, business_id, appointment_id, staff_id, starts_at, ends_at,
    during, session, place, places, overbooked)
SELECT gen_random_uuid(), made, made, %(business)s, id, staff_id, start, finish,
    tstzrange(start, finish), id, 1, 1, false
FROM visit
"""

# The floor's table: everything of the held time but its foreign keys and triggers.
FLOOR = (
    "CREATE TABLE floor_heldtime (LIKE appointments_heldtime INCLUDING ALL)",
    "GRANT ALL ON floor_heldtime TO PUBLIC",
    "INSERT INTO floor_heldtime SELECT * FROM appointments_heldtime",
)


def plant(
    superuser: str,
    *,
    staff: int = STAFF,
    days: int = DAYS,
    a_day: int = BOOKED_A_DAY,
    pitch: timedelta = PITCH,
) -> Clinic:
    """The clinic; `superuser` is the database's address for one who may switch off triggers.

    Each of `staff` sees `a_day` patients on each of so many `days` around today, a `pitch` apart.
    """
    today = datetime.combine(datetime.now(UTC).date(), time(OPENS), UTC)
    business = factories.BusinessFactory(
        timezone="Europe/Berlin",
        currency="eur",
        default_staff_working_hours={day: [[600, 2300]] for day in DAYS_OF_WEEK},
    )
    location = factories.LocationFactory(business=business, timezone="Europe/Berlin")
    service = factories.ServiceFactory(
        business=business, location=location, location_type="in_person"
    )
    people = factories.StaffFactory.create_batch(staff, business=business)
    patients = Patient.objects.bulk_create(
        factories.PatientFactory.build_batch(PATIENTS, business=business)
    )
    token = factories.api_key(business)
    visits = {
        "business": business.pk,
        "service": service.pk,
        "location": location.pk,
        "a_day": a_day,
        "pitch": pitch,
        "patients": PATIENTS,
        "first": today - timedelta(days=days // 2),
    }
    with psycopg.connect(superuser, autocommit=True) as connection:
        # No triggers and no foreign keys for these rows: a minute less.
        connection.execute("SET session_replication_role = replica")
        for day in range(0, days, AT_A_TIME):
            connection.execute(
                PLANT, visits | {"from_day": day, "to_day": min(day + AT_A_TIME, days)}
            )
        for statement in FLOOR:
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")
    return Clinic(
        business_id=business.pk,
        service_id=service.pk,
        staff_ids=[one.pk for one in people],
        patient_ids=[one.pk for one in patients],
        token=token,
        first_day=today + timedelta(days=2),
    )
