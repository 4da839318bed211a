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


urlpatterns = [path("v1/businesses/<str:business>/appointments", hold)]
application = get_wsgi_application()
