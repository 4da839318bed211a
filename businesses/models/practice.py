"""A clinic, where it is, and what every row that belongs to it is made of."""

from __future__ import annotations

from typing import Any, ClassVar

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from businesses.fields import (
    AliasField,
    CurrencyField,
    HoursField,
    IdField,
    ZoneField,
    is_not_reserved,
)
from businesses.hours import nine_to_five
from businesses.querysets import BusinessQuerySet, TenantQuerySet

DAY = 24 * 60


class Dated(models.Model):
    """A row with an identifier and the moments at which it was made and last changed."""

    id = IdField()
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True


@pghistory.track()
class Business(Dated):
    """A clinic: the root of everything that belongs to it."""

    alias = AliasField(
        _("alias"),
        validators=[is_not_reserved],
        help_text=_("The short name in web addresses, such as riverside."),
    )
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), max_length=254)
    logo_url = models.URLField(_("logo address"), max_length=500, blank=True, default="")
    enabled = models.BooleanField(
        _("takes bookings"), default=True, help_text=_("Off: nothing can be booked at all.")
    )
    timezone = ZoneField(_("time zone"), default="UTC")
    currency = CurrencyField(
        _("currency"),
        default="usd",
    )
    default_staff_working_hours = HoursField(
        _("default working hours"),
        null=True,
        blank=True,
        default=nine_to_five,
        help_text=_("For staff without hours of their own. Empty: closed."),
    )
    lead_time = models.PositiveIntegerField(
        _("lead time"),
        default=0,
        help_text=_("Minutes before the start until which patients may book."),
    )
    cancel_lead_time = models.PositiveIntegerField(
        _("cancel lead time"),
        default=0,
        help_text=_("Minutes before the start until which patients may cancel or move."),
    )
    time_increment = models.PositiveIntegerField(
        _("step"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(DAY)],
        help_text=_("Minutes between offered start times."),
    )
    availability_limit_days = models.PositiveIntegerField(
        _("horizon"),
        default=365,
        validators=[MinValueValidator(1)],
        help_text=_("Days ahead that patients may book."),
    )
    buffer_before_minutes = models.PositiveIntegerField(
        _("buffer before"), default=0, validators=[MaxValueValidator(DAY)]
    )
    buffer_after_minutes = models.PositiveIntegerField(
        _("buffer after"), default=0, validators=[MaxValueValidator(DAY)]
    )

    objects: ClassVar[Any] = BusinessQuerySet.as_manager()

    class Meta:
        verbose_name = _("business")
        verbose_name_plural = _("businesses")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(Lower("alias"), name="business_alias_is_unique"),
            models.CheckConstraint(
                condition=Q(buffer_before_minutes__lte=DAY, buffer_after_minutes__lte=DAY),
                name="business_buffers_fit_a_day",
            ),
        )

    def __str__(self) -> str:
        return self.name


class TenantModel(Dated):
    """A row that belongs to a business.

    In the database the primary key is (business, id), and references between rows of a
    business are composite foreign keys, so that a row can never point into another business.
    """

    business = models.ForeignKey(
        Business,
        models.PROTECT,
        db_index=False,  # the primary key begins with it
        related_name="%(class)s",
        verbose_name=_("business"),
    )

    objects: ClassVar[Any] = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


def business_of_its_references() -> Any:
    """The business of a row whose references prove by themselves that the business exists."""
    return models.ForeignKey(
        Business,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="%(class)s",
        verbose_name=_("business"),
    )


def reference(to: Any, on_delete: Any = models.PROTECT, **options: Any) -> Any:
    """A foreign key within a business; a migration adds its (business, …) constraint.

    It brings no index of its own: what is looked up by it has one that begins with the business.
    """
    return models.ForeignKey(to, on_delete, db_constraint=False, db_index=False, **options)


def archived() -> Any:
    """When a row was put away that others still refer to; empty for one that is in use."""
    return models.DateTimeField(_("archived"), null=True, blank=True, editable=False)


@pghistory.track()
class Location(TenantModel):
    """A place where patients are seen."""

    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    instructions = models.TextField(_("instructions"), blank=True, default="")
    address = models.CharField(_("address"), max_length=500, blank=True, default="")
    lat = models.FloatField(
        _("latitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    lng = models.FloatField(
        _("longitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    phone = models.CharField(_("phone"), max_length=50, blank=True, default="")
    email = models.EmailField(_("e-mail"), max_length=254, blank=True, default="")
    picture_url = models.URLField(_("picture address"), max_length=500, blank=True, default="")
    timezone = ZoneField(
        _("time zone"),
    )
    archived_at = archived()

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Closure(TenantModel):
    """Days on which the business, or one of its locations, is closed.

    Whole local days: of the location's zone for a location, else of the business's.
    """

    location = reference(
        Location,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="closures",
        verbose_name=_("location"),
        help_text=_("Empty: the whole business."),
    )
    name = models.CharField(_("name"), max_length=200, help_text=_("Such as New Year's Day."))
    date_start = models.DateField(_("first day"))
    date_end = models.DateField(_("last day"))
    region = models.CharField(
        _("public holiday of"),
        max_length=20,
        blank=True,
        default="",
        editable=False,
        help_text=_("The country and region it was imported for, such as DE-BY."),
    )

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ("date_start", "name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(date_end__gte=models.F("date_start")),
                name="closure_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=("business", "location", "date_start", "date_end", "name"),
                nulls_distinct=False,
                name="closure_is_once",
            ),
        )
        indexes = (
            # What is closed in a span of days: everything that ends after it begins.
            models.Index(fields=("business", "date_end"), name="closure_by_end"),
        )

    def __str__(self) -> str:
        return self.name
