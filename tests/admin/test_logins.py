"""Logins of staff: who makes them, and who gets no power over them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from staff.models import Staff, User
from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, operator, page, told, typed, words
from tests.factories import PASSWORD, StaffFactory, UserFactory, member

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "seven green bottles on a wall"


def newcomer(clinic: Clinic, *roles: Role, **fields: Any) -> Staff:
    found: Staff = StaffFactory(
        business=clinic.business, roles=[role.value for role in roles], **fields
    )
    return found


def press(client: Client, person: Staff) -> Any:
    return client.post(page(person, "login"))


def link_in(response: Any) -> str:
    """The address on the page at which the password is set."""
    found = re.search(r'value="http://testserver(/password/reset/[^"]+)"', words(response))
    assert found is not None
    return found[1]


def set_password(address: str) -> None:
    visitor = Client()
    form = visitor.get(address, follow=True)
    target = form.redirect_chain[-1][0]
    sent = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert visitor.post(target, sent).status_code == 302


def test_a_login_is_made_with_the_staff_members_address(mine: Clinic) -> None:
    person = newcomer(mine, Role.FRONT_DESK, email="Ada@Clinic.example", name="Ada")
    response = press(as_user(mine.works(Role.OWNER)), person)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    person.refresh_from_db()
    assert person.user is not None
    assert (person.user.email, person.user.name) == ("ada@clinic.example", "Ada")
    assert person.user.has_usable_password() is False
    set_password(link_in(response))
    assert User.objects.get(pk=person.user_id).check_password(NEW_PASSWORD)


def test_the_address_works_once(mine: Clinic) -> None:
    address = link_in(press(as_user(mine.works(Role.OWNER)), newcomer(mine, Role.FRONT_DESK)))
    set_password(address)
    again = Client().get(address, follow=True)
    assert again.context["validlink"] is False


def test_the_address_is_shown_to_a_post_alone(mine: Clinic) -> None:
    client = as_user(mine.works(Role.OWNER))
    person = newcomer(mine, Role.FRONT_DESK)
    assert client.get(page(person, "login")).status_code == 405
    press(client, person)
    assert "/password/reset/" not in words(client.get(page(person, "change")))


def test_somebody_who_was_not_invited_becomes_active_with_their_login(mine: Clinic) -> None:
    person = newcomer(mine, Role.FRONT_DESK, status="NOT_INVITED")
    press(as_user(mine.works(Role.ADMIN)), person)
    person.refresh_from_db()
    assert (person.status, person.user is None) == ("ACTIVE", False)


def refused(client: Client, person: Staff, sentence: str) -> None:
    before = Staff.objects.filter(pk=person.pk).values().get()
    logins = list(User.objects.order_by("pk").values())
    response = press(client, person)
    assert (response.status_code, told(response)) == (302, [sentence])
    assert Staff.objects.filter(pk=person.pk).values().get() == before
    assert list(User.objects.order_by("pk").values()) == logins


OTHERS = (
    "The login with this address can’t be managed from here. Its owner can set a new password"
    " from the sign-in page; the operator of this site can link it."
)


def test_a_login_that_works_elsewhere_can_not_be_taken_over(mine: Clinic, theirs: Clinic) -> None:
    victim = theirs.works(Role.OWNER)
    for email in (victim.email, victim.email.upper()):
        person = newcomer(mine, Role.FRONT_DESK, email=email)
        refused(as_user(mine.works(Role.OWNER)), person, OTHERS)
        person.delete()


def test_a_password_of_somebody_who_works_elsewhere_too_is_not_renewed(
    mine: Clinic, theirs: Clinic
) -> None:
    user = theirs.works(Role.FRONT_DESK)
    person = newcomer(mine, Role.FRONT_DESK, user=user, email=user.email)
    refused(as_user(mine.works(Role.OWNER)), person, OTHERS)


def test_an_operators_login_can_not_be_taken_over(mine: Clinic) -> None:
    person = newcomer(mine, Role.FRONT_DESK, email=operator().email)
    refused(as_user(mine.works(Role.OWNER)), person, OTHERS)


def test_the_password_of_somebody_who_stands_above_is_not_renewed(mine: Clinic) -> None:
    above = Staff.objects.get(user=mine.works(Role.OWNER))
    sentence = "You can’t hand out the roles of this staff member."
    for role in (Role.ADMIN, Role.MANAGER):
        refused(as_user(mine.works(role)), above, sentence)


def test_a_login_is_made_by_those_who_change_staff_alone(mine: Clinic) -> None:
    person = newcomer(mine, Role.FRONT_DESK)
    for role in (Role.FRONT_DESK, Role.PRACTITIONER, Role.DEVELOPER):
        assert press(as_user(mine.works(role)), person).status_code == 403
    person.refresh_from_db()
    assert person.user is None


def test_an_abandoned_login_starts_afresh(mine: Clinic) -> None:
    """Whoever made it elsewhere, and may know its password, does not come in with it."""
    former: User = UserFactory(email="ada@clinic.example")
    assert former.check_password(PASSWORD)
    person = newcomer(mine, Role.FRONT_DESK, email="ada@clinic.example")
    response = press(as_user(mine.works(Role.OWNER)), person)
    former.refresh_from_db()
    person.refresh_from_db()
    assert (person.user_id, former.has_usable_password()) == (former.pk, False)
    set_password(link_in(response))


def test_an_owner_of_both_businesses_links_a_login_and_leaves_its_password(
    mine: Clinic, theirs: Clinic
) -> None:
    boss = mine.works(Role.OWNER)
    StaffFactory(business=theirs.business, user=boss, roles=[Role.OWNER.value])
    doctor = member(theirs.business, Role.PRACTITIONER)
    person = newcomer(mine, Role.PRACTITIONER, email=doctor.email)
    response = press(as_user(boss), person)
    assert told(response) == [f"{doctor.email} is linked and logs in with the password they have."]
    person.refresh_from_db()
    doctor.refresh_from_db()
    assert (person.user_id, doctor.check_password(PASSWORD)) == (doctor.pk, True)


def test_two_staff_members_of_a_business_do_not_share_a_login(mine: Clinic) -> None:
    user = mine.works(Role.FRONT_DESK)
    first = Staff.objects.get(user=user)
    Staff.objects.filter(pk=first.pk).update(email="moved@x.example")
    second = newcomer(mine, Role.FRONT_DESK, email=user.email)
    sentence = "Another staff member here has this login already."
    refused(as_user(mine.works(Role.OWNER)), second, sentence)


@pytest.mark.parametrize("status", ["DISABLED", "ARCHIVED"])
def test_somebody_who_has_left_gets_no_login(status: str, mine: Clinic) -> None:
    person = newcomer(mine, Role.FRONT_DESK, status=status)
    sentence = "This staff member is not active; make them active first."
    refused(as_user(mine.works(Role.OWNER)), person, sentence)


def test_the_login_of_a_staff_member_is_no_field_but_for_operators(mine: Clinic) -> None:
    """Changing it would put somebody's own login into another person's place."""
    client = as_user(mine.works(Role.OWNER))
    admin_user = mine.works(Role.FRONT_DESK)
    sent = typed(client.get(page(mine.second, "change"))) | {"user": str(admin_user.pk)}
    assert client.post(page(mine.second, "change"), sent).status_code == 302
    mine.second.refresh_from_db()
    assert mine.second.user is None


def test_an_operator_makes_a_login_and_never_types_its_password(mine: Clinic) -> None:
    client = as_user(operator())
    sent = {"email": "New.Person@X.example", "name": "New", "is_active": "on", "password": "x"}
    assert client.post(page(User, "add"), sent).status_code == 302
    login = User.objects.get(email="new.person@x.example")
    assert login.has_usable_password() is False
    set_password(link_in(client.post(page(login, "password"))))
    login.refresh_from_db()
    assert login.check_password(NEW_PASSWORD)


def test_two_logins_do_not_share_an_address(mine: Clinic) -> None:
    client = as_user(operator())
    sent = {"email": User.objects.get().email.upper(), "is_active": "on"}
    response = client.post(page(User, "add"), sent)
    assert response.context["adminform"].form.errors == {
        "email": ["Login with this E-mail already exists."]
    }
