"""Where everything is."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from appointments.api import urls as appointments_api
from businesses.api import urls as businesses_api
from config.views import api_docs, openapi, root
from patients.api import urls as patients_api
from staff.api import urls as staff_api
from staff.urls import setup

handler404 = "config.views.not_found"

# Patterns are tried in turn: what is asked for most comes first.
api = [
    *appointments_api.urlpatterns,
    *staff_api.urlpatterns,
    *patients_api.urlpatterns,
    *businesses_api.urlpatterns,
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", root, name="root"),
    path("v1/openapi.json", openapi, name="openapi"),
    path("v1/docs", api_docs, name="api-docs"),
    path("v1/", include((api, "v1"))),
    path("", include((api, "api"))),
    path("", include("staff.urls")),
    path("desk/", include("appointments.urls")),
    path("desk/<slug:alias>/", include(setup)),
    path("admin/", admin.site.urls),
    path("", include("appointments.links_urls")),
]
