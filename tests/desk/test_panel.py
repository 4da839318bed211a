"""The same pages by themselves and in the panel beside another one."""

from tests.desk.clinic import FrontDesk, at

IN_SIDE = {"HX-Request": "true", "HX-Target": "side"}


def test_a_page_in_the_panel_is_that_page_without_what_is_around_it(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    page = desk.url(f"appointments/{one.id}")
    whole = desk.client.get(page)
    part = desk.client.get(page, headers=IN_SIDE)
    assert ("<html" in whole.content.decode(), "<html" in part.content.decode()) == (True, False)
    assert ("data-side-page" in whole.content.decode()) is False
    assert "data-side-page" in part.content.decode()
    assert "Ana Núñez · Follow-up" in part.content.decode()
    assert "HX-Target" in part["Vary"]


def test_what_a_view_says_becomes_a_toast_in_the_panel(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    page = desk.url(f"appointments/{one.id}/step")
    answer = desk.client.post(page, {"status": "arrived"}, headers=IN_SIDE, follow=True)
    assert answer.redirect_chain == [(desk.url(f"appointments/{one.id}"), 302)]
    shown = answer.content.decode()
    assert '<div hx-swap-oob="beforeend:#toasts">' in shown
    assert "Arrived." in shown
