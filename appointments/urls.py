"""Where the desk's pages are."""

from django.urls import path

from appointments.views import (
    blocking,
    booking,
    days,
    deciding,
    detail,
    patients,
    plan,
    requests,
    search,
    sheets,
    waiting,
    waitlist,
    waitlist_entry,
    walk_in,
)
from businesses.api import converters  # noqa: F401  (registers <id:…>)

urlpatterns = [
    path("", days.desk, name="desk"),
    path("<slug:alias>/day", plan.day_plan, name="desk-day"),
    path("<slug:alias>/day/show", plan.show, name="desk-show"),
    path("<slug:alias>/day/sheet", sheets.day_sheet, name="desk-sheet"),
    path("<slug:alias>/appointments", days.day_list, name="desk-appointments"),
    path("<slug:alias>/requests", requests.requests, name="desk-requests"),
    path("<slug:alias>/waiting", waiting.waiting, name="desk-waiting"),
    path("<slug:alias>/walk-in", walk_in.walk_in, name="desk-walk-in"),
    path("<slug:alias>/blocked", blocking.blocked, name="desk-blocked"),
    path("<slug:alias>/blocked/new", blocking.block, name="desk-block"),
    path("<slug:alias>/blocked/<id:pk>", blocking.blocker, name="desk-blocker"),
    path("<slug:alias>/blocked/<id:pk>/free", blocking.unblocking, name="desk-unblock"),
    path("<slug:alias>/blocked/<id:pk>/again", blocking.blocking_again, name="desk-block-again"),
    path("<slug:alias>/waitlist", waitlist.waitlist, name="desk-waitlist"),
    path("<slug:alias>/waitlist/new", waitlist_entry.new_entry, name="desk-waitlist-new"),
    path(
        "<slug:alias>/appointments/<id:pk>/waitlist",
        waitlist_entry.around,
        name="desk-waitlist-around",
    ),
    path("<slug:alias>/waitlist/<id:pk>", waitlist_entry.entry, name="desk-waitlist-entry"),
    path("<slug:alias>/waitlist/<id:pk>/act", waitlist.act, name="desk-waitlist-act"),
    path("<slug:alias>/book", booking.book_page, name="desk-book"),
    path("<slug:alias>/search", search.search, name="desk-search"),
    path("<slug:alias>/patients", patients.patient_list, name="desk-patients"),
    path("<slug:alias>/patients/<id:pk>", patients.patient_page, name="desk-patient"),
    path("<slug:alias>/patients/<id:pk>/edit", patients.patient_edit, name="desk-patient-edit"),
    path(
        "<slug:alias>/patients/<id:pk>/archive",
        patients.patient_archive,
        name="desk-patient-archive",
    ),
    path("<slug:alias>/appointments/<id:pk>", detail.detail, name="desk-appointment"),
    path("<slug:alias>/appointments/<id:pk>/approve", deciding.approval, name="desk-approve"),
    path("<slug:alias>/appointments/<id:pk>/cancel", deciding.cancellation, name="desk-cancel"),
    path("<slug:alias>/appointments/<id:pk>/step", deciding.step, name="desk-step"),
    path("<slug:alias>/appointments/<id:pk>/move", deciding.move, name="desk-move"),
    path("<slug:alias>/appointments/<id:pk>/undo", deciding.undoing, name="desk-undo"),
]
