"""Logging in and out, and passwords; and the set-up of a clinic."""

from django.contrib.auth import views
from django.urls import path

from businesses.api import converters  # noqa: F401  (registers <id:…>)
from staff.forms.signing_in import ForgottenForm
from staff.views import (
    clinic,
    closures,
    first_run,
    hours,
    keys,
    locations,
    overview,
    people,
    rooms,
    services,
    signing_in,
    webhooks,
)

urlpatterns = [
    path("desk/start", first_run.first_clinic, name="desk-start"),
    path("login", signing_in.SignIn.as_view(), name="login"),
    path("language", signing_in.choose_language, name="language"),
    path("logout", signing_in.SignOut.as_view(), name="logout"),
    path("password/change", views.PasswordChangeView.as_view(), name="password_change"),
    path(
        "password/change/done",
        views.PasswordChangeDoneView.as_view(),
        name="password_change_done",
    ),
    path(
        "password/reset",
        views.PasswordResetView.as_view(
            form_class=ForgottenForm,
            email_template_name="registration/password_reset_email.txt",
        ),
        name="password_reset",
    ),
    path("password/reset/done", views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password/reset/<uidb64>/<token>",
        views.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password/reset/complete",
        views.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
]

# Under desk/<alias>/.
setup = [
    path("start/person", first_run.first_person, name="desk-start-person"),
    path("start/service", first_run.first_service, name="desk-start-service"),
    path("start/done", first_run.done, name="desk-start-done"),
    path("setup", overview.overview, name="desk-setup"),
    path("setup/clinic", clinic.clinic, name="desk-setup-clinic"),
    path("setup/hours", hours.clinic_hours, name="desk-setup-hours"),
    path("setup/staff", people.people, name="desk-setup-staff"),
    path("setup/staff/new", people.new_person, name="desk-setup-new-person"),
    path("setup/staff/<id:pk>", people.person, name="desk-setup-person"),
    path("setup/staff/<id:pk>/login", people.person_login, name="desk-setup-login"),
    path("setup/staff/<id:pk>/status", people.person_status, name="desk-setup-status"),
    path("setup/staff/<id:pk>/hours", hours.staff_hours, name="desk-setup-staff-hours"),
    path("setup/staff/<id:pk>/schedules/new", hours.schedule, name="desk-setup-new-schedule"),
    path(
        "setup/staff/<id:pk>/schedules/<id:schedule_pk>",
        hours.schedule,
        name="desk-setup-schedule",
    ),
    path(
        "setup/staff/<id:pk>/schedules/<id:schedule_pk>/remove",
        hours.remove_schedule,
        name="desk-setup-remove-schedule",
    ),
    path("setup/closures", closures.closures, name="desk-setup-closures"),
    path("setup/closures/new", closures.closure, name="desk-setup-new-closure"),
    path("setup/closures/holidays", closures.holidays, name="desk-setup-holidays"),
    path("setup/closures/<id:pk>", closures.closure, name="desk-setup-closure"),
    path(
        "setup/closures/<id:pk>/remove", closures.remove_closure, name="desk-setup-remove-closure"
    ),
    path("setup/rooms", rooms.rooms, name="desk-setup-rooms"),
    path("setup/rooms/new", rooms.room, name="desk-setup-new-room"),
    path("setup/rooms/<id:pk>", rooms.room, name="desk-setup-room"),
    path("setup/rooms/<id:pk>/remove", rooms.remove_room, name="desk-setup-remove-room"),
    path("setup/locations", locations.locations, name="desk-setup-locations"),
    path("setup/locations/new", locations.location, name="desk-setup-new-location"),
    path("setup/locations/<id:pk>", locations.location, name="desk-setup-location"),
    path("setup/locations/<id:pk>/remove", locations.remove, name="desk-setup-remove-location"),
    path("setup/locations/<id:pk>/restore", locations.restore, name="desk-setup-restore-location"),
    path("setup/services", services.services, name="desk-setup-services"),
    path("setup/services/new", services.service, name="desk-setup-new-service"),
    path("setup/services/<id:pk>", services.service, name="desk-setup-service"),
    path(
        "setup/services/<id:pk>/delete",
        services.delete_service,
        name="desk-setup-delete-service",
    ),
    path("setup/keys", keys.keys, name="desk-setup-keys"),
    path("setup/keys/new", keys.new_key, name="desk-setup-new-key"),
    path("setup/keys/<id:pk>/revoke", keys.revoke, name="desk-setup-revoke-key"),
    path("setup/webhooks", webhooks.webhooks, name="desk-setup-webhooks"),
    path("setup/webhooks/new", webhooks.new_webhook, name="desk-setup-new-webhook"),
    path("setup/webhooks/<id:pk>", webhooks.webhook, name="desk-setup-webhook"),
    path("setup/webhooks/<id:pk>/secret", webhooks.new_secret, name="desk-setup-webhook-secret"),
    path("setup/webhooks/<id:pk>/test", webhooks.test, name="desk-setup-test-webhook"),
    path("setup/webhooks/<id:pk>/replay", webhooks.replay_dead, name="desk-setup-replay-webhook"),
    path(
        "setup/webhooks/<id:pk>/deliveries/<id:delivery_pk>/replay",
        webhooks.replay_one,
        name="desk-setup-replay-delivery",
    ),
    path(
        "setup/webhooks/<id:pk>/remove",
        webhooks.remove_webhook,
        name="desk-setup-remove-webhook",
    ),
]
