"""The floor beneath a booking: Django and one statement, and no rule of the clinic.

A bare view takes the same request as the booking endpoint, inserts the row of held time that the
booking would write, and answers a constant. No middleware, no key, no history, no answer to build.
The row goes into `floor_heldtime`: the columns, checks, indexes and exclusion constraint of the
held time, filled with the same rows, but without its foreign keys and triggers.
"""

import orjson
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from businesses.identifiers import new_id
from config.settings import ALLOWED_HOSTS, DATABASES, SECRET_KEY

if not settings.configured:  # the benchmark itself reads only the statements
    settings.configure(
        ALLOWED_HOSTS=ALLOWED_HOSTS,
        DATABASES=DATABASES,
        MIDDLEWARE=[],
        ROOT_URLCONF=__name__,
        SECRET_KEY=SECRET_KEY,
        USE_TZ=True,
    )

HOLD = """
INSERT INTO floor_heldtime (
    id, created_at, updated_at, business_id, appointment_id, staff_id, starts_at, ends_at,
    during, session, place, places, overbooked)
SELECT %(id)s, now(), now(), %(business)s, %(visit)s, %(staff)s, start, start + length,
    tstzrange(start, start + length), %(visit)s, 1, 1, false
FROM (SELECT %(start)s::timestamptz AS start, %(minutes)s * interval '1 minute' AS length) visit
"""


def hold(request: HttpRequest, business: str) -> HttpResponse:
    sent = orjson.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(
            HOLD,
            {
                "id": new_id(),
                "business": business,
                "visit": new_id(),
                "staff": sent["staffId"],
                "start": sent["date"],
                "minutes": sent["duration"],
            },
        )
    return HttpResponse(b'{"data": {}}', status=201, content_type="application/json")


# The free half hours of everybody, as one statement: the hours of the business's zone less what is
# held, cut into steps of a quarter of an hour from each opening, as the JSON of the answer.
TIMES = """
WITH opened AS (
    SELECT range_agg(tstzrange(
        (day::date + time '07:00') AT TIME ZONE b.timezone,
        (day::date + time '21:00') AT TIME ZONE b.timezone)) AS spans
    FROM businesses_business b, generate_series(
        %(start)s::date - 1, %(end)s::date + 1, interval '1 day') AS day
    WHERE b.id = %(business)s
), free AS (
    SELECT s.id, opened.spans - COALESCE(taken.spans, '{}') AS spans
    FROM opened, staff_staff s, LATERAL (
        SELECT range_agg(h.during) AS spans FROM appointments_heldtime h
        WHERE h.business_id = s.business_id AND h.staff_id = s.id
            AND h.starts_at > %(start)s::timestamptz - interval '48 hours'
            AND h.starts_at < %(end)s::timestamptz + interval '24 hours'
    ) taken
    WHERE s.business_id = %(business)s AND s.status = 'ACTIVE' AND s.takes_bookings
), starts AS (
    SELECT free.id, start
    FROM free, unnest(free.spans) AS span, LATERAL generate_series(
        date_bin('15 minutes', lower(span) + interval '899 seconds', '2000-01-01Z'),
        upper(span) - interval '30 minutes', interval '15 minutes') AS start
    WHERE start >= %(start)s::timestamptz AND start < %(end)s::timestamptz
)
SELECT json_build_object('data', json_agg(
    json_build_object('time', start, 'staffs', staffs) ORDER BY start))::text
FROM (
    SELECT start, json_agg(json_build_object('id', id, 'availableSlots', 1)) AS staffs
    FROM starts GROUP BY start
) AS times
"""


def times(request: HttpRequest, business: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(
            TIMES,
            {
                "business": business,
                "start": request.GET["startDate"],
                "end": request.GET["endDate"],
            },
        )
        (body,) = cursor.fetchone()
    return HttpResponse(body, content_type="application/json")


READ = "SELECT id FROM appointments_appointment WHERE business_id = %s AND id = %s"


def read(request: HttpRequest, business: str, appointment: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(READ, (business, appointment))
        cursor.fetchone()
    return HttpResponse(b'{"data": {}}', content_type="application/json")


# A list of appointments as the JSON of the answer, with the names that cost something to look up.
LIST = """
SELECT json_build_object('data', COALESCE(json_agg(one), '[]'))::text FROM (
    SELECT json_build_object(
        'id', a.id,
        'service', json_build_object('id', s.id, 'name', s.name, 'alias', s.alias),
        'staff', json_build_object('id', st.id, 'name', st.name, 'email', st.email),
        'patient', json_build_object('id', p.id, 'name', p.name, 'email', p.email),
        'location', CASE WHEN l.id IS NOT NULL THEN
            json_build_object('id', l.id, 'name', l.name, 'address', l.address) END,
        'serviceId', a.service_id, 'staffId', a.staff_id, 'staffName', st.name,
        'patientId', a.patient_id,
        'date', to_char(a.starts_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'endDate', to_char(a.ends_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'price', a.price, 'currency', a.currency, 'approved', a.approved, 'status', a.status,
        'patientTimezone', a.patient_timezone, 'locationType', a.location_type,
        'answers', a.answers, 'tags', a.tags, 'notes', a.notes, 'source', a.source) AS one
    FROM appointments_appointment a
    JOIN businesses_service s ON s.business_id = a.business_id AND s.id = a.service_id
    JOIN staff_staff st ON st.business_id = a.business_id AND st.id = a.staff_id
    JOIN patients_patient p ON p.business_id = a.business_id AND p.id = a.patient_id
    LEFT JOIN businesses_location l ON l.business_id = a.business_id AND l.id = a.location_id
    WHERE a.business_id = %s AND a.starts_at >= %s AND a.starts_at < %s
    ORDER BY a.starts_at, a.id LIMIT %s
) AS listed
"""


def listed(request: HttpRequest, business: str) -> HttpResponse:
    asked = request.GET
    with connection.cursor() as cursor:
        values = (business, asked["startDate"], asked["endDate"], int(asked["limit"]))
        cursor.execute(LIST, values)
        (body,) = cursor.fetchone()
    return HttpResponse(body, content_type="application/json")


def appointments(request: HttpRequest, business: str) -> HttpResponse:
    return (listed if request.method == "GET" else hold)(request, business)


urlpatterns = [
    path("v1/businesses/<str:business>/appointments", appointments),
    path("v1/businesses/<str:business>/appointments/<str:appointment>", read),
    path("v1/businesses/<str:business>/times", times),
]
application = get_wsgi_application()
