"""Logins of staff: made with their e-mail address, and given a link to set the password.

A login belongs to a person and may open several businesses, so nobody gets power over one through
their own business alone: whoever makes, links or renews it must be entitled to hand out every role
that it holds anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.models import Staff, StaffStatus, User
from staff.roles import Role, grantable_by


class LoginRefused(Exception):
    """A login that can't be made or renewed; the message says why and who can help."""


@dataclass(frozen=True)
class OpenedLogin:
    """A login, and the two parts of the address at which its password can be set, once.

    Without them where the person has a password already and keeps it.
    """

    user: User
    uid: str = ""
    token: str = ""


def grantable_in(user: Any, business_id: Any) -> frozenset[str]:
    """The roles that somebody may give and take in a business; an operator all of them."""
    if user.is_superuser:
        return frozenset(Role.values)
    return grantable_by(user.roles_by_business().get(business_id, ()))


def may_rule(by: Any, member: Staff) -> bool:
    """Whether somebody may change who a staff member is and what they may do."""
    if by.is_superuser:
        return True
    if "staff:write" not in by.scopes_in(member.business_id):
        return False
    return set(member.roles) <= grantable_in(by, member.business_id)


def _rules_everywhere(by: Any, login: User) -> bool:
    """Whether somebody may hand out all that a login opens, in every business."""
    if by.is_superuser:
        return True
    if login.is_superuser:
        return False
    return all(may_rule(by, member) for member in Staff.objects.filter(user=login))


def open_login(*, member: Staff, by: Any) -> OpenedLogin:
    """The staff member's login, linked, and the way to set its password.

    A login that opens nothing else starts afresh: whatever password it had is gone. One with a
    password that opens other businesses too is only linked. Refused with LoginRefused.
    """
    with transaction.atomic():
        member = Staff.objects.select_for_update(no_key=True, of=("self",)).get(pk=member.pk)
        if not may_rule(by, member):
            raise LoginRefused(_("You can’t hand out the roles of this staff member."))
        if member.status in (StaffStatus.DISABLED, StaffStatus.ARCHIVED):
            raise LoginRefused(_("This staff member is not active; make them active first."))
        login, is_new = _login_of(member, by)
        places = Staff.objects.filter(user=login).exclude(pk=member.pk)
        if places.filter(business_id=member.business_id).exists():
            raise LoginRefused(_("Another staff member here has this login already."))
        if member.user_id is None:
            keeps_password = login.has_usable_password() and (places.exists() or login.is_superuser)
            if not (keeps_password or is_new):
                login.set_unusable_password()
                login.save(update_fields=["password"])
            member.user = login
        else:
            keeps_password = False
        member.status = StaffStatus.ACTIVE
        member.save(update_fields=["user", "status", "updated_at"])
    if keeps_password:
        return OpenedLogin(login)
    return OpenedLogin(login, *password_link(login))


def _login_of(member: Staff, by: Any) -> tuple[User, bool]:
    """The login that the staff member has, or one of that address, or a new one."""
    if member.user_id is not None:
        login, is_new = User.objects.select_for_update().get(pk=member.user_id), False
    else:
        email = member.email.strip().lower()
        login, is_new = User.objects.select_for_update().get_or_create(
            email=email, defaults={"name": member.name, "password": unusable()}
        )
    if not is_new and not _rules_everywhere(by, login):
        raise LoginRefused(
            _(
                "The login with this address can’t be managed from here. Its owner can set a new"
                " password from the sign-in page; the operator of this site can link it."
            )
        )
    if not login.is_active:
        raise LoginRefused(_("This login is switched off; the operator of this site can help."))
    return login, is_new


def unusable() -> str:
    """What stands for the password of somebody who has yet to set one."""
    nobody = User()
    nobody.set_unusable_password()
    return nobody.password


def password_link(login: User) -> tuple[str, str]:
    """The two parts of the address at which the password can be set, once, within three days."""
    uid = urlsafe_base64_encode(force_bytes(login.pk))
    return uid, default_token_generator.make_token(login)


LAST_OWNER = gettext_lazy(
    "This is the last owner who can log in. Make somebody else an owner first."
)


def keeps_an_owner(member: Staff, *, status: str, roles: list[str], user_id: Any) -> bool:
    """Whether somebody can still run the business when the staff member is changed like that.

    Locks the business against the same change to another of its owners.
    """
    stays = status == StaffStatus.ACTIVE and Role.OWNER.value in roles and user_id is not None
    if stays or member._state.adding:
        return True
    before = Staff.objects.filter(pk=member.pk)
    if not _running(before).exists():
        return True
    type(member.business).objects.select_for_update(no_key=True).get(pk=member.business_id)
    others = Staff.objects.filter(business_id=member.business_id).exclude(pk=member.pk)
    return bool(_running(others).exists())


def _running(members: Any) -> Any:
    """Those who can log in as owners."""
    return members.filter(
        status=StaffStatus.ACTIVE, roles__contains=[Role.OWNER.value], user__is_active=True
    )
