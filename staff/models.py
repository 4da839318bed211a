"""People who log in, their place in a business, and when they work."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, ClassVar
from uuid import UUID

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from businesses.fields import AliasField, HoursField, IdField, ZoneField
from businesses.models import Service, TenantModel, reference
from staff.querysets import StaffQuerySet
from staff.roles import Role, scopes_of


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person who can log in; without a password, one who first has to set it."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractBaseUser):
    """Somebody who logs in, by e-mail. What they may do depends on their place in a business."""

    id = IdField()
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        default="",
        help_text=_("Of the pages and of mails to this person. Empty: as their browser asks."),
    )
    is_active = models.BooleanField(_("may log in"), default=True)
    is_superuser = models.BooleanField(
        _("operator"), default=False, help_text=_("Sees every business. For whoever runs the site.")
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("login")
        verbose_name_plural = _("logins")
        ordering = ("email",)
        constraints = (
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="login_email_is_lower_case"
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """Django's word for "may enter the admin"; `config.admin_site` decides that."""
        return self.is_superuser

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Superusers only: everybody else's rights come from `staff.roles`."""
        return self.is_active and self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_superuser

    def roles_by_business(self) -> dict[UUID, frozenset[str]]:
        """The person's roles in each business; one query, kept for the life of this instance."""
        if "_roles" not in self.__dict__:
            rows = Staff.objects.filter(user_id=self.pk, status=StaffStatus.ACTIVE)
            found: defaultdict[UUID, frozenset[str]] = defaultdict(frozenset)
            if self.is_active:
                for business_id, roles in rows.values_list("business_id", "roles"):
                    found[business_id] |= frozenset(roles)
            self.__dict__["_roles"] = dict(found)
        roles_found: dict[UUID, frozenset[str]] = self.__dict__["_roles"]
        return roles_found

    def places_of_work(self) -> list[UUID]:
        return list(self.roles_by_business())

    def scopes_in(self, business_id: UUID) -> frozenset[str]:
        """What the person may do in that business; nothing where they don't work."""
        return scopes_of(self.roles_by_business().get(business_id, ()))


class StaffStatus(models.TextChoices):
    ACTIVE = "ACTIVE", _("Active")
    DISABLED = "DISABLED", _("Disabled")
    ARCHIVED = "ARCHIVED", _("Archived")
    PENDING_INVITE = "PENDING_INVITE", _("Invited")
    NOT_INVITED = "NOT_INVITED", _("Not invited")


@pghistory.track()
class Staff(TenantModel):
    """Somebody's place in a business: what they may do there, and whether they take bookings."""

    user = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("login"),
    )
    email = models.EmailField(_("e-mail"), max_length=254)
    alias = AliasField(_("alias"), null=True, blank=True)
    name = models.CharField(_("name"), max_length=200)
    status = models.CharField(
        _("status"), max_length=20, choices=StaffStatus.choices, default=StaffStatus.ACTIVE
    )
    roles = ArrayField(
        models.CharField(max_length=20, choices=Role.choices),
        default=list,
        blank=True,
        verbose_name=_("roles"),
    )
    takes_bookings = models.BooleanField(
        _("takes bookings"),
        default=False,
        help_text=_("Sees patients. A receptionist is staff and takes none."),
    )
    timezone = ZoneField(
        _("time zone"),
        blank=True,
        default="",
        help_text=_("Empty: as the business."),
    )
    weekly_hours = HoursField(
        _("working hours"),
        null=True,
        blank=True,
        help_text=_("Empty: as the business."),
    )
    services = models.ManyToManyField(
        Service,
        through="ServiceHost",
        blank=True,
        related_name="hosts",
        verbose_name=_("services"),
    )
    manages = models.ManyToManyField(
        "self",
        through="Management",
        symmetrical=False,
        blank=True,
        related_name="managed_by",
        verbose_name=_("manages"),
    )

    objects: ClassVar[Any] = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint("business", Lower("email"), name="staff_email_is_unique"),
            models.UniqueConstraint("business", Lower("alias"), name="staff_alias_is_unique"),
            models.UniqueConstraint(fields=("business", "user"), name="staff_login_is_unique"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status == StaffStatus.ACTIVE


@pghistory.track()
class Management(TenantModel):
    """That one staff member manages another."""

    manager = reference(Staff, models.CASCADE, related_name="+", verbose_name=_("manager"))
    managed = reference(
        Staff, models.CASCADE, related_name="+", verbose_name=_("managed staff member")
    )

    class Meta:
        verbose_name = _("managed staff member")
        verbose_name_plural = _("managed staff")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "manager", "managed"), name="staff_is_managed_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.manager_id} / {self.managed_id}"


