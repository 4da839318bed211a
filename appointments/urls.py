"""Where the desk's pages are."""

from django.urls import URLPattern, path

from appointments.views import desk

urlpatterns: list[URLPattern] = [path("", desk, name="desk")]
