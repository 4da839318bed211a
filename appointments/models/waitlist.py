"""Who would like a time that is taken, and which."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.models.visits import Appointment
from appointments.querysets import WaitlistQuerySet
from businesses.models import Service, TenantModel, business_of_its_references, reference
from businesses.zones import FIRST_YEAR, LAST_YEAR
from patients.models import Patient

FIRST, LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)


class Urgency(models.IntegerChoices):
    """How soon somebody has to be seen; the first number goes first."""

    URGENT = 1, pgettext_lazy("urgency of the waitlist", "Urgent")
    SOON = 2, pgettext_lazy("urgency of the waitlist", "Soon")
    ROUTINE = 3, pgettext_lazy("urgency of the waitlist", "Routine")


class EntryStatus(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("status on the waitlist", "Waiting")
    OFFERED = "offered", pgettext_lazy("status on the waitlist", "Offered")
    BOOKED = "booked", pgettext_lazy("status on the waitlist", "Booked")
    WITHDRAWN = "withdrawn", pgettext_lazy("status on the waitlist", "Taken off")


@pghistory.track()
class WaitlistEntry(TenantModel):
    """A patient's wish for a visit: what, with whom and when it would suit.

    It is never told to be expired: it is once `last_day` has passed. With `instead_of` the patient
    has a visit already and would like it earlier: booking the entry moves that one.
    """

    business = business_of_its_references()
    patient = reference(Patient, related_name="waitlist", verbose_name=_("patient"))
    service = reference(Service, related_name="+", verbose_name=_("service"))
    minutes = models.PositiveIntegerField(_("length in minutes"))
    # Those who were wished for, not a table of wishes: nothing else refers to them, and a person
    # who is gone is never free.
    staff_ids = ArrayField(
        models.UUIDField(),
        default=list,
        blank=True,
        verbose_name=_("with"),
        help_text=_("Any of these; empty: anyone who provides the service."),
    )
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"), null=True, blank=True)
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        verbose_name=_("days of the week"),
        help_text=_("1 is Monday; empty: any."),
    )
    not_before = models.TimeField(_("starts at the earliest"), null=True, blank=True)
    not_after = models.TimeField(_("starts before"), null=True, blank=True)
    notice_hours = models.PositiveSmallIntegerField(_("notice that is needed, in hours"), default=0)
    urgency = models.PositiveSmallIntegerField(
        _("urgency"), choices=Urgency.choices, default=Urgency.ROUTINE
    )
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    status = models.CharField(
        _("status"), max_length=10, choices=EntryStatus.choices, default=EntryStatus.WAITING
    )
    offered_time = models.DateTimeField(_("offered time"), null=True, blank=True)
    tried_at = models.DateTimeField(_("last tried to reach"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("times tried to reach"), default=0)
    created_by = models.CharField(_("who put it on the list"), max_length=200, blank=True)
    appointment = reference(
        Appointment, null=True, blank=True, related_name="+", verbose_name=_("appointment")
    )
    instead_of = reference(
        Appointment, null=True, blank=True, related_name="+", verbose_name=_("instead of")
    )

    objects: ClassVar[Any] = WaitlistQuerySet.as_manager()

    class Meta:
        verbose_name = _("waitlist entry")
        verbose_name_plural = _("waitlist entries")
        ordering = ("urgency", "created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=EntryStatus.values), name="waitlist_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status=EntryStatus.BOOKED, appointment__isnull=False)
                | (~Q(status=EntryStatus.BOOKED) & Q(appointment__isnull=True)),
                name="waitlist_booked_has_an_appointment",
            ),
            models.CheckConstraint(
                condition=Q(status=EntryStatus.OFFERED, offered_time__isnull=False)
                | (~Q(status=EntryStatus.OFFERED) & Q(offered_time__isnull=True)),
                name="waitlist_offered_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=F("first_day")),
                name="waitlist_days_are_in_order",
            ),
            # Reckoning with a time that is further away fails in Python.
            models.CheckConstraint(
                condition=Q(first_day__gt=FIRST, first_day__lt=LAST)
                & (Q(last_day__isnull=True) | Q(last_day__lt=LAST)),
                name="waitlist_days_are_near",
            ),
            models.CheckConstraint(
                condition=Q(offered_time__isnull=True)
                | Q(offered_time__gt=datetime.combine(FIRST, time(), UTC))
                & Q(offered_time__lt=datetime.combine(LAST, time(), UTC)),
                name="waitlist_offered_time_is_near",
            ),
            models.CheckConstraint(
                condition=Q(not_before__isnull=True)
                | Q(not_after__isnull=True)
                | Q(not_after__gt=F("not_before")),
                name="waitlist_times_are_in_order",
            ),
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]),
                name="waitlist_weekdays_are_known",
            ),
            models.CheckConstraint(
                condition=Q(urgency__in=Urgency.values), name="waitlist_urgency_is_known"
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="waitlist_visit_has_a_length"),
            models.UniqueConstraint(
                fields=("business", "instead_of"),
                condition=Q(
                    instead_of__isnull=False,
                    status__in=(EntryStatus.WAITING, EntryStatus.OFFERED),
                ),
                name="waitlist_has_a_visit_once",
            ),
        )
        indexes = (
            # Who waits, most pressing first: the list, and whom a freed time fits.
            models.Index(
                fields=("business", "urgency", "created_at"),
                condition=Q(status__in=(EntryStatus.WAITING, EntryStatus.OFFERED)),
                name="waitlist_by_urgency",
            ),
            # What a patient waits for.
            models.Index(fields=("business", "patient"), name="waitlist_of_patient"),
            # From which entry an appointment was booked.
            models.Index(
                fields=("business", "appointment"),
                condition=Q(appointment__isnull=False),
                name="waitlist_of_appointment",
            ),
        )

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.status in (EntryStatus.WAITING, EntryStatus.OFFERED)

    def is_over(self, today: date) -> bool:
        """Whether the last day that suits has passed."""
        return self.last_day is not None and self.last_day < today
