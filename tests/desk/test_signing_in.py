"""Signing in by e-mail, out again, and a new password."""

import re

import pytest
import time_machine
from django.core import mail
from django.test import Client

from staff.models import User
from tests.desk.clinic import FrontDesk, at, words_of
from tests.factories import PASSWORD, UserFactory


@pytest.fixture
def sofia(desk: FrontDesk) -> User:
    desk.user.email = "sofia@clinic.example"
    desk.user.set_password(PASSWORD)
    desk.user.save()
    return desk.user


def sign_in(email: str, password: str = PASSWORD, **more: str) -> tuple[Client, object]:
    client = Client()
    return client, client.post("/login", {"username": email, "password": password, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.usefixtures("sofia")
@pytest.mark.parametrize(
    "email", ["sofia@clinic.example", "SOFIA@clinic.example", " Sofia@Clinic.Example "]
)
def test_an_e_mail_address_signs_in_in_any_case(email: str) -> None:
    client, answer = sign_in(email)
    assert signed_in(client)
    assert answer["Location"] == "/desk/"  # type: ignore[index]


@pytest.mark.usefixtures("sofia")
def test_signing_in_leads_back_to_where_somebody_wanted_to_be() -> None:
    _, answer = sign_in("sofia@clinic.example", next="/desk/clinic/book")
    assert answer["Location"] == "/desk/clinic/book"  # type: ignore[index]
    _, answer = sign_in("sofia@clinic.example", next="https://elsewhere.example/")
    assert answer["Location"] == "/desk/"  # type: ignore[index]


@pytest.mark.usefixtures("sofia")
@pytest.mark.parametrize("email", ["sofia@clinic.example", "nobody@clinic.example"])
def test_a_wrong_password_and_an_unknown_address_look_the_same(email: str) -> None:
    client, answer = sign_in(email, "wrong")
    assert not signed_in(client)
    assert answer.status_code == 200  # type: ignore[attr-defined]
    page = words_of(answer)
    assert "Please enter a correct e-mail and password." in page


def test_a_login_that_is_switched_off_does_not_sign_in(sofia: User) -> None:
    sofia.is_active = False
    sofia.save()
    client, _ = sign_in("sofia@clinic.example")
    assert not signed_in(client)


def test_ten_wrong_passwords_lock_the_address_out_for_a_quarter_of_an_hour(
    sofia: User, clock: time_machine.Traveller
) -> None:
    # In whatever case: each spelling would else be another ten guesses.
    for number in range(10):
        email = sofia.email.upper() if number % 2 else sofia.email
        _, answer = sign_in(email, "wrong")
    assert answer.status_code == 429  # type: ignore[attr-defined]
    page = words_of(answer)
    assert "Signing in is locked for now" in page
    assert "The password was wrong 10 times." in page
    assert "can't be used from here for 15 minutes." in page
    client, answer = sign_in("Sofia@clinic.example")
    assert (answer.status_code, signed_in(client)) == (429, False)  # type: ignore[attr-defined]
    UserFactory(email="ben@clinic.example")
    client, _ = sign_in("ben@clinic.example")
    assert signed_in(client), "another address is not locked"
    clock.move_to(at(6, 16))
    client, _ = sign_in(sofia.email)
    assert signed_in(client)


def test_signing_out_ends_the_session(desk: FrontDesk) -> None:
    answer = desk.client.post("/logout", follow=True)
    assert not signed_in(desk.client)
    assert "Sign in" in words_of(answer)
    assert desk.get("appointments").status_code == 302


def test_a_link_does_not_sign_out(desk: FrontDesk) -> None:
    assert desk.client.get("/logout").status_code == 405
    assert signed_in(desk.client)


@pytest.mark.usefixtures("sofia")
def test_a_forgotten_password_is_set_anew_by_a_link_in_a_mail() -> None:
    client = Client()
    answer = client.post("/password/reset", {"email": "SOFIA@clinic.example"}, follow=True)
    assert answer.status_code == 200
    (message,) = mail.outbox
    assert (message.to, message.subject) == (
        ["sofia@clinic.example"],
        "Choose a new password for Stilldesk",
    )
    text = str(message.body)
    (link,) = re.findall(r"http://testserver(\S+)", text)
    assert text.replace(link, "LINK").strip() == (
        "Somebody, most likely you, asked for a new password for Stilldesk.\n\n"
        "To choose one, open this link. It works once:\n\n"
        "http://testserverLINK\n\n"
        "You sign in as: sofia@clinic.example\n\n"
        "You did not ask for it? Then do nothing: your password stays as it is."
    )
    form = client.get(link, follow=True)
    path = form.redirect_chain[-1][0]
    new = "another horse, another staple"
    done = client.post(path, {"new_password1": new, "new_password2": new}, follow=True)
    assert done.status_code == 200
    assert signed_in(sign_in("sofia@clinic.example", new)[0])
    assert not signed_in(sign_in("sofia@clinic.example", PASSWORD)[0])
    assert "This link no longer works" in words_of(Client().get(link, follow=True))


@pytest.mark.usefixtures("sofia")
def test_asking_for_an_unknown_address_looks_the_same_and_sends_nothing() -> None:
    known = Client().post("/password/reset", {"email": "sofia@clinic.example"}, follow=True)
    unknown = Client().post("/password/reset", {"email": "nobody@clinic.example"}, follow=True)
    assert words_of(known) == words_of(unknown)
    assert len(mail.outbox) == 1


def test_a_password_is_changed_by_somebody_who_knows_it(desk: FrontDesk, sofia: User) -> None:
    client, _ = sign_in(sofia.email)
    new = "another horse, another staple"
    typed = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    refused = client.post("/password/change", typed)
    assert list(refused.context["form"].errors) == ["old_password"]
    done = client.post("/password/change", typed | {"old_password": PASSWORD}, follow=True)
    assert "From now on, sign in with your new password." in words_of(done)
    assert desk.client.get(desk.url("book")).status_code == 302, "other sessions have ended"
    assert signed_in(sign_in(sofia.email, new)[0])
