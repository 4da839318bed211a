"""Where the endpoints of staff are."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
