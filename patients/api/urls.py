"""Where the endpoints of patients are."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
