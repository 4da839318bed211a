"""Where everything is."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from appointments.api import urls as appointments_api
from config.views import root

handler404 = "config.views.not_found"

api = [path("", include(appointments_api))]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", root, name="root"),
    path("v1/", include((api, "v1"))),
    path("", include((api, "api"))),
    path("", include("staff.urls")),
    path("desk/", include("appointments.urls")),
    path("admin/", admin.site.urls),
]
