"""The time that appointments hold: of people, and of rooms and devices."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from appointments.models.guards import held_in_full, time_is_held
from appointments.models.visits import Appointment, GroupSlot
from businesses.models import Resource, TenantModel, business_of_its_references, reference
from staff.models import Staff

DAY = timedelta(days=1)


@pghistory.track()
class HeldTime(TenantModel):
    """Time of one person that one appointment holds, buffers included.

    Rows of one person never overlap, unless they share a `session` (the places of a group
    timeslot) or were overbooked on purpose. The database refuses everything else.
    """

    business = business_of_its_references()
    appointment = reference(
        Appointment, models.CASCADE, related_name="held_time", verbose_name=_("appointment")
    )
    staff = reference(Staff, related_name="held_time", verbose_name=_("staff member"))
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    during = DateTimeRangeField(_("held"))
    session = models.UUIDField(_("session"))
    group_slot = reference(
        GroupSlot, null=True, blank=True, related_name="held_time", verbose_name=_("group timeslot")
    )
    place = models.PositiveIntegerField(_("place"), default=1)
    places = models.PositiveIntegerField(_("places"), default=1)
    overbooked = models.BooleanField(_("overbooked"), default=False)

    class Meta:
        verbose_name = _("held time")
        verbose_name_plural = _("held time")
        ordering = ("starts_at", "id")
        constraints = (
            ExclusionConstraint(
                name="held_time_does_not_overlap",
                expressions=(
                    ("staff", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                    ("session", RangeOperators.NOT_EQUAL),
                    ("business", RangeOperators.EQUAL),
                ),
                condition=Q(overbooked=False),
            ),
            models.UniqueConstraint(
                fields=("business", "appointment", "staff"), name="held_time_is_once"
            ),
            models.UniqueConstraint(
                fields=("business", "session", "staff", "place"),
                condition=Q(group_slot__isnull=False),
                name="group_place_is_taken_once",
            ),
            *time_is_held("held_time"),
            models.CheckConstraint(
                condition=Q(group_slot__isnull=False, session=F("group_slot"))
                | Q(group_slot__isnull=True, session=F("appointment"), place=1, places=1),
                name="held_time_session_is_known",
            ),
            models.CheckConstraint(
                condition=Q(place__gte=1, place__lte=F("places")),
                name="held_place_is_within_places",
            ),
        )
        indexes = (
            # What somebody holds in a span of time, and how busy that makes them.
            models.Index(fields=("business", "staff", "starts_at"), name="held_time_of_staff"),
            # Who was assigned longest ago, among people who are equally busy.
            models.Index(fields=("business", "staff", "created_at"), name="held_time_by_booking"),
        )
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            held_in_full(pgtrigger.Insert, pgtrigger.Update, pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} UTC"


@pghistory.track()
class HeldResource(TenantModel):
    """Time of one room or device that one appointment holds, buffers included.

    Rows of one resource never overlap, unless they share a `session`: the visits of one group
    timeslot are in one room. The database refuses everything else.
    """

    business = business_of_its_references()
    appointment = reference(
        Appointment, models.CASCADE, related_name="held_resources", verbose_name=_("appointment")
    )
    resource = reference(Resource, related_name="held_time", verbose_name=_("room or device"))
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    during = DateTimeRangeField(_("held"))
    session = models.UUIDField(_("session"))
    group_slot = reference(
        GroupSlot,
        null=True,
        blank=True,
        related_name="held_resources",
        verbose_name=_("group timeslot"),
    )

    class Meta:
        verbose_name = _("held room or device")
        verbose_name_plural = _("held rooms and devices")
        ordering = ("starts_at", "id")
        constraints = (
            ExclusionConstraint(
                name="held_resource_does_not_overlap",
                expressions=(
                    ("resource", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                    ("session", RangeOperators.NOT_EQUAL),
                    ("business", RangeOperators.EQUAL),
                ),
            ),
            models.UniqueConstraint(
                fields=("business", "appointment", "resource"), name="held_resource_is_once"
            ),
            *time_is_held("held_resource"),
            models.CheckConstraint(
                condition=Q(group_slot__isnull=False, session=F("group_slot"))
                | Q(group_slot__isnull=True, session=F("appointment")),
                name="held_resource_session_is_known",
            ),
        )
        indexes = (
            # What is held of a room in a span of time.
            models.Index(
                fields=("business", "resource", "starts_at"), name="held_time_of_resource"
            ),
        )
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            held_in_full(pgtrigger.Insert, pgtrigger.Update, pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} UTC"
