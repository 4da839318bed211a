"""Staff: the people of a business, what they may do there, and whether they can be booked."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from businesses.api.answers import nothing
from businesses.api.collections import Clashing, CollectionViewSet, Conflict
from businesses.api.fields import (
    BookingURL,
    Email,
    Identifier,
    Input,
    Moment,
    OrNull,
    Text,
    Word,
    ZoneName,
)
from businesses.api.outputs import many, one
from businesses.api.query import Filters, Reads, Switch, only, parameters_of
from businesses.api.schema import IF_MATCH, operation
from businesses.models import Service
from staff.logins import LAST_OWNER, keeps_an_owner, may_rule
from staff.models import Management, Staff, StaffStatus
from staff.querysets import StaffQuerySet
from staff.roles import Role

TAG = "Staff"


class NewStaffInput(Input):
    """The body of a new staff member."""

    name = Text(max_length=200)
    email = Email()


class StaffInput(Input):
    """The body of a change to a staff member: what is left out stays."""

    name = Text(max_length=200, required=False)
    email = Email(required=False, help_text="Where they are written to; not what they log in by.")
    timezone = ZoneName(required=False, allow_null=True, help_text="null: as the business.")


class StaffOutput(serializers.Serializer[Any]):
    """Somebody's place in a business."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")
    businessId = Identifier(source="business_id")
    email = serializers.EmailField()
    alias = OrNull()
    name = serializers.CharField()
    status = serializers.ChoiceField(StaffStatus.choices)
    enabled = serializers.BooleanField(source="is_active", help_text="Whether status is ACTIVE.")
    bookingURL = BookingURL("staff")
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    managedStaffIds = serializers.ListField(child=Identifier(), source="managed_ids")
    timezone = OrNull(help_text="null: as the business.")


class StaffFilters(Filters):
    status = Reads(Word(choices=StaffStatus.choices), field_name="status")
    enabled = Reads(
        Switch(), method="whether_active", help_text="true: only those whose status is ACTIVE."
    )
    serviceId = Reads(
        Identifier(), method="who_can_be_booked", help_text="Only who can be booked for it."
    )
    search = Reads(
        Text(max_length=200), method="named", help_text="A part of the name or of the e-mail."
    )

    def whether_active(self, rows: StaffQuerySet, name: str, value: bool) -> StaffQuerySet:
        return rows.active() if value else rows.exclude(status=StaffStatus.ACTIVE)

    def who_can_be_booked(self, rows: StaffQuerySet, name: str, value: UUID) -> StaffQuerySet:
        """Nobody for a service that isn't there. One statement more."""
        service = Service.objects.filter(Q(business_id=self.business_id), pk=value).first()
        return rows.providers_of(service) if service else rows.none()

    def named(self, rows: StaffQuerySet, name: str, value: str) -> StaffQuerySet:
        return rows.filter(Q(name__icontains=value) | Q(email__icontains=value))


NEW, CHANGED = NewStaffInput(), StaffInput()
TAKEN = "409 email_taken"
RULED = "403 beyond_your_role"


@extend_schema_view(
    list=operation(
        "listStaff",
        TAG,
        "List staff",
        "Archived staff too; send status or enabled to leave them out.",
        parameters=parameters_of(StaffFilters),
        answer={200: many(StaffOutput)},
    ),
    create=operation(
        "createStaff",
        TAG,
        "Add a staff member",
        "They start as NOT_INVITED, without a role or a login, and take no bookings until somebody "
        "makes them active in the admin.",
        request=NewStaffInput,
        answer={200: one(StaffOutput)},
        refusals=[TAKEN],
        deprecated=True,
    ),
    retrieve=operation(
        "getStaff",
        TAG,
        "Get a staff member",
        "Archived ones too.",
        answer={200: one(StaffOutput)},
    ),
    update=operation(
        "updateStaff",
        TAG,
        "Change a staff member",
        "What is left out stays. The answer is not wrapped in `data`. Another e-mail address is "
        "where they are written to from now on; what they log in by stays as it is.",
        parameters=[IF_MATCH],
        request=StaffInput,
        answer={200: StaffOutput},
        refusals=[TAKEN, RULED],
    ),
    destroy=operation(
        "deleteStaff",
        TAG,
        "Archive a staff member",
        "Their status becomes ARCHIVED: they can neither log in here nor be booked. What they "
        "host already stays. Repeating changes nothing. The last owner who can log in stays.",
        parameters=[IF_MATCH],
        writes=True,
        answer={204: None},
        refusals=["409 last_owner", RULED],
    ),
)
class StaffViewSet(CollectionViewSet):
    """Staff of one business."""

    serializer_class = StaffOutput
    output = StaffOutput()
    filters = StaffFilters
    conflicts = {
        "staff_email_is_unique": Clashing(
            "email_taken", "Another staff member here, maybe an archived one, has this e-mail."
        )
    }
    scopes: ClassVar[dict[str, str]] = {
        "list": "staff:read",
        "retrieve": "staff:read",
        "create": "staff:write",
        "update": "staff:write",
        "destroy": "staff:write",
    }

    def rows(self) -> StaffQuerySet:
        business_id = self.kwargs["business_id"]
        managed = Management.objects.filter(business_id=business_id, manager_id=OuterRef("pk"))
        managed_ids = ArraySubquery(managed.order_by("managed_id").values("managed_id"))
        mine: StaffQuerySet = (
            Staff.objects.filter(business_id=business_id)
            .select_related("business")
            .annotate(managed_ids=managed_ids)
        )
        return mine

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = NEW.read(request.data)
        with self.saving():
            made = Staff.objects.create(
                business_id=business_id,
                name=sent["name"],
                email=sent["email"],
                status=StaffStatus.NOT_INVITED,
            )
        return self.answer(request, self.found(made.pk))

    def update(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        sent = CHANGED.read(request.data)
        with self.saving():
            member = self.held(request, pk)
            self._check_rule(request, member)
            for name, value in sent.items():
                setattr(member, name, value or "")
            member.save()
        return self.answer(request, member, wrapped=False)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        archived = StaffStatus.ARCHIVED
        with self.saving():
            member = self.found(pk)
            # Before the row is held: the admin, too, holds the business first.
            kept = keeps_an_owner(
                member, status=archived, roles=member.roles, user_id=member.user_id
            )
            member = self.held(request, pk)
            self._check_rule(request, member)
            if not kept:
                raise Conflict("last_owner", str(LAST_OWNER))
            if member.status != archived:
                member.status = archived
                member.save(update_fields=["status", "updated_at"])
        return nothing()

    def _check_rule(self, request: Request, member: Staff) -> None:
        """A person changes here whom they may change in the admin; a key has its scope alone."""
        if self.actor.user_id is not None and not may_rule(request.user, member):
            raise PermissionDenied(
                "You can’t hand out the roles of this staff member, so you can’t change them.",
                "beyond_your_role",
            )