@pghistory.track()
class ServiceHost(TenantModel):
    """That somebody hosts a service: can be booked for it, or always comes along."""

    service = reference(Service, models.CASCADE, related_name="+", verbose_name=_("service"))
    staff = reference(Staff, models.CASCADE, related_name="hosting", verbose_name=_("staff member"))
    additional = models.BooleanField(
        _("additional"),
        default=False,
        help_text=_("Joins every booking of the service instead of being booked for it."),
    )

    class Meta:
        verbose_name = _("host of a service")
        verbose_name_plural = _("hosts of services")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "service", "staff"), name="staff_hosts_service_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.service_id} / {self.staff_id}"


@pghistory.track()
class WorkingHoursSchedule(TenantModel):
    """Hours that replace somebody's weekly hours from one date to another."""

    staff = reference(
        Staff, models.CASCADE, related_name="schedules", verbose_name=_("staff member")
    )
    working_hours = HoursField(_("working hours"))
    timezone = ZoneField(
        _("time zone"),
        blank=True,
        default="",
        help_text=_("Empty: as the staff member."),
    )
    date_start = models.DateField(_("first day"))
    date_end = models.DateField(_("last day"), null=True, blank=True)

    class Meta:
        verbose_name = _("working hours schedule")
        verbose_name_plural = _("working hours schedules")
        ordering = ("date_start",)
        constraints = (
            models.CheckConstraint(
                condition=Q(date_end__isnull=True) | Q(date_end__gte=F("date_start")),
                name="schedule_ends_after_it_starts",
            ),
            ExclusionConstraint(
                name="schedules_of_one_person_do_not_overlap",
                expressions=(
                    ("business", RangeOperators.EQUAL),
                    ("staff", RangeOperators.EQUAL),
                    (
                        Func(
                            "date_start",
                            "date_end",
                            RangeBoundary(inclusive_upper=True),
                            function="DATERANGE",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ),
                violation_error_message=_("Another schedule of this person covers these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.date_start} – {self.date_end or '…'}"


class Span(TenantModel):
    """Something of one person from one moment to another."""

    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))

    class Meta:
        abstract = True


@pghistory.track()
class TimeBlocker(Span):
    """Time in which somebody can't be booked: a meeting, a holiday, paperwork."""

    staff = reference(
        Staff, models.CASCADE, related_name="time_blockers", verbose_name=_("staff member")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    recurring_blocker_id = models.UUIDField(
        _("series"), null=True, blank=True, editable=False, help_text=_("Shared by its repeats.")
    )
    rrule = models.CharField(
        _("recurrence rule"), max_length=500, blank=True, db_default="", editable=False
    )

    class Meta:
        verbose_name = _("time blocker")
        verbose_name_plural = _("time blockers")
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="time_blocker_ends_after_start"
            ),
        )
        indexes = (
            # What blocks somebody in a span: everything that ends after it begins.
            models.Index(fields=("business", "staff", "ends_at"), name="time_blocker_of_staff"),
            # The repeats of one blocker.
            models.Index(
                fields=("business", "recurring_blocker_id"),
                name="time_blocker_of_series",
                condition=Q(recurring_blocker_id__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.reason or str(_("Blocked"))


@pghistory.track()
class ExternalEvent(Span):
    """An event of somebody's other calendar; it keeps time only if it is marked busy."""

    staff = reference(
        Staff, models.CASCADE, related_name="external_events", verbose_name=_("staff member")
    )
    title = models.CharField(_("title"), max_length=500, blank=True, default="")
    busy = models.BooleanField(_("busy"), default=True)
    external_id = models.CharField(_("external id"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("external event")
        verbose_name_plural = _("external events")
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="external_event_ends_after_start"
            ),
            # The rival this keeps out: the same event, sent by the same calendar once more.
            models.UniqueConstraint(
                fields=("business", "staff", "external_id"),
                condition=~Q(external_id=""),
                name="external_event_is_there_once",
            ),
        )
        indexes = (
            # What keeps somebody busy in a span: everything busy that ends after it begins.
            models.Index(
                fields=("business", "staff", "ends_at"),
                name="external_event_of_staff",
                condition=Q(busy=True),
            ),
        )

    def __str__(self) -> str:
        return self.title or str(_("Busy elsewhere"))
