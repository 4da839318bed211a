"""Where the desk's pages are."""

from django.urls import path

from appointments import views
from businesses.api import converters  # noqa: F401  (registers <id:…>)

urlpatterns = [
    path("", views.desk, name="desk"),
    path("<slug:alias>/appointments", views.day_list, name="desk-appointments"),
    path("<slug:alias>/book", views.book_page, name="desk-book"),
    path("<slug:alias>/appointments/<id:pk>", views.detail, name="desk-appointment"),
    path("<slug:alias>/appointments/<id:pk>/approve", views.approval, name="desk-approve"),
    path("<slug:alias>/appointments/<id:pk>/cancel", views.cancellation, name="desk-cancel"),
]
