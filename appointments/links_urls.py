"""Where patients' pages are: below the name of their clinic, after everything else of the site."""

from django.urls import path

from appointments.views import links, public
from businesses.api import converters  # noqa: F401  (registers <id:…>)

urlpatterns = [
    path("<slug:alias>/appointments/<id:pk>/reschedule", links.reschedule, name="link-reschedule"),
    path("<slug:alias>/appointments/<id:pk>/cancel", links.cancellation, name="link-cancel"),
    path("<slug:alias>/appointments/<id:pk>/appointment.ics", links.calendar, name="link-calendar"),
    *(
        path(f"<slug:alias>/{word}/<id:pk>", public.booking, {"word": word}, name=f"booking-{word}")
        for word in ("services", "categories", "staff")
    ),
]
