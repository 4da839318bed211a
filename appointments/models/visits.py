"""Visits, the series and the group timeslots that they are in, and who hosts them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from appointments.models.guards import held_in_full
from appointments.querysets import AppointmentQuerySet
from businesses.fields import ZoneField
from businesses.models import (
    Location,
    Service,
    TenantModel,
    business_of_its_references,
    reference,
)
from patients.models import Patient
from staff.models import Staff

DAY = timedelta(days=1)


class Status(models.TextChoices):
    REQUESTED = "requested", _("Requested")
    BOOKED = "booked", _("Booked")
    ARRIVED = "arrived", _("Arrived")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    NO_SHOW = "no_show", _("No-show")
    CANCELLED = "cancelled", _("Cancelled")


class Source(models.TextChoices):
    API = "api", _("Other software")
    DESK = "desk", _("Front desk")
    ADMIN = "admin", _("Admin")
    PATIENT = "patient", _("Patient")


@pghistory.track()
class GroupSlot(TenantModel):
    """One timeslot of one host that several patients share: a class, a group session."""

    service = reference(Service, related_name="+", verbose_name=_("service"))
    staff = reference(Staff, related_name="+", verbose_name=_("host"))
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    places = models.PositiveIntegerField(_("places"))

    class Meta:
        verbose_name = _("group timeslot")
        verbose_name_plural = _("group timeslots")
        ordering = ("starts_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "service", "staff", "starts_at", "ends_at"),
                name="group_slot_is_unique",
            ),
            # What a held place refers to, so that its bound is this row's and nobody else's.
            models.UniqueConstraint(
                fields=("business", "id", "places"), name="group_slot_and_places"
            ),
            # What an appointment refers to, so that it sits in a timeslot of its own service, host
            # and time and in no other.
            models.UniqueConstraint(
                fields=("business", "id", "service", "staff", "starts_at", "ends_at"),
                name="group_slot_and_time",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="group_slot_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(places__gte=1), name="group_slot_has_a_place"),
        )

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"


@pghistory.track()
class Series(TenantModel):
    """What repeated appointments have in common: the rule, and the wall clock it is read by."""

    rrule = models.CharField(_("recurrence rule"), max_length=500)
    timezone = ZoneField(_("time zone"))
    starts_at = models.DateTimeField(_("first start"))
    dates = models.PositiveIntegerField(
        _("dates"), help_text=_("How many dates the rule has, those that were skipped included.")
    )

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(dates__gte=1, dates__lte=104), name="series_is_of_bounded_length"
            ),
        )

    def __str__(self) -> str:
        return self.rrule


@pghistory.track()
class Appointment(TenantModel):
    """A visit: who is seen by whom, for what, when and where, at which price.

    Written by the commands in `appointments.booking` alone.
    """

    business = business_of_its_references()
    service = reference(Service, related_name="appointments", verbose_name=_("service"))
    staff = reference(Staff, related_name="appointments", verbose_name=_("staff member"))
    patient = reference(Patient, related_name="appointments", verbose_name=_("patient"))
    location = reference(
        Location, null=True, blank=True, related_name="appointments", verbose_name=_("location")
    )
    group_slot = reference(
        GroupSlot,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("group timeslot"),
    )
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    original_starts_at = models.DateTimeField(_("first start"), null=True, blank=True)
    price = models.PositiveIntegerField(_("price"))
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices)
    status_before = models.CharField(
        _("status before the last step"),
        max_length=20,
        choices=Status.choices,
        blank=True,
        db_default="",
    )
    approved = models.BooleanField(_("approved"))
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancel_reason = models.CharField(_("why cancelled"), max_length=500, blank=True, default="")
    cancelled_by = models.CharField(_("who cancelled"), max_length=200, blank=True, db_default="")
    overbooked = models.BooleanField(_("overbooked"), default=False)
    override_reason = models.CharField(_("why overridden"), max_length=500, blank=True, default="")
    patient_timezone = ZoneField(_("patient's time zone"), blank=True, default="")
    location_type = models.CharField(_("location type"), max_length=50, blank=True, default="")
    location_value = models.CharField(
        _("address, number or link"), max_length=500, blank=True, default=""
    )
    payment_provider = models.CharField(
        _("payment provider"), max_length=50, blank=True, default=""
    )
    payment_id = models.CharField(_("payment id"), max_length=200, blank=True, default="")
    answers = models.JSONField(_("answers"), default=list, blank=True)
    tags = ArrayField(
        models.CharField(max_length=50), default=list, blank=True, verbose_name=_("tags")
    )
    notes = models.TextField(_("notes"), blank=True, default="")
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    link_token = models.CharField(_("link token"), max_length=32, editable=False)
    series = reference(
        Series, null=True, blank=True, related_name="appointments", verbose_name=_("series")
    )
    series_number = models.PositiveIntegerField(
        _("number in its series"), null=True, blank=True, help_text=_("1 for the first date.")
    )
    series_exception = models.BooleanField(
        _("exception in its series"),
        db_default=False,
        help_text=_("Was changed by itself, and stays as it is when the others are changed."),
    )
    additional_staff = models.ManyToManyField(
        Staff,
        through="AdditionalHost",
        related_name="joined_appointments",
        verbose_name=_("additional staff"),
    )

    objects: ClassVar[Any] = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="appointment_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.CANCELLED, cancelled_at__isnull=False)
                | (~Q(status=Status.CANCELLED) & Q(cancelled_at__isnull=True)),
                name="appointment_cancelled_has_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.REQUESTED, approved=False)
                | Q(status=Status.CANCELLED)
                | (~Q(status__in=(Status.REQUESTED, Status.CANCELLED)) & Q(approved=True)),
                name="appointment_request_is_unapproved",
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="appointment_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(series__isnull=True, series_number__isnull=True, series_exception=False)
                | Q(series__isnull=False, series_number__gte=1),
                name="appointment_in_a_series_has_a_number",
            ),
            models.UniqueConstraint(
                fields=("business", "series", "series_number"),
                condition=Q(series__isnull=False),
                name="appointment_is_once_in_its_series",
            ),
        )
        indexes = (
            # Lists and day pages: everything of a business from one moment to another.
            models.Index(fields=("business", "starts_at", "id"), name="appointments_by_start"),
            # One person's visits: the filter of the list, and their week.
            models.Index(fields=("business", "staff", "starts_at"), name="appointments_of_staff"),
            # A patient's visits; the patient's page and the filter of the list.
            models.Index(
                fields=("business", "patient", "starts_at"), name="appointments_of_patient"
            ),
            # What waits for approval, in the list and in the numbers: a few rows of very many.
            models.Index(
                fields=("business", "starts_at"),
                condition=Q(approved=False, cancelled_at__isnull=True),
                name="appointments_requested",
            ),
        )
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            held_in_full(pgtrigger.Insert, pgtrigger.Update)
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def duration(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def cancelled(self) -> bool:
        return self.cancelled_at is not None


@pghistory.track()
class AdditionalHost(TenantModel):
    """That somebody hosts an appointment besides its main host."""

    appointment = reference(
        Appointment, models.CASCADE, related_name="additional_hosts", verbose_name=_("appointment")
    )
    staff = reference(Staff, related_name="+", verbose_name=_("staff member"))

    class Meta:
        verbose_name = _("additional host")
        verbose_name_plural = _("additional hosts")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "appointment", "staff"), name="additional_host_is_once"
            ),
        )
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            held_in_full(pgtrigger.Insert, pgtrigger.Update, pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return str(self.staff_id)


@pghistory.track()
class Assignment(TenantModel):
    """Why an appointment that named nobody went to its staff member. Written once."""

    appointment = reference(
        Appointment, models.CASCADE, related_name="assignments", verbose_name=_("appointment")
    )
    staff = reference(Staff, related_name="+", verbose_name=_("staff member"))
    rule = models.CharField(_("rule that decided"), max_length=20)
    candidates = models.JSONField(
        _("candidates"), help_text=_("Everybody who could take it, with their booked minutes.")
    )

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "appointment"), name="appointment_is_assigned_once"
            ),
        )

    def __str__(self) -> str:
        return self.rule
