"""The HTML of what lies in a column.

Written here and not in a template: with four hundred visits the template language alone takes as
long as everything else on the page. Every word from outside goes through `escape`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import time_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments.models import Status
from appointments.plan.columns import Block, Card, Column, Gap, Visit
from appointments.plan.layout import ROW, Place
from appointments.status import MOVABLE

# The sign of a status; what is booked and no more than that needs none.
SIGNS = {
    Status.REQUESTED: "clock",
    Status.ARRIVED: "door",
    Status.IN_PROGRESS: "play",
    Status.COMPLETED: "check",
    Status.NO_SHOW: "alert",
    Status.CANCELLED: "cross",
}
# Those whose price is due: who comes later has not failed to pay.
DUE = (Status.ARRIVED, Status.IN_PROGRESS, Status.COMPLETED)
NEAR = ("", "in_person")
WHOLE_DAY = timedelta(hours=20)  # what lasts so long is said without its times
# The words of what else a card is marked with.
MARKS = {
    "first": gettext_lazy("first visit"),
    "note": gettext_lazy("has notes"),
    "stack": gettext_lazy("overbooked"),
    "repeat": gettext_lazy("in a series"),
    "coin": gettext_lazy("not paid"),
    "phone": gettext_lazy("by phone"),
    "video": gettext_lazy("online"),
}
# Below so many rows a card has one line.
ONE_LINE, ONE_LINE_WHEN_TALL = 5, 4


def seat(place: Place) -> str:
    """The classes of css/plan_rows.css that put something into its place."""
    lane = f" l-{place.lane} n-{place.lanes}" if place.lanes > 1 else ""
    return f"r-{place.row} h-{place.rows}{lane}"


@dataclass
class Pen:
    """Draws for one page: whose it is, and what may be done on it."""

    alias: str
    place: ZoneInfo
    now: datetime
    tall: bool = False
    may_write: bool = False
    asking: dict[str, str] = field(default_factory=dict)  # what every booking link says
    _times: dict[datetime, str] = field(default_factory=dict)

    @cached_property
    def _appointments(self) -> str:
        return escape(reverse("desk-appointments", args=[self.alias]))

    @cached_property
    def _book(self) -> str:
        return reverse("desk-book", args=[self.alias])

    @cached_property
    def _icons(self) -> str:
        return escape(static("img/icons.svg"))

    @cached_property
    def _words(self) -> dict[str, str]:
        words: dict[str, str] = {value: escape(str(word)) for value, word in Status.choices}
        return words | {sign: escape(str(word)) for sign, word in MARKS.items()}

    def time(self, moment: datetime) -> str:
        """As the reader's language writes it. A day has few times and many that share them."""
        told = self._times.get(moment)
        if told is None:
            told = escape(time_format(moment.astimezone(self.place), "TIME_FORMAT"))
            self._times[moment] = told
        return told

    def icon(self, name: str) -> str:
        return f'<svg class="icon" aria-hidden="true"><use href="{self._icons}#{name}"></use></svg>'

    def column(self, column: Column) -> SafeString:
        """Its visits and its free times, in order of time."""
        things = [(card.first.starts_at, 0, self.card(card)) for card in column.cards]
        things += [(gap.span.start, 1, drawn) for gap, drawn in self.gaps(column)]
        things.sort(key=lambda one: one[:2])
        return mark_safe("".join(drawn for _start, _kind, drawn in things))  # noqa: S308

    def ground(self, column: Column) -> SafeString:
        """What lies below the visits: working time, blocks, and buffers."""
        drawn = [f'<div class="open {seat(one)}"></div>' for one in column.open]
        drawn += [self.block(one, column) for one in column.blocks]
        drawn += [f'<div class="buffer {seat(one)}"></div>' for one in column.buffers]
        return mark_safe("".join(drawn))  # noqa: S308

    def hours(self, column: Column) -> str:
        """When somebody works, in words."""
        spans = [f"{self.time(one.start)}–{self.time(one.end)}" for one in column.hours]
        return ", ".join(spans) or _("Does not work")

    # --- Visits -----------------------------------------------------------------------------

    def card(self, card: Card) -> str:
        one_line = card.place.rows < (ONE_LINE_WHEN_TALL if self.tall else ONE_LINE)
        kind = "visit-short " if one_line else ""
        if card.places or len(card.visits) > 1:
            return self._group(card, kind)
        visit = card.first
        if visit.ends_at <= self.now:
            kind += "visit-past "
        return (
            f'<li class="visit visit-{visit.status} {kind}{seat(card.place)}">'
            f"{self._link(visit, card.host)}</li>"
        )

    def _link(self, visit: Visit, host: str = "") -> str:
        signs = list(_signs(visit))
        words = [self._words[visit.status], *(self._words[one] for one in signs)]
        if sign := SIGNS.get(Status(visit.status)):
            signs.insert(0, sign)
        times = self.times(visit)
        what = str(escape(visit.service_name))
        if host:
            what += " · " + escape(_("with %(name)s") % {"name": host})
        icons = "".join(map(self.icon, signs))
        return (
            f'<a href="{self._appointments}/{visit.id}" data-side data-visit{self._movable(visit)}>'
            f'<b>{escape(visit.patient_name)}</b><span class="visit-signs">{icons}</span>'
            f'<span class="visit-facts"><span class="nowrap">{times}</span> {what}</span>'
            f'<span class="visually-hidden">{", ".join(words)}</span></a>'
        )

    def _movable(self, visit: Visit) -> str:
        """What js/drag.js has to know of a card, if it may be moved. A group is not, as a whole."""
        if not self.may_write or visit.status not in MOVABLE or visit.group_slot_id:
            return ""
        facts = {
            "version": visit.updated_at.astimezone(UTC).isoformat(),
            "staff": visit.staff_id,
            "start": visit.starts_at.astimezone(UTC).isoformat(),
            "minutes": (visit.ends_at - visit.starts_at) // timedelta(minutes=1),
            "step": visit.step,
            "lengths": " ".join(map(str, visit.lengths)),
        }
        series = " data-series" if visit.in_series else ""
        return "".join(f' data-{name}="{fact}"' for name, fact in facts.items()) + series

    def times(self, visit: Visit) -> str:
        """From and until; a card with one line shows when it begins, and how high it is."""
        until = f'<span class="visit-until">–{self.time(visit.ends_at)}</span>'
        return f"{self.time(visit.starts_at)}{until}"

    def _group(self, card: Card, kind: str) -> str:
        first, number = card.first, len(card.visits)
        taken = _("%(taken)s of %(places)s") % {"taken": number, "places": card.places or number}
        times = self.times(first)
        links = "".join(f"<li>{self._link(visit)}</li>" for visit in card.visits)
        more = ""
        if self.may_write and number < card.places and first.starts_at > self.now:
            url = self.book_url(first.starts_at, staff=first.staff_id, service=first.service_id)
            words = self.icon("plus") + escape(_("Book a place"))
            more = f'<li><a href="{url}" data-side>{words}</a></li>'
        with_host = " · " + escape(_("with %(name)s") % {"name": card.host}) if card.host else ""
        return (
            f'<li class="visit visit-group {kind}{seat(card.place)}">'
            f'<details data-menu data-group="{first.group_slot_id}"><summary data-visit>'
            f"<b>{escape(first.service_name)}</b>"
            f'<span class="visit-signs">{self.icon("people")}<span>{escape(taken)}</span></span>'
            f'<span class="visit-facts"><span class="nowrap">{times}</span>{with_host}</span>'
            f'</summary><ul class="visit-people" role="list">{links}{more}</ul></details></li>'
        )

    # --- Free times -------------------------------------------------------------------------

    def book_url(self, start: datetime, **more: object) -> str:
        """Of the booking form, with this time in it."""
        local = start.astimezone(self.place)
        asked = {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", **more, **self.asking}
        return escape(f"{self._book}?{urlencode(asked)}")

    def gaps(self, column: Column) -> Iterator[tuple[Gap, str]]:
        """Links to book what is free, from the next five minutes on."""
        if not self.may_write:
            return
        name = escape(column.name)
        for gap in column.gaps:
            start = max(gap.span.start, _next_row(self.now))
            start = gap.span.start + -((gap.span.start - start) // ROW) * ROW
            if start + ROW > gap.span.end:
                continue
            url = self.book_url(start, **({} if column.is_room else {"staff": column.id}))
            words = escape(
                _("Book: free %(start)s–%(end)s, ")
                % {"start": self.time(start), "end": self.time(gap.span.end)}
            )
            place = column.frame.seat(type(gap.span)(start, gap.span.end))
            yield (
                gap,
                f'<li class="free {seat(place)}"><a href="{url}" data-side data-free>'
                f'<span class="visually-hidden">{words}{name}</span></a></li>',
            )

    # --- What is not free -------------------------------------------------------------------

    def block(self, block: Block, column: Column) -> str:
        times = ""
        if block.span.length < WHOLE_DAY:
            times = f" {self.time(block.span.start)}–{self.time(block.span.end)}"
        words = f'{escape(block_words(block))}<span class="nowrap">{times}</span>'
        if url := self._blocked(block, column):
            words = f'<a href="{url}" data-side>{words}</a>'
        return f'<div class="block block-{block.kind} {seat(block.place)}"><p>{words}</p></div>'

    def _blocked(self, block: Block, column: Column) -> str:
        """Of what is blocked for somebody that day, for those who may free it."""
        if block.kind != "time_blocker" or not self.may_write:
            return ""
        page = reverse("desk-blocked", args=[self.alias])
        return escape(f"{page}?{urlencode({'staff': column.id, 'day': column.day})}")


def block_words(block: Block) -> str:
    """What takes the time, in words."""
    return {
        "time_blocker": block.what or _("Blocked"),
        "external_event": block.what or _("Busy elsewhere"),
        "elsewhere": _("At %(place)s") % {"place": block.what} if block.what else _("Elsewhere"),
        "closure": block.what,
    }[block.kind]


def mark_words(visit: Visit, *, notes: bool) -> list[str]:
    """What a visit is marked with, in words; that it has `notes` only where they aren't shown."""
    return [str(MARKS[sign]) for sign in _signs(visit) if notes or sign != "note"]


def _signs(visit: Visit) -> Iterator[str]:
    if visit.is_first:
        yield "first"
    if visit.has_notes:
        yield "note"
    if visit.overbooked:
        yield "stack"
    if visit.in_series:
        yield "repeat"
    if visit.unpaid and visit.status in DUE:
        yield "coin"
    if visit.location_type not in NEAR:
        yield "phone" if visit.location_type == "phone" else "video"


def _next_row(now: datetime) -> datetime:
    hour = now.replace(minute=0, second=0, microsecond=0)
    return hour + -((hour - now) // ROW) * ROW
